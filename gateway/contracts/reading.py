"""YAML as it may come from anyone: plain data only, bounded in size, no aliases, no key twice."""

from typing import Any

import yaml

MAX_BYTES = 1_000_000
_DEPTH = 40


class Unreadable(Exception):
    """The text is not the plain YAML a contract is written in; the message says why and, if known, in which line."""


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader without aliases (a few lines can mean gigabytes) and without silent overwriting of keys."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._level = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases and depth before anything is built."""
        if self.check_event(yaml.AliasEvent):
            raise _problem("aliases are not used in contracts", self._mark())
        self._level += 1
        if self._level > _DEPTH:
            raise _problem("it is nested too deeply", self._mark())
        try:
            return super().compose_node(parent, index)
        finally:
            self._level -= 1

    def _mark(self) -> Any:
        return self.peek_event().start_mark  # type: ignore[no-untyped-call]

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _problem("a key is not text", key_node.start_mark)
            if key in seen:
                raise _problem(f"the key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _problem(what: str, mark: Any) -> Unreadable:
    return Unreadable(f"line {mark.line + 1}: {what}")


def read(data: bytes) -> dict[str, Any]:
    """The mapping at the root of a contract file. Raises :class:`Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        loader = _PlainLoader(data.decode("utf-8"))
        document = loader.get_single_data()
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        raise Unreadable(f"line {mark.line + 1 if mark else 1}: {problem.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Unreadable("it is not YAML") from None
    if not isinstance(document, dict):
        raise Unreadable("it is not a mapping")
    return document
