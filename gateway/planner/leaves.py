"""The relations that a residual reads, collected while it is made, and the reasons for what stays with DuckDB."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from connectors.spi import Fragment
from gateway.catalog import Place
from gateway.planner.draft import Print
from gateway.planner.names import Names
from gateway.planner.plan import InPlaceScan, Origin, Reason
from gateway.planner.refusal import Refused


@dataclass
class Leaves:
    """Filled by the passes; equal fragments share one name."""

    names: Names
    places: Mapping[str, Place]
    printed: Print
    fragments: dict[str, tuple[Origin, Fragment]] = field(default_factory=dict)
    scans: dict[str, InPlaceScan] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)

    def scan(self, table: str) -> str:
        """The relation name of an in-place table."""
        if table not in self.scans:
            place = self.places[table]
            self.scans[table] = InPlaceScan(self.names.fresh("s"), origin([place]), place.dataset.table)
        return self.scans[table].name

    def fragment(self, fragment: Fragment, places: Iterable[Place]) -> str:
        """The relation name of a fragment."""
        made = (origin(places), fragment)
        for name, known in self.fragments.items():
            if known == made:
                return name
        name = self.names.fresh("f")
        self.fragments[name] = made
        return name

    def stays(self, clause: exp.Expr | str, why: Refused | str) -> None:
        """Keep the reason for which a clause is left to DuckDB."""
        text = clause if isinstance(clause, str) else self.printed(self._addressed(clause))
        reason = Reason(text if len(text) <= 160 else f"{text[:159]}…", str(why))
        if reason not in self.reasons:
            self.reasons.append(reason)

    def _addressed(self, clause: exp.Expr) -> exp.Expr:
        """A copy of a clause that names datasets by their addresses, as the user knows them."""
        copy = clause.copy()
        for table in copy.find_all(exp.Table):
            if place := self.places.get(table.name):
                table.set("this", exp.to_identifier(place.dataset.name, quoted=True))
                table.set("db", exp.to_identifier(place.product.schema_name, quoted=True))
                table.set("catalog", exp.to_identifier(place.product.domain, quoted=True))
        return copy


def origin(places: Iterable[Place]) -> Origin:
    """The store, datasets and products of places that are all in one store."""
    known = list(places)
    addresses = dict.fromkeys(place.address for place in known)
    products = dict.fromkeys(place.product.address for place in known)
    return Origin(known[0].dataset.store, tuple(addresses), tuple(products))
