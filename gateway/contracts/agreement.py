"""Whether the stores hold what the contracts say, and what the stores know better: keys, NULLs, collations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from connectors.call import Call
from connectors.errors import HeadgateError, StoreTimeout, StoreUnavailable
from connectors.spi import Column, Connector, Description, Table
from connectors.types import Family
from gateway.catalog import Catalog, Dataset, Product
from gateway.contracts.asking import answers

EXTRA = "extra"
"""The fact by which a connector marks a column that it adds to every table of its own accord."""


@dataclass(frozen=True)
class Agreement:
    """The catalog with the stores' facts in it; what does not fit; and the stores that could not be asked."""

    catalog: Catalog
    problems: tuple[str, ...]
    unreachable: tuple[str, ...]


def agree(catalog: Catalog, connectors: Mapping[str, Connector], new_call: Callable[[], Call]) -> Agreement:
    """Ask each store about its tables. ``new_call`` makes the call whose deadline bounds one question.

    The tables of a store that cannot be asked keep what their contract says.
    """

    told = answers(catalog, connectors, new_call)
    problems: list[str] = []
    unreachable: dict[str, None] = {}

    def settled(product: Product, dataset: Dataset) -> Dataset:
        answer = told[dataset.store, dataset.table]
        where = f"{product.address} version {product.version}, {dataset.name}"
        if isinstance(answer, (StoreUnavailable, StoreTimeout)):
            unreachable[dataset.store] = None
            return dataset
        if isinstance(answer, HeadgateError):
            problems.append(f"{where}: {answer.sentence}")
            return dataset
        by_name = _by_name(answer)
        found = _differences(dataset.table, by_name)
        problems.extend(f"{where}: {problem}" for problem in found)
        return dataset if found else replace(dataset, table=_merged(dataset.table, answer, by_name), rows=answer.rows)

    agreed = _with_datasets(catalog, settled)
    return Agreement(agreed, tuple(problems), tuple(unreachable))


def remembered(made: Agreement, before: Agreement) -> Agreement:
    """``made``, where the tables of stores that could not be asked keep what was known of them ``before``.

    A table is only remembered while its contract says the same of it.
    """
    if not made.unreachable:
        return made
    known = {
        (product.address, product.version, dataset.name): dataset
        for product in before.catalog.products
        for dataset in product.datasets
    }

    def recalled(product: Product, dataset: Dataset) -> Dataset:
        old = known.get((product.address, product.version, dataset.name))
        silent = dataset.store in made.unreachable
        if silent and old and old.store == dataset.store and _promise(old.table) == _promise(dataset.table):
            return replace(dataset, table=old.table, rows=old.rows)
        return dataset

    return replace(made, catalog=_with_datasets(made.catalog, recalled))


def _promise(table: Table) -> tuple[object, ...]:
    columns = tuple(
        (column.name, column.type, column.physical.lower()) for column in table.columns if not _is_extra(column)
    )
    return table.name, table.options, columns


def _is_extra(column: Column) -> bool:
    return EXTRA in column.facts


def _with_datasets(catalog: Catalog, change: Callable[[Product, Dataset], Dataset]) -> Catalog:
    products = tuple(
        replace(product, datasets=tuple(change(product, dataset) for dataset in product.datasets))
        for product in catalog.products
    )
    return replace(catalog, products=products)


def _differences(table: Table, by_name: Mapping[str, Column]) -> list[str]:
    found = []
    for column in table.columns:
        held = _held(column, by_name)
        if held is None:
            found.append(f"the contract has a column {column.name}, the store has no {column.physical}")
        elif not _fits(column, held):
            native = f" ({held.native})" if held.native else ""
            found.append(f"column {column.name}: the contract says {column.type}, the store says {held.type}{native}")
    return found


def _by_name(described: Description) -> dict[str, Column]:
    """The store's columns by their names, and by those in lower case where no other column is spelled like that."""
    loosely = {column.physical.lower(): column for column in reversed(described.columns)}
    return loosely | {column.physical: column for column in described.columns}


def _held(column: Column, by_name: Mapping[str, Column]) -> Column | None:
    return by_name.get(column.physical) or by_name.get(column.physical.lower())


def _fits(declared: Column, held: Column) -> bool:
    if "unbounded" in held.facts:
        return declared.family in (Family.TEXT, Family.DECIMAL)
    return declared.type == held.type


def _merged(table: Table, described: Description, by_name: Mapping[str, Column]) -> Table:
    """The contract's columns with the store's facts and spelling, then those that the store adds to every table."""
    columns = [_joined(column, held) for column in table.columns if (held := _held(column, by_name))]
    taken = {column.name.lower() for column in columns}
    columns += [held for held in described.columns if _is_extra(held) and held.name.lower() not in taken]
    names = {column.physical: column.name for column in columns}
    key = tuple(names.get(name, "") for name in described.key)
    return replace(table, columns=tuple(columns), key=key if all(key) else ())


def _joined(column: Column, held: Column) -> Column:
    source = held.physical if held.physical != column.name else ""
    return Column(column.name, column.type, held.nullable, source, held.native, held.facts)
