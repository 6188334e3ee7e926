"""One RPC as the rest of the package sees it, without the transport."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from gateway.errors import RequestMalformed
from gateway.flight.session import DEFAULTS, Session, switch
from gateway.flight.types import profile_for
from gateway.policy import Principal

_LONGEST = 7 * 24 * 3600.0
Headers = Mapping[str, Sequence[str | bytes]]


def first(headers: Headers, name: str) -> str:
    """The first text value of a header, or nothing."""
    return next((value for value in headers.get(name, ()) if isinstance(value, str)), "")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what their session has chosen. ``name`` is what seals carry: empty for anonymous.

    ``expires`` is when the caller's token does (Unix time); never for those who send their password each time.
    """

    name: str
    principal: Principal
    session: Session = DEFAULTS
    expires: float = math.inf


@dataclass
class Rpc:
    """The caller and headers of a running RPC, and the hooks that its transport fills in.

    ``gone`` tells whether the client has left; it may only be asked until the hooks of ``completed`` have run.
    ``outcome`` is the code of the error it ended with, as far as it is known.
    """

    caller: Caller
    headers: Headers
    id: str = field(default_factory=lambda: uuid4().hex)
    gone: Callable[[], bool] = lambda: False
    add_header: Callable[[str, str], None] = lambda _name, _value: None
    completed: list[Callable[[], None]] = field(default_factory=list)
    outcome: str = "OK"

    @property
    def user_agent(self) -> str:
        """What the client says of itself; empty when it says nothing."""
        return first(self.headers, "user-agent")

    @property
    def session(self) -> Session:
        """What holds for this call: its headers where they say something, else the session, else the defaults."""
        chosen = self.caller.session
        return replace(
            chosen,
            profile=profile_for(first(self.headers, "x-headgate-type-profile"), chosen.profile, self.user_agent),
            pushdown=switch(first(self.headers, "x-headgate-pushdown"), chosen.pushdown),
            # For clients that can send headers and cannot set options: Superset, Grafana.
            catalog=first(self.headers, "x-headgate-catalog") or chosen.catalog,
            schema=first(self.headers, "x-headgate-schema") or chosen.schema,
        )

    def timeout(self, limit: float | None) -> float | None:
        """Seconds a query may take: the header ``x-headgate-timeout``, never more than the gateway's limit."""
        text = first(self.headers, "x-headgate-timeout")
        if not text:
            return limit
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= _LONGEST:
            raise RequestMalformed("The header x-headgate-timeout must be a positive number of seconds.")
        return min(seconds, limit) if limit is not None else seconds
