"""Expressions of every operation over texts and bytes."""

_PATTERNS = ("a%", "%a", "a_", "_", "__", "", "%", "A%", "%a%", "_%😀", "it''s", "a %", "%e%", "ß", "a\\%", "\\", "%\\")
_ESCAPED = (
    ("a$%", "$"),
    ("$$", "$"),
    ("%$_", "$"),
    ("a\\%", "\\"),
    ("a\\\\", "\\"),
    ("a%%", "%"),
    ("_", ""),
    ("a\\", ""),
)
_LIKE = tuple(f"t.a LIKE '{pattern}'" for pattern in _PATTERNS)
_LIKE += tuple(f"t.a LIKE '{pattern}' ESCAPE '{escape}'" for pattern, escape in _ESCAPED)
_LIKE += (
    "t.a LIKE t.b",
    "t.a LIKE t.b ESCAPE ''",
    "t.a LIKE '%' || t.b || '_'",
    "'a%' LIKE t.a",
    "t.n LIKE t.a",
    "t.a LIKE t.n",
)


def _numbered(form: str, *numbers: int) -> tuple[str, ...]:
    return (*(form.format("a", number) for number in numbers), form.format("n", numbers[0]))


def _found(name: str, *needles: str) -> tuple[str, ...]:
    texts = tuple(f"{name}(t.a, '{needle}')" for needle in ("a", "", "e", "\u0301", "😀", "%", "\\", *needles))
    return (*texts, f"{name}(t.a, t.b)", f"{name}('a ', t.a)", f"{name}(t.n, t.a)", f"{name}(t.a, t.n)")


def _trimmed(name: str) -> tuple[str, ...]:
    sets = ("a", "", "a ", "ä😀", "e\u0301", "-_%")
    texts = tuple(f"{name}(t.a, '{characters}')" for characters in sets)
    return (f"{name}(t.a)", f"{name}(t.n)", *texts, f"{name}(t.a, t.b)", f"{name}(t.a, t.n)", f"{name}(' ' || t.a)")


def _padded(name: str) -> tuple[str, ...]:
    fills = ("x", "xy", "ä😀", "e\u0301", "1")
    texts = tuple(f"{name}(t.a, {size}, '{fill}')" for size in (0, 1, 4, 9) for fill in fills)
    return (*texts, f"{name}(t.n, 4, 'x')")


