"""YAML as it may come from anyone: plain data only, bounded in size, no aliases, no key twice.

Values are built straight from the parser's events, so that nothing that is refused was ever built. Plain words mean
what YAML 1.2 says: ``no`` and ``2026-03-01`` are text, as whoever wrote a country or a day meant them to be.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

MAX_BYTES = 1_000_000
_DEPTH = 40
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,3})?")


class Unreadable(Exception):
    """The text is not the plain YAML a contract is written in; the message says why and, if known, in which line."""


def read(data: bytes) -> dict[str, Any]:
    """The mapping at the root of a contract file. Raises :class:`Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        document = _Builder(iter(yaml.parse(data.decode("utf-8"), Loader=_LOADER))).document()
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        # What libyaml says may quote the text; its first words are enough, the line shows the rest.
        raise Unreadable(f"line {mark.line + 1 if mark else 1}: {str(problem.problem)[:80]}") from None
    except (yaml.YAMLError, ValueError):
        raise Unreadable("it is not YAML") from None
    if not isinstance(document, dict):
        raise Unreadable("it is not a mapping")
    return document


class _Builder:
    """Turns the events of one document into dicts, lists and scalars."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events

    def document(self) -> Any:
        """The only document of the stream; None when there is none."""
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), 0)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _problem("a second document begins; write one file for each contract", after)
        return value

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            raise _problem("aliases are not used in contracts", event)
        if event.tag is not None:
            raise _problem("tags are not used in contracts", event)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if depth == _DEPTH:
            raise _problem("it is nested too deeply", event)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._value(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)]
        return self._mapping(depth)

    def _mapping(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            if not isinstance(key, str):
                raise _problem("a key is not text", event)
            if key in made:
                raise _problem(f"the key {key[:63]!r} stands twice", event)
            made[key] = self._value(next(self._events), depth + 1)
        return made

    def _until(self, end: type) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _problem(what: str, event: Any) -> Unreadable:
    return Unreadable(f"line {event.start_mark.line + 1}: {what}")
