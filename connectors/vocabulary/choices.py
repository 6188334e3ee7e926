"""Operations that choose one of their operands."""

from sqlglot import exp

from connectors.vocabulary.shapes import SAFE, Shape, Shapes

CHOICES: Shapes = {
    exp.Coalesce: Shape("COALESCE", ("this", "expressions")),
    exp.Nullif: Shape("NULLIF", ignored=SAFE),
    exp.Greatest: Shape("GREATEST", ("this", "expressions"), ignored=SAFE),
    exp.Least: Shape("LEAST", ("this", "expressions"), ignored=SAFE),
}
