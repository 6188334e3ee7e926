"""What is computed over many rows: aggregates, and the functions that stand over windows alone."""

from sqlglot import exp

from connectors.vocabulary.shapes import Operation

AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "COUNT",
    exp.Sum: "SUM",
    exp.Min: "MIN",
    exp.Max: "MAX",
    exp.Avg: "AVG",
    exp.LogicalAnd: "BOOL_AND",
    exp.LogicalOr: "BOOL_OR",
    exp.BitwiseAndAgg: "BIT_AND",
    exp.BitwiseOrAgg: "BIT_OR",
}


def aggregate(node: exp.Expr) -> Operation | None:
    """The aggregate a node stands for: COUNT(*) has no operand, COUNT(DISTINCT x) is named ``COUNT DISTINCT``."""
    name = AGGREGATES.get(type(node))
    if name is None or any(value for key, value in node.args.items() if key not in ("this", "big_int")):
        return None
    inner = node.this
    if isinstance(inner, exp.Star):
        plain = name == "COUNT" and not any(inner.args.values())
        return Operation(name, ()) if plain else None
    if isinstance(inner, exp.Distinct):
        single = len(inner.expressions) == 1 and not inner.args.get("on")
        if not single or name in ("AVG", "SUM"):
            return None
        # The least of different values is the least of all.
        return Operation("COUNT DISTINCT" if name == "COUNT" else name, (inner.expressions[0],))
    return Operation(name, (inner,)) if isinstance(inner, exp.Expr) else None


WINDOWS: dict[type[exp.Expr], str] = {
    exp.RowNumber: "ROW_NUMBER",
    exp.Rank: "RANK",
    exp.DenseRank: "DENSE_RANK",
}
"""Window functions without operands; aggregates may stand over a window as well."""
