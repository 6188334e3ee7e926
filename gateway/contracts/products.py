"""One ODCS contract → one product, or the list of what is wrong with it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject, SchemaProperty
from pydantic import ValidationError

from connectors.spi import Column, Table
from gateway.catalog import Dataset, Product
from gateway.contracts.references import with_references
from gateway.contracts.typing import duckdb_type

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_VERSION = re.compile(r"v?(\d{1,6})(\.\d{1,9}){0,2}")
_MOST_PROBLEMS = 20
_TOLD = {"string_type": "must be text; put it in quotes", "extra_forbidden": "is not known to ODCS"}


@dataclass
class Reader:
    """Turns one document into a product of the domain in whose folder it lies.

    ``problems`` holds what was found wrong, in the contract's own words.
    """

    domain: str
    stores: Collection[str]
    problems: list[str] = field(default_factory=list)

    def product(self, document: dict[str, Any]) -> Product | None:
        """The product of a contract, or None when anything is wrong with it."""
        try:
            contract = OpenDataContractStandard.model_validate(document)
        except ValidationError as invalid:
            self._add_all(invalid)
            return None
        name = contract.dataProduct or contract.name or ""
        self._check_head(contract)
        self._check_name("name", name)
        version = _VERSION.fullmatch(contract.version or "")
        if version is None:
            self.problems.append("version: must be a version such as 1.2.0")
        store = self._store(contract)
        datasets = tuple(self._dataset(made, store) for made in contract.schema_ or ())
        self._check_datasets(datasets)
        here = self.domain, f"{name}@{version[1] if version else 0}"
        datasets, problems = with_references(datasets, contract.schema_ or (), here)
        self.problems += problems
        if self.problems or version is None:
            return None
        return Product(
            domain=self.domain,
            name=name,
            version=int(version[1]),
            datasets=datasets,
            status=contract.status or "active",
            owner=(contract.team.name or "") if contract.team and not isinstance(contract.team, list) else "",
            description=(contract.description.purpose or "") if contract.description else "",
        )

    def _add_all(self, invalid: ValidationError) -> None:
        told = dict.fromkeys(_told(error) for error in invalid.errors(include_url=False, include_input=False))
        self.problems += list(told)[:_MOST_PROBLEMS]
        if len(told) > _MOST_PROBLEMS:
            self.problems.append(f"and {len(told) - _MOST_PROBLEMS} more like these")

    def _check_head(self, contract: OpenDataContractStandard) -> None:
        if contract.kind != "DataContract":
            self.problems.append("kind: must be DataContract")
        if not (contract.apiVersion or "").startswith("v3."):
            self.problems.append("apiVersion: must be a version 3 of ODCS, such as v3.1.0")
        self._check_name("domain", contract.domain or "")
        if contract.domain and contract.domain != self.domain:
            told = f"says {_shown(contract.domain)}, and the file lies in the folder of {_shown(self.domain)}"
            self.problems.append(f"domain: {told}")

    def _store(self, contract: OpenDataContractStandard) -> str:
        named = [server.server or "" for server in contract.servers or ()]
        if len(named) != 1:
            self.problems.append(f"servers: name exactly one store; here are {len(named)}")
        elif named[0] not in self.stores:
            known = ", ".join(sorted(self.stores)) or "none"
            self.problems.append(f"servers: there is no store {_shown(named[0])} in the configuration (known: {known})")
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
            options=self._options(name, made),
        )
        notes = tuple((told.name or "", told.description) for told in made.properties or () if told.description)
        key = _primary_key(made)
        required = tuple(column.name for column in columns if not column.nullable or column.name in key)
        return Dataset(name, store, table, made.description or "", notes, key, required)

    def _options(self, name: str, made: SchemaObject) -> tuple[tuple[str, str], ...]:
        options: dict[str, str] = {}
        for own in made.customProperties or ():
            if not own.property or own.property in options or not isinstance(own.value, (str, int, float)):
                self.problems.append(f"schema {name}: customProperties must be distinct properties with plain values")
                break
            options[own.property] = str(own.value).lower() if isinstance(own.value, bool) else str(own.value)
        return tuple(sorted(options.items()))

    def _physical_name(self, name: str, made: SchemaObject) -> str:
        physical = made.physicalName or name
        if not _stays_inside(physical):
            self.problems.append(f"schema {name}: physicalName must stay inside its store")
        return physical

    def _column(self, dataset: str, told: SchemaProperty) -> Column:
        name = told.name or ""
        if not _COLUMN.fullmatch(name):
            self.problems.append(f"schema {dataset}: {_shown(name)} is no name for a property")
        try:
            kind = duckdb_type(told)
        except ValueError as problem:
            self.problems.append(f"schema {dataset}, property {_shown(name)}: {problem}")
            kind = "VARCHAR"
        source = told.physicalName if told.physicalName and told.physicalName != name else ""
        return Column(name, kind, nullable=not told.required, source=source)

    def _check_name(self, what: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            self.problems.append(f"{what}: {_shown(name)} must be lower-case letters, digits and _, at most 63")

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


def _stays_inside(physical: str) -> bool:
    """Whether a name can only mean something below the root of its store, however the store reads it."""
    plain = unquote(physical).replace("\\", "/")
    if not plain.isprintable() or "://" in plain:
        return False
    return not plain.startswith(("/", "~")) and ".." not in plain.split("/")


def _shown(name: str) -> str:
    """A name in quotes, cut where nobody would read on."""
    return repr(name if len(name) <= 80 else f"{name[:80]}…")


def _told(error: Any) -> str:
    """``schema.0.name: …``. Numbers count from 0, as the standard's own tools do; the types of unions are left out."""
    parts = [str(part) for part in error["loc"]]
    if error["type"] != "extra_forbidden":
        parts = [part for part in parts if not part[:1].isupper() and "[" not in part]
    return f"{'.'.join(parts)[:200]}: {_TOLD.get(error['type'], error['msg'])}"
