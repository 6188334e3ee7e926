"""Expressions of every operation over texts."""

_PATTERNS = ("a%", "%a", "a_", "_", "__", "", "%", "A%", "%a%", "_%😀", "it''s", "a %", "%e%", "ß")
TEXTS: dict[str, tuple[str, ...]] = {
    "LENGTH": ("length(t.a)", "length(t.b)", "length(t.n)"),
    "TRIM": ("trim(t.a)", "trim(t.b)", "trim(t.n)"),
    "||": ("t.a || t.b", "t.a || 'x'", "t.n || t.a", "'ä' || t.a || t.b"),
    "CONCAT": ("concat(t.a, t.b)", "concat(t.a, t.n, 'x')", "concat(t.n, t.n)"),
    "SUBSTR": ("substr(t.a, 1, 1)", "substr(t.a, 2)", "substr(t.a, 2, 3)", "substr(t.a, 1, 0)", "substr(t.n, 1, 2)"),
    "LEFT": ("left(t.a, 1)", "left(t.a, 0)", "left(t.a, 7)", "left(t.n, 1)"),
    "RIGHT": ("right(t.a, 1)", "right(t.a, 0)", "right(t.a, 7)", "right(t.n, 1)"),
    "REPLACE": ("replace(t.a, 'a', 'xx')", "replace(t.a, 'ä', '')", "replace(t.a, '\u0301', 'y')"),
    "STRPOS": ("strpos(t.a, 'a')", "strpos(t.a, '本')", "strpos(t.a, '%')", "strpos(t.n, 'a')"),
    "STARTS WITH": ("starts_with(t.a, 'a')", "starts_with(t.a, '')", "starts_with(t.a, 'e')", "starts_with(t.n, 'a')"),
    "ENDS WITH": ("ends_with(t.a, 'a')", "ends_with(t.a, '')", "ends_with(t.a, '\u0301')", "ends_with(t.n, 'a')"),
    "CONTAINS": ("contains(t.a, 'a')", "contains(t.a, '')", "contains(t.a, '😀')", "contains(t.n, 'a')"),
    "LOWER": ("lower(t.a) = 'a'", "lower(t.a) IN ('b', 'z', 'k')", "lower(t.a) LIKE '_%'", "lower(t.a) = 'ä'"),
    "UPPER": ("upper(t.a) = 'A'", "upper(t.a) IN ('B', 'K', 'SS')", "upper(t.a) LIKE 'A%'", "upper(t.a) = 'Ä'"),
    "ILIKE": ("t.a ILIKE 'A%'", "t.a ILIKE 'Ä'", "t.a ILIKE '\u212a'", "t.a ILIKE '%Ï%'", "t.a ILIKE '_'"),
    "LIKE": tuple(f"t.a LIKE '{pattern}'" for pattern in _PATTERNS),
}
TRUTHS = frozenset({"LIKE", "STARTS WITH", "ENDS WITH", "CONTAINS"})
"""Those that are conditions."""
