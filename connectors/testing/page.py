"""The table of claims in the documentation: ``python -m connectors.testing.page docs/pushdown.md`` writes it anew."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from connectors.memory import CAPABILITIES as MEMORY
from connectors.postgres.claims import CAPABILITIES as POSTGRES
from connectors.spi import Capabilities, Fidelity
from connectors.types import Family

BEGIN, END = "<!-- claims: made by python -m connectors.testing.page -->", "<!-- end of claims -->"
CONNECTORS: Mapping[str, Capabilities] = {"postgres": POSTGRES, "memory": MEMORY}


def table(capabilities: Mapping[str, Capabilities] = CONNECTORS) -> str:
    """What each connector claims, as Markdown: operations over the same families stand together."""
    return "\n".join(line for name, claimed in capabilities.items() for line in _connector(name, claimed))


def _connector(name: str, capabilities: Capabilities) -> Iterator[str]:
    yield from (f"### {name}", "")
    yield from (f"Takes over: {', '.join(f'`{clause}`' for clause in sorted(capabilities.clauses))}.", "")
    yield from ("| operations | over | answer |", "|---|---|---|")
    together: dict[tuple[tuple[Family, ...], Fidelity], list[str]] = defaultdict(list)
    for operator in sorted({claim.operator for claim in capabilities.claims}):
        for fidelity in (Fidelity.EXACT, Fidelity.SUPERSET):
            families = tuple(of for of in Family if capabilities.fidelity(operator, of) is fidelity)
            if families:
                together[families, fidelity].append(operator)
    for (families, fidelity), operators in together.items():
        told = "every type" if set(families) == set(Family) else ", ".join(families)
        answer = "exact" if fidelity is Fidelity.EXACT else "rows too many, looked at again"
        yield f"| {', '.join(f'`{_escaped(operator)}`' for operator in operators)} | {told} | {answer} |"
    yield ""


def _escaped(operator: str) -> str:
    return operator.replace("|", "\\|")


def written(page: str, made: str) -> str:
    """The page with the table between its markers. Raises ValueError for a page without them."""
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError("the page has no markers for the table of claims")
    return f"{before}{BEGIN}\n\n{made}\n{END}{after}"


def main(arguments: list[str]) -> None:
    """Write the table into each page that is named."""
    for argument in arguments:
        page = Path(argument)
        page.write_text(written(page.read_text(), table()))


if __name__ == "__main__":
    main(sys.argv[1:])
