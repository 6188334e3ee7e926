"""The catalog for people: what there is, what it looks like, and whether the stores agree."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.asking import Listed
from gateway.errors import AddressUnknown


def check(config: Path) -> None:
    """Check the configuration, the contracts, and what the stores hold; raises ConfigInvalid with all problems."""
    from gateway.app import check_catalog
    from gateway.config import load

    catalog = check_catalog(load(config))
    datasets = sum(len(product.datasets) for product in catalog.products)
    told = f"{len(catalog.products)} products, {datasets} datasets: contracts and stores agree."
    Console().print(Text(told, style="green"))


def show_list(datasets: Sequence[Listed]) -> None:
    """One line per dataset."""
    table = Table(show_edge=False, header_style="bold")
    table.add_column("dataset", no_wrap=True)
    table.add_column("columns", justify="right")
    table.add_column("what it is")
    for dataset in datasets:
        table.add_row(Text(dataset.address), str(len(dataset.fields)), Text(dataset.note))
    Console().print(table)


def show_datasets(datasets: Sequence[Listed], address: str) -> None:
    """The columns of the dataset at ``address``, or of all datasets of a product. Raises AddressUnknown."""
    wanted = address.lower()
    found = [one for one in datasets if one.address == wanted or one.address.startswith(f"{wanted}.")]
    if not found:
        raise AddressUnknown(
            f"No dataset answers to the address {address!r}.", hint="`headgate catalog list` shows every dataset."
        )
    for dataset in found:
        Console().print(_columns(dataset))


def _columns(dataset: Listed) -> Table:
    table = Table(title=dataset.address, caption=dataset.note, title_justify="left", caption_justify="left")
    for heading in ("column", "type", "null", "what it is"):
        table.add_column(heading, no_wrap=heading == "column")
    for field in dataset.fields:
        table.add_row(Text(field.name), Text(field.type), "yes" if field.nullable else "no", Text(field.note))
    return table
