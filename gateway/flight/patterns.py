"""What metadata commands filter by: a catalog's name, and patterns over schemas and tables."""

import re
from collections.abc import Callable
from typing import Any

Matches = Callable[[str], bool]


def in_catalog(command: Any, field: str = "catalog") -> Matches:
    """Absent: every catalog; empty: what has no catalog, so nothing; with a bare ``%``: a pattern, as BI tools send."""
    if not command.HasField(field):
        return lambda _: True
    name = getattr(command, field)
    if re.search(r"(?<!\\)%", name):
        return pattern(name)
    exact = re.sub(r"\\([%_\\])", r"\1", name).lower()
    return lambda domain: domain.lower() == exact


def like(command: Any, field: str) -> Matches:
    """The pattern of a field; everything where it is absent."""
    return pattern(getattr(command, field)) if command.HasField(field) else lambda _: True


def pattern(text: str) -> Matches:
    r"""SQL's LIKE with ``\`` as the escape; names ignore case as they do in queries.

    What stands between two ``%`` is matched where it first fits and never tried again, which is enough for LIKE
    and keeps patterns of many ``%`` from taking exponential time.
    """
    runs: list[str] = [""]
    for part in re.findall(r"\\.|.|\\", text, re.DOTALL):
        if part == "%":
            runs.append("")
        else:
            runs[-1] += "." if part == "_" else re.escape(part[-1])
    first, *middle = runs[:-1] or [""]
    inside = "".join(f"(?>.*?{run})" for run in middle if run)
    before = f"{first}{inside}.*" if len(runs) > 1 else ""
    compiled = re.compile(before + runs[-1], re.DOTALL | re.IGNORECASE)
    return lambda name: compiled.fullmatch(name) is not None
