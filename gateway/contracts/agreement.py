"""Whether the stores hold what the contracts say, and what the stores know better: keys, NULLs, collations."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from connectors.call import Call
from connectors.errors import HeadgateError, StoreTimeout, StoreUnavailable
from connectors.spi import Column, Connector, Description, Table
from connectors.types import Family
from gateway.catalog import Catalog, Dataset, Product

_AT_ONCE = 8
EXTRA = "extra"
"""The fact by which a connector marks a column that it adds to every table of its own accord."""


@dataclass(frozen=True)
class Agreement:
    """The catalog with the stores' facts in it; what does not fit; and the stores that could not be asked."""

    catalog: Catalog
    problems: tuple[str, ...]
    unreachable: tuple[str, ...]


def agree(catalog: Catalog, connectors: Mapping[str, Connector], new_call: Callable[[], Call]) -> Agreement:
    """Ask each store about its tables, several at once. ``new_call`` makes the call whose deadline bounds one question.

    The tables of a store that cannot be asked keep what their contract says.
    """

    def ask(dataset: Dataset) -> Description | HeadgateError:
        try:
            return connectors[dataset.store].describe(dataset.table, new_call())
        except HeadgateError as problem:
            return problem

    datasets = [dataset for product in catalog.products for dataset in product.datasets]
    with ThreadPoolExecutor(_AT_ONCE, "headgate-describe") as pool:
        answers = dict(zip(map(id, datasets), pool.map(ask, datasets), strict=True))
    problems: list[str] = []
    unreachable: dict[str, None] = {}

    def settled(product: Product, dataset: Dataset) -> Dataset:
        answer = answers[id(dataset)]
        where = f"{product.address} version {product.version}, {dataset.name}"
        if isinstance(answer, (StoreUnavailable, StoreTimeout)):
            unreachable[dataset.store] = None
            return dataset
        if isinstance(answer, HeadgateError):
            problems.append(f"{where}: {answer.sentence}")
            return dataset
        found = _differences(dataset.table, answer)
        problems.extend(f"{where}: {problem}" for problem in found)
        return dataset if found else replace(dataset, table=_merged(dataset.table, answer))

    products = tuple(
        replace(product, datasets=tuple(settled(product, dataset) for dataset in product.datasets))
        for product in catalog.products
    )
    return Agreement(replace(catalog, products=products), tuple(problems), tuple(unreachable))


def _differences(table: Table, described: Description) -> list[str]:
    by_name = {column.physical.lower(): column for column in described.columns}
    found = []
    for column in table.columns:
        held = by_name.get(column.physical.lower())
        if held is None:
            found.append(f"the contract has a column {column.name}, the store has no {column.physical}")
        elif not _fits(column, held):
            native = f" ({held.native})" if held.native else ""
            found.append(f"column {column.name}: the contract says {column.type}, the store says {held.type}{native}")
    return found


def _fits(declared: Column, held: Column) -> bool:
    if "unbounded" in held.facts:
        return declared.family in (Family.TEXT, Family.DECIMAL)
    return declared.type == held.type


def _merged(table: Table, described: Description) -> Table:
    """The contract's columns with the store's facts, then the columns that the store adds to every table."""
    by_name = {column.physical.lower(): column for column in described.columns}
    names = {column.physical.lower(): column.name for column in table.columns}
    columns = tuple(
        replace(column, nullable=held.nullable, native=held.native, facts=held.facts)
        for column in table.columns
        for held in [by_name[column.physical.lower()]]
    )
    extras = tuple(column for column in described.columns if EXTRA in column.facts and column.name.lower() not in names)
    key = tuple(names.get(name.lower(), "") for name in described.key)
    return replace(table, columns=columns + extras, key=key if all(key) else ())