TEXTS: dict[str, tuple[str, ...]] = {
    "LENGTH": ("length(t.a)", "length(t.b)", "length(t.n)", "length('ä')"),
    "STRLEN": ("strlen(t.a)", "strlen(t.b)", "strlen(t.n)"),
    "BIT_LENGTH": ("bit_length(t.a)", "bit_length(t.b)", "bit_length(t.n)"),
    "ASCII": ("ascii(t.a)", "ascii(t.b)", "ascii(t.n)"),
    "TRIM": (*_trimmed("trim"), "trim(BOTH 'a' FROM t.a)"),
    "LTRIM": (*_trimmed("ltrim"), "trim(LEADING 'a' FROM t.a)"),
    "RTRIM": _trimmed("rtrim"),
    "||": (
        *("t.a || t.b", "t.a || 'x'", "t.n || t.a", "'ä' || t.a || t.b", "t.a || t.g", "1 || t.a", "t.a || true"),
        *("t.a || 1.50", "t.g || t.g", "t.a || t.a"),
    ),
    "CONCAT": (
        *("concat(t.a, t.b)", "concat(t.a, t.n, 'x')", "concat(t.n, t.n)", "concat(t.a, NULL, 'x')"),
        *("concat(t.a, t.g, 1.50, true)", "concat(t.g, t.id)", "concat(t.a)"),
    ),
    "CONCAT_WS": (
        *(
            "concat_ws('-', t.a, t.b)",
            "concat_ws(t.a, t.b, 'x', t.b)",
            "concat_ws('', t.n, t.a)",
            "concat_ws(', ', t.n)",
        ),
        *("concat_ws(t.n, t.a, t.b)", "concat_ws('ä', t.g, NULL, t.a, 1.50, true)"),
    ),
    "SUBSTR": (
        *_numbered("substr(t.{0}, {1})", 1, 2, 0),
        *(f"substr(t.a, {start}, {length})" for start in (0, 1, 2) for length in (0, 1, 3, -1, -2)),
        *_numbered("t.{0}[{1}]", 1, 2, 0),
        *(f"t.a[{ends}]" for ends in ("1:2", "2:3", "2:", ":2", "0:1", "2:1", "1:-1", ":")),
    ),
    "LEFT": (*_numbered("left(t.{0}, {1})", 1, 0, 7, -1, -3), "t.a[:-2]"),
    "RIGHT": (*_numbered("right(t.{0}, {1})", 1, 0, 7, -1, -3), "substr(t.a, -2)", "t.a[-1]", "t.a[-2:]", "t.a[-3:-1]"),
    "REPLACE": (
        *("replace(t.a, 'a', 'xx')", "replace(t.a, 'ä', '')", "replace(t.a, '\u0301', 'y')", "replace(t.a, '', 'x')"),
        *("replace(t.a, t.b, '-')", "replace('a b', t.a, t.b)", "replace(t.a, 'a', t.n)", "replace(t.a, t.b, t.a)"),
    ),
    "TRANSLATE": (
        *("translate(t.a, 'ab', 'xy')", "translate(t.a, 'aä', '😀')", "translate(t.a, 'aa', 'xy')"),
        *(
            "translate(t.a, '', 'x')",
            "translate(t.a, 'a', '')",
            "translate(t.a, t.b, 'xyz')",
            "translate(t.n, 'a', 'b')",
        ),
    ),
    "LPAD": _padded("lpad"),
    "RPAD": _padded("rpad"),
    "REPEAT": _numbered("repeat(t.{0}, {1})", 0, 1, 3),
    "SPLIT_PART": tuple(
        f"split_part(t.{name}, '{at}', {number})"
        for name, at in (("a", "a"), ("a", " "), ("a", "\u0301"), ("a", "%"), ("n", "a"))
        for number in (1, 2, 0, -1, -2)
    ),
    "STRPOS": (*_found("strpos", "本"), "position(t.b IN t.a)"),
    "STARTS WITH": (*_found("starts_with"), "prefix(t.a, t.b)"),
    "ENDS WITH": (*_found("ends_with", "ä😀"), "suffix(t.a, t.b)"),
    "CONTAINS": _found("contains"),
    "LOWER": ("lower(t.a) = 'a'", "lower(t.a) IN ('b', 'z', 'k')", "lower(t.a) LIKE '_%'", "lower(t.a) = 'ä'"),
    "UPPER": ("upper(t.a) = 'A'", "upper(t.a) IN ('B', 'K', 'SS')", "upper(t.a) LIKE 'A%'", "upper(t.a) = 'Ä'"),
    "ILIKE": (
        "t.a ILIKE 'A%'",
        "t.a ILIKE 'Ä'",
        "t.a ILIKE '\u212a'",
        "t.a ILIKE '%Ï%'",
        "t.a ILIKE '_'",
        "t.a ILIKE 'A\\'",
        "t.a ILIKE 'A\\%'",
    ),
    "LIKE": _LIKE,
    "GLOB": ("t.a GLOB 'a*'", "t.a GLOB '*'", "t.a GLOB 'a%*'", "t.a GLOB 'e*'", "t.a GLOB 'ä*'", "t.n GLOB 'a*'"),
    "ENCODE": ("encode(t.a)", "encode(t.b)", "encode(t.n)"),
    "MD5": ("md5(t.a)", "md5(t.b)", "md5(t.n)"),
    "SHA256": ("sha256(t.a)", "sha256(t.b)", "sha256(t.n)"),
    "HEX": ("hex(t.a)", "hex(t.b)", "hex(t.n)"),
}
BYTES: dict[str, tuple[str, ...]] = {
    "||": ("t.a || t.b", "t.n || t.a", "t.a || t.b || t.a", "t.a || CAST('x' AS BLOB)"),
    "SUBSTR": tuple(f"t.a[{ends}]" for ends in ("1:1", "2:3", "2:", ":2", "0:1", "2:1", "1:-1")),
    "OCTET_LENGTH": ("octet_length(t.a)", "octet_length(t.b)", "octet_length(t.n)", "octet_length(encode('ä'))"),
    "MD5": ("md5(t.a)", "md5(t.b)", "md5(t.n)"),
    "SHA256": ("sha256(t.a)", "sha256(t.b)", "sha256(t.n)"),
    "HEX": ("hex(t.a)", "hex(t.b)", "hex(t.n)"),
    "BASE64": ("base64(t.a)", "to_base64(t.b)", f"base64({' || '.join(['t.a'] * 60)})", "base64(t.n)"),
}
TRUTHS = frozenset({"LIKE", "GLOB", "STARTS WITH", "ENDS WITH", "CONTAINS"})
"""Those that are conditions."""
