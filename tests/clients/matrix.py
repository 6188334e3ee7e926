"""The conformance matrix of ``docs/clients.md``: ``python -m tests.clients.matrix`` writes it from what tests found."""

import re
import sys
from pathlib import Path

from tests.clients.checklist import ROWS
from tests.clients.outcomes import Found, kept

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
_BEGIN, _END = "<!-- the matrix begins -->\n", "<!-- the matrix ends -->\n"
_SIGNS = {"pass": "✓", "fail": "✗"}


def render(found: Found) -> str:
    """One table for each group of rows, with a column for each client that has an outcome in it."""
    return "\n".join(_table(group, found) for group in ROWS)


def committed() -> Found:
    """The outcomes that the page shows."""
    shown: Found = {}
    clients: list[str] = []
    for line in _between(PAGE.read_text("utf-8")).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")]
        if line.startswith("| row |"):
            clients = cells[2:]
        elif re.match(r"\| [A-Z]\d+ \|", line):
            for client, sign in zip(clients, cells[2:], strict=True):
                if sign:
                    shown.setdefault(client, {})[cells[0]] = _outcome(sign)
    return shown


def rows() -> list[str]:
    """The ids of the rows that the page names."""
    return re.findall(r"^\| ([A-Z]\d+) \|", _between(PAGE.read_text("utf-8")), re.MULTILINE)


def main() -> int:
    text = PAGE.read_text("utf-8")
    begin, end = text.index(_BEGIN) + len(_BEGIN), text.index(_END)
    PAGE.write_text(text[:begin] + "\n" + render(kept()) + "\n" + text[end:], "utf-8")
    return 0


def _table(group: str, found: Found) -> str:
    clients = [client for client in sorted(found, key=str.lower) if set(found[client]) & set(ROWS[group])]
    lines = [f"### {group}", "", _line("row", "what", clients), _line("---", "---", [":-:"] * len(clients))]
    for row, (_, what) in ROWS[group].items():
        lines.append(_line(row, what, [_sign(found[client].get(row, "not run")) for client in clients]))
    return "\n".join([*lines, ""])


def _line(row: str, what: str, cells: list[str]) -> str:
    return "| " + " | ".join([row, what, *cells]) + " |"


def _sign(outcome: str) -> str:
    return "" if outcome == "not run" else _SIGNS.get(outcome, outcome)


def _outcome(sign: str) -> str:
    return next((outcome for outcome, known in _SIGNS.items() if known == sign), sign)


def _between(text: str) -> str:
    return text[text.index(_BEGIN) + len(_BEGIN) : text.index(_END)]


if __name__ == "__main__":
    sys.exit(main())
