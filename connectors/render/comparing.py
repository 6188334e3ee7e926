"""Two values side by side: in native types, and under collations, in which Postgres compares them as DuckDB does."""

from sqlglot import exp

from connectors.render.conversions import converted
from connectors.render.operands import BINARY, MIXED, Operand
from connectors.types import Family

RANGES: dict[type[exp.Expr], str] = {exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
EQUALITIES: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
# DuckDB raises for a date that is no moment of its own, unless the moment beside it is a constant.
_DAYS = frozenset({Family.DATE, Family.TIMESTAMP})
# Families that both engines bring to one common type before they compare, besides a family with itself.
_ALIKE = (
    frozenset({Family.INTEGER, Family.DECIMAL}),
    frozenset({Family.INTEGER, Family.DOUBLE}),
    frozenset({Family.DECIMAL, Family.DOUBLE}),
    frozenset({Family.INTEGER, Family.REAL}),
    frozenset({Family.DECIMAL, Family.REAL}),
    frozenset({Family.REAL, Family.DOUBLE}),
    _DAYS,
)
# Beside one of these DuckDB compares exact numbers as such too; Postgres would take double precision for both.
_FLOATS = ((Family.DOUBLE, "DOUBLE"), (Family.REAL, "FLOAT"))
_COMPARED = frozenset(Family) - {Family.JSON, Family.OTHER}


def comparable(operand: Operand) -> Operand:
    """The operand. Raises ValueError when values of its family are not compared alike everywhere."""
    if operand.family not in _COMPARED:
        raise ValueError(f"values of {operand.family} are not compared alike everywhere")
    return operand


def groupable(operand: Operand) -> Operand:
    """The operand as rows are put together by it."""
    if comparable(operand).family in (Family.REAL, Family.DOUBLE):
        raise ValueError("which of -0.0 and 0.0 stands for a group is not the same everywhere")
    if operand.family is Family.INTERVAL:
        raise ValueError("which of 1 month and 30 days stands for a group is not the same everywhere")
    return operand.settled()


def sortable(operand: Operand) -> Operand:
    """The operand as rows are ordered by it."""
    return comparable(operand).binary() if operand.family is Family.TEXT else comparable(operand)


def equality(left: Operand, right: Operand, word: str = "=") -> str:
    """``left = right``, raw where equality is equality of bytes: an index on a column stays usable then."""
    left, right = promoted(left, right)
    if left.family is Family.TEXT and BINARY not in (left.collation, right.collation):
        differ = left.collation and right.collation and left.collation != right.collation
        left = left.binary() if differ or MIXED in (left.collation, right.collation) else left
    return f"({left.sql} {word} {right.sql})"


def inequality(left: Operand, right: Operand, word: str) -> str:
    """``left < right`` and the like; texts by their bytes."""
    left, right = promoted(left, right)
    left = left.binary() if left.family is Family.TEXT and right.collation != BINARY else left
    return f"({left.sql} {word} {right.sql})"


def promoted(left: Operand, right: Operand) -> tuple[Operand, Operand]:
    """Both in native types that Postgres compares as DuckDB compares them. ValueError where there are none."""
    left, right = comparable(left), comparable(right)
    pair = frozenset({left.family, right.family})
    if len(pair) == 1:
        return left, right
    if pair not in _ALIKE:
        raise ValueError(f"{left.family} and {right.family} are not compared alike everywhere")
    if pair == _DAYS:
        constant = left.constant or right.constant
        return (left, right) if constant else (converted(left, "TIMESTAMP"), converted(right, "TIMESTAMP"))
    wider = next((name for of, name in _FLOATS if of in pair), "")
    return (converted(left, wider), converted(right, wider)) if wider else (left, right)
