"""What a contract says of how its datasets refer to others: ODCS ``relationships`` → references.

Two of the standard's notations are read: ``dataset.property`` within the contract, and, for another product,
its address: ``domain.product.dataset.property``. Any other is kept for people.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from open_data_contract_standard.model import Relationship, SchemaObject

from gateway.catalog import Dataset, Reference

Here = tuple[str, str]
"""The domain and the ``product@major`` of the contract that is read."""


def with_references(
    datasets: Sequence[Dataset], told: Sequence[SchemaObject], here: Here
) -> tuple[tuple[Dataset, ...], list[str]]:
    """The datasets with the references that ``told`` declares of each, and what is wrong with those.

    Another product is never asked whether it has what is referred to: domains publish independently.
    """
    problems: list[str] = []
    made = []
    for dataset, schema in zip(datasets, told, strict=True):
        found: list[Reference] = []
        for columns, targets in _pairs(schema):
            reference = _reference(columns, targets, here)
            problem = _problem(dataset, columns, targets, reference, datasets, here)
            problems += [f"schema {dataset.name}: {problem}"] if problem else []
            found += [reference] if reference and not problem else []
        made.append(replace(dataset, references=tuple(found)))
    return tuple(made), problems


def _pairs(schema: SchemaObject) -> Iterator[tuple[list[str], list[str]]]:
    """The properties and what they refer to, as written: first of single properties, then of the whole schema."""
    for told in schema.properties or ():
        for relationship in _foreign_keys(told.relationships):
            yield [told.name or ""], _listed(relationship.to)
    own = f"{schema.name}."
    for relationship in _foreign_keys(schema.relationships):
        yield [name.removeprefix(own) for name in _listed(relationship.from_)], _listed(relationship.to)


def _foreign_keys(told: Iterable[Relationship] | None) -> Iterator[Relationship]:
    return (relationship for relationship in told or () if relationship.type in (None, "foreignKey"))


def _listed(names: str | list[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else names or []


def _reference(columns: list[str], targets: list[str], here: Here) -> Reference | None:
    """The reference, or None where the targets are written in a way that is kept for people."""
    split = [target.split(".") for target in targets]
    addresses = {(*here, parts[0]) if len(parts) == 2 else tuple(parts[:-1]) for parts in split}
    if len(addresses) != 1 or not all(len(parts) in (2, 4) and all(parts) for parts in split):
        return None
    domain, product, dataset = addresses.pop()
    return Reference(tuple(columns), (domain, product, dataset), tuple(parts[-1] for parts in split))


def _problem(
    dataset: Dataset,
    columns: list[str],
    targets: list[str],
    reference: Reference | None,
    datasets: Iterable[Dataset],
    here: Here,
) -> str:
    """What is wrong with a relationship as far as its own contract can tell, or nothing."""
    if not columns or len(columns) != len(targets):
        return "a relationship must pair each property with one other"
    for name in columns:
        if name not in _names(dataset):
            return f"a relationship begins at {name[:63]!r}, which is no property"
    if reference is None or reference.to[:2] != here:
        return ""
    target = next((other for other in datasets if other.name == reference.to[2]), None)
    for name in reference.to_columns:
        if target is None or name not in _names(target):
            return f"a relationship leads to {f'{reference.to[2]}.{name}'[:127]!r}, which is not in the contract"
    return ""


def _names(dataset: Dataset) -> set[str]:
    return {column.name for column in dataset.table.columns}
