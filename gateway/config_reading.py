"""Reading a section of TOML into a dataclass: strict about keys and types, and never stopping at the first problem."""

import os
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from gateway.errors import ConfigInvalid

Shape = TypeVar("Shape")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)")
_LARGEST = 1_000_000_000  # seconds, ports and counts alike; waiting longer than this overflows
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def size_in_bytes(text: str) -> int:
    """``64MB`` → 64,000,000. Raises ValueError for anything that DuckDB would not read as a size either."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError("not a size")
    return int(float(match[1]) * _UNITS[match[2]])


class Problems:
    """What was found wrong so far."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, problem: str) -> None:
        """Keep one problem, told as ``[section] key: what``."""
        self.found.append(problem)

    def unknown(self, name: str, where: str, known: Iterable[str]) -> None:
        """Keep that a key or section does not exist, with the nearest that does."""
        near = get_close_matches(name, list(known), n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        place = f"{where} {name}" if where else f"[{name}]"
        self.add(f"{place}: is not known{hint}")

    def raise_if_any(self) -> None:
        """Raise :class:`gateway.errors.ConfigInvalid` with all of them."""
        if self.found:
            raise ConfigInvalid.listing(self.found)


class Section:
    """One section of the file, and where it stands."""

    def __init__(self, given: Any, where: str, folder: Path, problems: Problems) -> None:
        self._given = given if isinstance(given, Mapping) else {}
        self._where = where
        self._folder = folder
        self._problems = problems
        if not isinstance(given, Mapping):
            problems.add(f"{where}: must be a section")

    def read(self, shape: type[Shape]) -> Shape:
        """The section as ``shape``; where a value is wrong, its default (or an empty one) stands in."""
        known = {item.name: item for item in fields(cast(Any, shape))}
        hints = get_type_hints(shape)
        values: dict[str, Any] = {}
        for key in sorted(self._given.keys() - known.keys()):
            self._problems.unknown(key, self._where, known)
        for key, item in known.items():
            if key in self._given:
                values[key] = self._value(key, hints[key])
            elif item.default is not MISSING:
                values[key] = self._default(item.default)
            else:
                self._problems.add(f"{self._where} {key}: is missing")
                values[key] = ""
        return shape(**values)

    def resolved(self, key: str, value: Any) -> Any:
        """A value, or what ``{ env = … }`` or ``{ file = … }`` names in its place."""
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and isinstance(value.get("env"), str):
            found = os.environ.get(value["env"])
            if found is None:
                self._problems.add(f"{self._where} {key}: the environment has no variable {value['env']}")
            return found or ""
        if len(value) == 1 and isinstance(value.get("file"), str):
            return self._read_file(key, value["file"])
        self._problems.add(f'{self._where} {key}: write {{ env = "NAME" }} or {{ file = "path" }}')
        return ""

    def _read_file(self, key: str, name: str) -> str:
        try:
            return (self._folder / name).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            self._problems.add(f"{self._where} {key}: the file {name} cannot be read")
            return ""

    def _default(self, value: Any) -> Any:
        return self._folder / value if isinstance(value, Path) else value

    def _value(self, key: str, hint: Any) -> Any:
        given = self._given[key]
        value = self.resolved(key, given)
        wanted = _accepted(hint)
        if wanted is tuple and isinstance(value, list):
            value = tuple(self.resolved(key, item) for item in value)
        elif isinstance(given, dict):
            value = _from_text(value, wanted)
        if _fits(value, wanted):
            return self._folder / value if wanted is Path else wanted(value)
        if value != "" or not isinstance(given, dict):  # what a reference could not give is told already
            self._problems.add(f"{self._where} {key}: must be {_TOLD[wanted]}")
        return {tuple: (), Path: self._folder, float: 0.0, int: 0, str: "", bool: False}[wanted]


def _from_text(text: str, wanted: Any) -> Any:
    """What the environment or a file gives is text, whatever it stands for."""
    if wanted is bool:
        return {"true": True, "false": False}.get(text, text)
    try:
        return wanted(text) if wanted in (int, float) else text
    except ValueError:
        return text


def _fits(value: Any, wanted: Any) -> bool:
    if wanted is tuple:
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    if wanted in (int, float):
        known = isinstance(value, (int, wanted)) and not isinstance(value, bool)
        return known and 0 <= value <= _LARGEST
    return isinstance(value, str if wanted is Path else wanted)


_TOLD = {
    tuple: "a list of texts",
    Path: "a path",
    float: "a number from 0 to 1,000,000,000",
    int: "a whole number from 0 to 1,000,000,000",
    str: "a text",
    bool: "true or false",
}


def _accepted(hint: Any) -> Any:
    """The plain type behind an annotation: ``Path | None`` takes a path, ``tuple[str, ...]`` a list."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(argument for argument in get_args(hint) if argument is not type(None))
    return get_origin(hint) or hint
