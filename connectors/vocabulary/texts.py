"""Operations over texts."""

from sqlglot import exp

from connectors.vocabulary.shapes import SAFE, Shape, Shapes, count, pattern, position, some_text, text, unary

TEXTS: Shapes = {
    **unary({exp.Length: "LENGTH", exp.Lower: "LOWER", exp.Upper: "UPPER", exp.Trim: "TRIM"}),
    exp.DPipe: Shape("||", ignored=SAFE),
    exp.Concat: Shape("CONCAT", ("expressions",), ignored=SAFE),
    exp.Substring: Shape("SUBSTR", ("this",), {"start": position, "length": count}),
    exp.Left: Shape("LEFT", ("this",), {"expression": count}),
    exp.Right: Shape("RIGHT", ("this",), {"expression": count}),
    exp.Replace: Shape("REPLACE", ("this",), {"expression": some_text, "replacement": text}),
    exp.StrPosition: Shape("STRPOS", ("this",), {"substr": some_text}),
    exp.StartsWith: Shape("STARTS WITH", ("this",), {"expression": text}),
    exp.EndsWith: Shape("ENDS WITH", ("this",), {"expression": text}),
    exp.Contains: Shape("CONTAINS", ("this",), {"expression": text}),
    exp.Like: Shape("LIKE", ("this",), {"expression": pattern}),
    exp.ILike: Shape("ILIKE", ("this",), {"expression": pattern}),
}
