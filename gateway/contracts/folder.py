"""A folder of contracts → one catalog. All files are read before anything is told."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from gateway.catalog import Catalog, Product
from gateway.contracts.products import Reader
from gateway.contracts.reading import MAX_BYTES, Unreadable, read
from gateway.errors import ConfigInvalid

_SUFFIXES = (".yaml", ".yml")
_NOT_ANSWERING = ("deprecated", "retired", "draft", "proposed")
_Found = tuple[Product | None, list[str]]
"""What a file stands for, or what is wrong with it."""


def load(folder: Path, stores: Collection[str]) -> Catalog:
    """The catalog of a folder that is read once; see :meth:`Contracts.load`."""
    return Contracts(folder, stores).load()


class Contracts:
    """The contracts of a folder, to be read again and again: what is in a file is only worked out when it is new.

    ``stores`` are the names of the configured stores. Not for several threads at once.
    """

    def __init__(self, folder: Path, stores: Collection[str]) -> None:
        self._folder = folder
        self._stores = stores
        self._known: dict[tuple[str, bytes], _Found] = {}

    def load(self) -> Catalog:
        """Read ``<folder>/<domain>/*.yaml`` as it is now. Raises :class:`ConfigInvalid` with every problem found.

        The catalog's version is a digest of all files.
        """
        folder, known, self._known = self._folder, self._known, {}
        if not folder.is_dir():
            raise ConfigInvalid(f"The catalog folder {folder.name!r} does not exist.", hint="See [catalog] folder.")
        problems: list[str] = []
        version = hashlib.sha256()
        products: list[tuple[str, Product]] = []
        for path in contract_files(folder):
            name = path.relative_to(folder).as_posix()
            try:
                data = _bytes(path)
            except OSError:
                problems.append(f"{name}: cannot be read")
                continue
            if name.count("/") != 1:
                problems.append(f"{name}: lies in no domain's folder; contracts are <domain>/<any name>.yaml")
                continue
            domain, digest = path.parent.name, hashlib.sha256(data).digest()
            version.update(f"{name}\0".encode() + digest)
            made, found = known.get((domain, digest)) or _one(domain, data, self._stores)
            self._known[domain, digest] = made, found
            problems += [f"{name}: {problem}" for problem in found]
            products += [(name, made)] if made else []
        problems += _clashes(products)
        if problems:
            raise ConfigInvalid.listing(problems)
        return Catalog(version.hexdigest()[:16], _with_current(made for _, made in products))


def contract_files(folder: Path) -> list[Path]:
    """All YAML files below ``folder``, in order of their paths, without those that are hidden."""
    found = (path for path in folder.rglob("*") if path.suffix in _SUFFIXES)
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _bytes(path: Path) -> bytes:
    """What a file holds, at most one byte more than is accepted. A pipe, which would be waited for, is no file."""
    if not path.is_file():
        raise OSError(path)
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _one(domain: str, data: bytes, stores: Collection[str]) -> _Found:
    reader = Reader(domain, stores)
    try:
        return reader.product(read(data)), reader.problems
    except Unreadable as problem:
        return None, [str(problem)]


def _clashes(products: Iterable[tuple[str, Product]]) -> list[str]:
    seen: dict[tuple[str, int], str] = {}
    found = []
    for name, product in products:
        identity = product.address, product.version
        if identity in seen:
            told = f"the address {product.address} in version {product.version} is already taken by {seen[identity]}"
            found.append(f"{name}: {told}")
        seen.setdefault(identity, name)
    return found


def _with_current(products: Iterable[Product]) -> tuple[Product, ...]:
    """Mark one version of each product as the current one: the highest that is active, else the highest."""
    by_address: dict[str, list[Product]] = {}
    for product in products:
        by_address.setdefault(product.address, []).append(product)
    made: list[Product] = []
    for address in sorted(by_address):
        versions = sorted(by_address[address], key=lambda product: product.version)
        answering = [product for product in versions if product.status not in _NOT_ANSWERING] or versions
        made += [replace(product, current=product is answering[-1]) for product in versions]
    return tuple(made)
