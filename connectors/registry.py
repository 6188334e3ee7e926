"""Finds connectors by kind through entry points, ours included, and reads their options strictly."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, TypeVar, cast, get_type_hints

from connectors.errors import ConnectorMisconfigured
from connectors.spi import Connect

GROUP = "headgate.connectors"
Options = TypeVar("Options")


def kinds() -> tuple[str, ...]:
    """The kinds of store that can be configured on this installation, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def connect(kind: str) -> Connect:
    """The function that makes connectors of a kind; raises :class:`ConnectorMisconfigured` for unknown kinds."""
    for entry in entry_points(group=GROUP, name=kind):
        return cast(Connect, entry.load())
    raise ConnectorMisconfigured(
        f"There is no connector of kind {kind!r}.", hint=f"Installed kinds: {', '.join(kinds())}."
    )


def read_options(store: str, shape: type[Options], given: Mapping[str, object]) -> Options:
    """Read a store's options into the dataclass ``shape``, refusing unknown, missing and ill-typed keys."""
    assert is_dataclass(shape)
    known = {item.name: item for item in fields(shape)}
    types = get_type_hints(shape)
    problems = [_unknown(key, known) for key in given if key not in known]
    for key, item in known.items():
        if key not in given:
            if item.default is MISSING and item.default_factory is MISSING:
                problems.append(f"the key {key!r} is missing")
        elif not isinstance(given[key], types[key]):
            problems.append(f"the key {key!r} must be of type {types[key].__name__}")
    if problems:
        raise ConnectorMisconfigured(f"The store {store!r} cannot be used: {'; '.join(problems)}.", store=store)
    return cast(Options, cast(Any, shape)(**given))


def _unknown(key: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(key, known, n=1)
    return f"the key {key!r} is unknown" + (f" (did you mean {near[0]!r}?)" if near else "")
