"""The options of a session: what a client may choose for all its queries, and how it says so.

The server keeps no sessions. The choices travel under a seal, in the client's token and in a cookie.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from gateway.catalog import Catalog, Product
from gateway.errors import RequestMalformed
from gateway.flight import wire
from gateway.flight.types import PROFILES, present
from gateway.policy import Principal
from gateway.service import Options


class Pushdown(StrEnum):
    """Whether stores compute parts of queries; under VERIFY they do, and the answer is compared with that of OFF."""

    OFF = "off"
    ON = "on"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Session:
    """What a client has chosen. Empty means not chosen.

    ``profile`` is a type profile; ``catalog`` and ``schema`` are the domain and product of shorter addresses.
    """

    pushdown: Pushdown = Pushdown.ON
    profile: str = ""
    catalog: str = ""
    schema: str = ""

    def options(self) -> Options:
        """The same as the service takes it."""
        within = (self.catalog, self.schema)
        pushed, verified = self.pushdown is not Pushdown.OFF, self.pushdown is Pushdown.VERIFY
        return Options(pushdown=pushed, verify=verified, present=present(self.profile), within=within)


DEFAULTS = Session()


class _Refused(Exception):
    """A value that an option cannot take."""


INVALID_NAME, INVALID_VALUE = 1, 2


def changed(
    session: Session, options: Iterable[Any], catalog: Catalog, who: Principal, defaults: Session
) -> tuple[Session, dict[str, int]]:
    """The session after ``SessionOption`` messages, and by name the code of each option that was refused.

    An option without a value goes back to its default. A domain or product that is not granted is a wrong value.
    """
    errors: dict[str, int] = {}
    visible = tuple(catalog.visible(who))
    # The catalog first: what a schema may be depends on it, and the options come in any order.
    for option in sorted(options, key=lambda option: option.key != "catalog"):
        if option.key not in _CHANGES:
            errors[option.key] = INVALID_NAME
            continue
        try:
            session = _CHANGES[option.key](session, option.value, visible)
            if option.key == "pushdown" and not option.value.ListFields():
                session = replace(session, pushdown=defaults.pushdown)
        except (_Refused, RequestMalformed):
            errors[option.key] = INVALID_VALUE
    return session, errors


def told(session: Session) -> Iterator[Any]:
    """The session's options as ``SessionOption`` messages."""
    values = {
        "catalog": session.catalog,
        "pushdown": session.pushdown.value,
        "schema": session.schema,
        "type_profile": session.profile,
    }
    for key, value in values.items():
        yield wire.make("SessionOption", key=key, value={"string_value": value})


def switch(text: str, default: Pushdown) -> Pushdown:
    """Read ``on``, ``off`` or ``verify``; nothing means the default. Raises :class:`RequestMalformed` for others."""
    if not text:
        return default
    known = {**{way.value: way for way in Pushdown}, "true": Pushdown.ON, "false": Pushdown.OFF}
    if text.lower() not in known:
        raise RequestMalformed("Pushdown is on, off or verify.", hint="Send x-headgate-pushdown: on, off or verify.")
    return known[text.lower()]


Products = tuple[Product, ...]


def _pushdown(session: Session, value: Any, visible: Products) -> Session:  # noqa: ARG001  (one shape for all)
    if value.HasField("bool_value"):
        return replace(session, pushdown=Pushdown.ON if value.bool_value else Pushdown.OFF)
    return replace(session, pushdown=switch(_text(value), Pushdown.ON))


def _profile(session: Session, value: Any, visible: Products) -> Session:  # noqa: ARG001
    if _text(value) not in ("", *PROFILES):
        raise _Refused
    return replace(session, profile=_text(value))


def _catalog(session: Session, value: Any, visible: Products) -> Session:
    domain = _known(_text(value), (product.domain for product in visible))
    inside = {product.schema_name for product in visible if product.domain == domain}
    # A schema of the domain that is left means nothing in the new one.
    return replace(session, catalog=domain, schema=session.schema if session.schema in inside else "")


def _schema(session: Session, value: Any, visible: Products) -> Session:
    inside = (product.schema_name for product in visible if session.catalog in ("", product.domain))
    return replace(session, schema=_known(_text(value), inside))


_CHANGES: dict[str, Callable[[Session, Any, Products], Session]] = {
    "catalog": _catalog,
    "pushdown": _pushdown,
    "schema": _schema,
    "type_profile": _profile,
}


def _known(name: str, names: Iterable[str]) -> str:
    """The one of ``names`` that is meant, without regard to case; nothing for nothing."""
    found = next((known for known in names if known.lower() == name.lower()), None)
    if name and found is None:
        raise _Refused
    return found or ""


def _text(value: Any) -> str:
    """A text value, or nothing when the option is to be unset."""
    kinds = ("bool_value", "int64_value", "double_value", "string_list_value")
    if any(value.HasField(kind) for kind in kinds):
        raise _Refused
    return str(value.string_value)
