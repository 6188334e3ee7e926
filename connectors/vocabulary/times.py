"""Parts of dates and times, which are operations for each unit."""

from sqlglot import exp

from connectors.vocabulary.shapes import Operation, Shapes, unary

UNITS = frozenset({"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})
TIMES: Shapes = unary(
    {
        exp.Year: "EXTRACT YEAR",
        exp.Month: "EXTRACT MONTH",
        exp.Day: "EXTRACT DAY",
        exp.Quarter: "EXTRACT QUARTER",
    }
)
OF_UNITS = frozenset(f"{word} {unit}" for word in ("EXTRACT", "DATE_TRUNC") for unit in UNITS)


def by_unit(node: exp.Expr) -> Operation | None:
    """EXTRACT and DATE_TRUNC with a unit that is listed."""
    extract = isinstance(node, exp.Extract)
    unit = node.this if extract else node.args.get("unit")
    name = unit.name.upper() if unit is not None else ""
    extra = {key for key, value in node.args.items() if value} - {"this", "expression" if extract else "unit"}
    if name not in UNITS or extra:
        return None
    return Operation(f"{'EXTRACT' if extract else 'DATE_TRUNC'} {name}", (node.expression if extract else node.this,))
