"""A bounded set of sessions: waits with a deadline, mends itself, and accounts for what had to be given up."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from connectors.call import Call
from connectors.errors import HeadgateError, StoreUnavailable
from connectors.postgres.errors import is_broken, translated
from connectors.postgres.patience import within
from connectors.postgres.session import Session
from connectors.render.native import text
from connectors.threads import background

T = TypeVar("T")
WAIT = 30.0
"""Seconds for which a call without a nearer deadline waits for a free connection."""
HUNG = 4
"""How many times the pool's size may hang in a silent peer before the store is taken for unavailable."""
_NETWORK = "Check the network between gateway and database."


class Pool:
    """Sessions of one database. Thread-safe; every wait ends at the call's deadline.

    ``size`` is how many there may be and ``in_use`` how many are lent out; ``abandoned`` counts streams whose thread
    hangs in a silent peer.
    """

    def __init__(self, store: str, uri: str, size: int, patience: float) -> None:
        self.abandoned = 0
        self.in_use = 0
        self._store = store
        self._uri = uri
        self.size = size
        self._patience = patience
        self._idle: list[Session] = []
        self._closed = False
        self._changed = threading.Condition()

    def begin(self, call: Call, snapshot: str = "", tables: Sequence[str] = ()) -> Session:
        """A session in a fresh transaction named after the call; for ``snapshot`` and ``tables`` see its ``begin``.

        Idle sessions that broke meanwhile are replaced unseen. Raises a typed error naming the store.
        """
        self._reserve(call)
        return self._started(call, snapshot, tables)

    def begin_if_free(self, call: Call, snapshot: str) -> Session | None:
        """As :meth:`begin`, or None at once when every place is taken."""
        with self._changed:
            self._check_open()
            if self.in_use >= self.size:
                return None
            self.in_use += 1
        return self._started(call, snapshot, ())

    def exhausted(self) -> StoreUnavailable:
        """The error for a call that waited for a place in vain."""
        hint = "Raise max_connections of the store, or ask fewer questions at once."
        return StoreUnavailable("All connections to the store are in use.", hint=hint, store=self._store)

    def _started(self, call: Call, snapshot: str, tables: Sequence[str]) -> Session:
        """A session for a place that is reserved; the place is free again when this raises."""
        try:
            return self._any(call, snapshot, tables)
        except BaseException as problem:
            self._free()
            raise self.told(problem) from problem

    def _any(self, call: Call, snapshot: str, tables: Sequence[str]) -> Session:
        while session := self._take():
            try:
                return self._begun(session, call, snapshot, tables)
            except Exception as problem:
                if isinstance(problem, HeadgateError) or not is_broken(problem):
                    raise
        return self._begun(self._connected(call), call, snapshot, tables)

    def _connected(self, call: Call) -> Session:
        made: list[Session] = []

        def connect() -> Session:
            made.append(Session.opened(self._uri))
            return made[0]

        def dispose() -> None:
            for session in made:
                _shut(session)

        return within(self._patience, call, connect, dispose=dispose)

    def _begun(self, session: Session, call: Call, snapshot: str, tables: Sequence[str]) -> Session:
        left = call.remaining()
        limit = 0 if left is None else max(1, int(left * 1000))
        self.run(session, call, partial(session.begin, f"headgate:{call.id}", limit, snapshot, tables))
        return session

    def run(self, session: Session, call: Call, work: Callable[[], T]) -> T:
        """Run something short on a session. When this raises, the session is closed; :meth:`drop` what it held."""
        return within(self._patience, call, work, dispose=partial(_shut, session), interrupt=session.interrupt)

    def told(self, problem: BaseException) -> HeadgateError:
        """The typed error for whatever a session raised."""
        return translated(problem, self._store)

    def release(self, session: Session) -> None:
        """Take a session back; its transaction is ended here, and it is dropped when that fails.

        Waits for that no longer than half a second.
        """
        background(partial(self._reset, session), "headgate-postgres-reset").wait(0.5)

    def drop(self, session: Session | None = None) -> None:
        """Take back what must not be used again: close ``session``, unless :meth:`run` did, and free its place."""
        if session is not None:
            _shut(session)
        self._free()

    def abandon(self) -> None:
        """A session's thread hangs: its place is free again, and it is counted until it comes back."""
        with self._changed:
            self.abandoned += 1
        self._free()

    def came_back(self, session: Session) -> None:
        """An abandoned session's thread is through after all."""
        with self._changed:
            self.abandoned -= 1
        _shut(session)

    def terminate(self, session: Session) -> None:
        """Have the server end a session's backend, through another connection outside the pool's bound."""
        with suppress(Exception):
            other = Session.opened(self._uri)
            try:
                other.rows(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    f"WHERE pid = {session.pid:d} AND application_name = {text(session.label)}"
                )
            finally:
                other.close()

    def close(self) -> None:
        """Disconnect what is idle; what is lent out is disconnected when it comes back."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for session in idle:
            _shut(session)

    def _reset(self, session: Session) -> None:
        try:
            session.end()
        except Exception:
            _shut(session)
        else:
            with self._changed:
                keep = not self._closed
                if keep:
                    self._idle.append(session)
            if not keep:
                _shut(session)
        self._free()

    def _reserve(self, call: Call) -> None:
        until = time.monotonic() + (call.remaining(WAIT) or 0.0)
        with self._changed:
            while self.in_use >= self.size and not self._closed:
                if call.cancelled:
                    call.check()
                left = until - time.monotonic()
                if left <= 0:
                    raise self.exhausted()
                self._changed.wait(min(left, 0.1))
            self._check_open()
            self.in_use += 1

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("The store has been closed.", store=self._store)
        if self.abandoned >= HUNG * self.size:
            raise StoreUnavailable("Too many connections to the store hang.", hint=_NETWORK, store=self._store)

    def _take(self) -> Session | None:
        with self._changed:
            return self._idle.pop() if self._idle else None

    def _free(self) -> None:
        with self._changed:
            self.in_use -= 1
            self._changed.notify()


def _shut(session: Session) -> None:
    """Disconnecting talks to the server, so it must not hold up anybody."""

    def shut() -> None:
        with suppress(Exception):
            session.close()

    background(shut, "headgate-postgres-close")
