"""One ODCS contract → one product, or the list of what is wrong with it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject, SchemaProperty
from pydantic import ValidationError

from connectors.spi import Column, Table
from gateway.catalog import Dataset, Product
from gateway.contracts.typing import duckdb_type

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_VERSION = re.compile(r"v?(\d{1,6})(\.\d{1,9}){0,2}")


@dataclass
class Reader:
    """Turns one document into a product. ``problems`` holds what was found wrong, in the contract's own words."""

    stores: Collection[str]
    problems: list[str] = field(default_factory=list)

    def product(self, document: dict[str, Any]) -> Product | None:
        """The product of a contract, or None when anything is wrong with it."""
        try:
            contract = OpenDataContractStandard.model_validate(document)
        except ValidationError as problem:
            self.problems += [_told(error) for error in problem.errors()]
            return None
        name = contract.dataProduct or contract.name or ""
        for what, value in (("domain", contract.domain or ""), ("name", name)):
            self._check_name(what, value)
        version = _VERSION.fullmatch(contract.version or "")
        if version is None:
            self.problems.append("version: must be a version such as 1.2.0")
        store = self._store(contract)
        datasets = tuple(self._dataset(made, store) for made in contract.schema_ or ())
        self._check_datasets(datasets)
        if self.problems or version is None:
            return None
        return Product(
            domain=contract.domain or "",
            name=name,
            version=int(version[1]),
            datasets=datasets,
            status=contract.status or "active",
            owner=(contract.team.name or "") if contract.team and not isinstance(contract.team, list) else "",
            description=(contract.description.purpose or "") if contract.description else "",
        )

    def _store(self, contract: OpenDataContractStandard) -> str:
        named = [server.server or "" for server in contract.servers or ()]
        if len(named) != 1:
            self.problems.append("servers: name exactly one store")
        elif named[0] not in self.stores:
            known = ", ".join(sorted(self.stores)) or "none"
            self.problems.append(f"servers: there is no store {named[0]!r} in the configuration (known: {known})")
        return named[0] if named else ""

    def _dataset(self, made: SchemaObject, store: str) -> Dataset:
        name = made.name or ""
        self._check_name("schema name", name)
        columns = tuple(self._column(name, told) for told in made.properties or ())
        if not columns:
            self.problems.append(f"schema {name}: has no properties")
        for twice in _twice(column.name.lower() for column in columns):
            self.problems.append(f"schema {name}: the property {twice} stands twice")
        table = Table(
            name=self._physical_name(name, made),
            columns=columns,
            options=tuple(sorted((str(own.property), str(own.value)) for own in made.customProperties or ())),
        )
        notes = tuple((told.name or "", told.description) for told in made.properties or () if told.description)
        return Dataset(name, store, table, made.description or "", notes, _primary_key(made))

    def _physical_name(self, name: str, made: SchemaObject) -> str:
        physical = made.physicalName or name
        if ".." in physical.split("/") or physical.startswith("/") or "://" in physical or "\0" in physical:
            self.problems.append(f"schema {name}: physicalName must stay inside its store")
        return physical

    def _column(self, dataset: str, told: SchemaProperty) -> Column:
        name = told.name or ""
        if not _COLUMN.fullmatch(name):
            self.problems.append(f"schema {dataset}: {name!r} is no name for a property")
        try:
            kind = duckdb_type(told)
        except ValueError as problem:
            self.problems.append(f"schema {dataset}, property {name}: {problem}")
            kind = "VARCHAR"
        source = told.physicalName if told.physicalName and told.physicalName != name else ""
        return Column(name, kind, nullable=not told.required, source=source)

    def _check_name(self, what: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            self.problems.append(f"{what}: {name!r} must be lower-case letters, digits and _, at most 63")

    def _check_datasets(self, datasets: tuple[Dataset, ...]) -> None:
        if not datasets:
            self.problems.append("schema: describes no dataset")
        for twice in _twice(dataset.name for dataset in datasets):
            self.problems.append(f"schema: the dataset {twice} stands twice")


def _primary_key(made: SchemaObject) -> tuple[str, ...]:
    """The primary key that the contract declares, in its order."""
    told = [item for item in made.properties or () if item.primaryKey]
    return tuple(item.name or "" for item in sorted(told, key=lambda item: item.primaryKeyPosition or 0))


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)


def _told(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    return f"{place}: {error['msg']}"
