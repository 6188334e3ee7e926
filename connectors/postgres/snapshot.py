"""One version of a database for one query: an exported snapshot that any number of its sessions import."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from connectors.call import Call
from connectors.errors import HeadgateError
from connectors.postgres.asked import Asked
from connectors.postgres.lookups import is_lookup
from connectors.postgres.packed import Packing
from connectors.postgres.pool import WAIT, Pool
from connectors.postgres.ranges import MOST, is_divisible, leaves_most, measured, pieces
from connectors.postgres.session import Session
from connectors.postgres.stream import GRACE, PostgresStream
from connectors.postgres.together import Together
from connectors.render.native import table_name
from connectors.spi import Fragment, Stream, Table

T = TypeVar("T")


class PostgresSnapshot:
    """Held by a first transaction, which is also the first to read. Streams may be opened from several threads."""

    def __init__(self, pool: Pool, tables: Sequence[Table], call: Call) -> None:
        self._pool = pool
        self._call = call
        self._lock = threading.Condition()
        self._streams: list[PostgresStream] = []
        self._ended = False
        held = tuple(dict.fromkeys(table_name(table.name) for table in tables))
        first = pool.begin(call, tables=held)
        self._version = first.version
        self._free = [first]
        self._exported = ""
        # To export costs as much as to look a row up, which is over before another connection could help.
        self._untouched = len(held) == 1
        if not self._untouched:
            self._share(first, call)

    @property
    def version(self) -> str:
        """What the server prints for the snapshot: ``xmin:xmax:running``."""
        return self._version

    def open(self, asked: Asked, call: Call, *, few: bool = False) -> Stream:
        """Start a fragment's query, which sees this snapshot, in a session of its own.

        Where it reads the whole of one large table, be it for certain keys, connections to spare read along. ``few``
        says that its keys are not many.
        """
        session, fragment = self._session(call), asked.fragment
        untouched, self._untouched = self._untouched, False
        if untouched and not is_lookup(fragment):
            self._share(session, call)
        if not is_divisible(fragment) or is_lookup(fragment):
            return self._start(session, fragment, asked.under(), None, call)
        if asked.is_keyed and few and self._run(session, call, lambda: leaves_most(session, asked)):
            asked = Asked(fragment, asked.text)
        return self._divided(session, asked, call)

    def _divided(self, session: Session, asked: Asked, call: Call) -> Stream:
        extent = self._run(session, call, lambda: measured(session, asked))
        most = min(MOST, os.cpu_count() or 1, extent.blocks) if extent.shared and self._exported else 1
        sessions = [session, *self._others(most - 1, call)]
        packing = extent.packing
        texts = pieces(asked, extent, len(sessions)) if packing or len(sessions) > 1 else [asked.under()]
        streams = [
            self._start(one, asked.fragment, text, packing, call) for one, text in zip(sessions, texts, strict=True)
        ]
        return streams[0] if len(streams) == 1 else Together(streams)

    def _start(
        self, session: Session, fragment: Fragment, query: str, packing: Packing | None, call: Call
    ) -> PostgresStream:
        with self._lock:
            stream = PostgresStream(session, query, fragment.schema, self, call, packing)
            self._streams.append(stream)
            if self._ended:
                stream.stop()
        return stream

    def _share(self, session: Session, call: Call) -> None:
        """Let other sessions see what this one sees, which has not streamed yet."""
        exported = self._run(session, call, session.export)
        with self._lock:
            self._exported = exported
            self._lock.notify_all()

    def _run(self, session: Session, call: Call, work: Callable[[], T]) -> T:
        try:
            return self._pool.run(session, call, work)
        except BaseException as problem:
            self._pool.drop()
            raise self._pool.told(problem) from problem

    def _others(self, most: int, call: Call) -> list[Session]:
        """Sessions that nobody else wants at the moment; half of the pool is left to other queries."""
        made: list[Session] = []
        # One that cannot be had is no failure: the first connection can read everything alone.
        with suppress(HeadgateError):
            while len(made) < most and self._pool.in_use < self._pool.size // 2:
                session = self._pool.begin_if_free(call, self._exported)
                if session is None:
                    break
                made.append(session)
        return made

    def _session(self, call: Call) -> Session:
        """One of ours that is done, else another of the pool's, whichever is there first.

        Waiting for the pool alone could last for ever: queries that each hold one connection may all want a second.
        """
        until = time.monotonic() + (call.remaining(WAIT) or 0.0)
        while True:
            with self._lock:
                if self._free:
                    return self._free.pop()
            # What is not shared, as on a standby, goes through the one connection in turn.
            if self._exported and (session := self._pool.begin_if_free(call, self._exported)):
                return session
            if time.monotonic() > until:
                raise self._pool.exhausted()
            call.check()
            with self._lock:
                if not self._free:
                    self._lock.wait(0.05)

    def end(self) -> None:
        """Stop whatever still reads and give all sessions back. Returns within about a second."""
        with self._lock:
            self._ended = True
            free, self._free = self._free, []
            streams = list(self._streams)
        for stream in streams:
            stream.stop()
        for stream in streams:
            stream.wait(GRACE / len(streams))
        for session in free:
            self._pool.release(session)

    def give_back(self, session: Session, *, usable: bool) -> None:
        """A stream is over: its session waits for the next fragment of this query, or goes."""
        if not usable:
            self._pool.drop(session)
            return
        with self._lock:
            keep = not self._ended
            if keep:
                self._free.append(session)
                self._lock.notify_all()
        if not keep:
            self._pool.release(session)

    def terminate(self, session: Session) -> None:
        """End the session's backend from elsewhere. May block."""
        self._pool.terminate(session)

    def abandon(self) -> None:
        """A session's thread hangs."""
        self._pool.abandon()

    def came_back(self, session: Session) -> None:
        """An abandoned session's thread is through after all."""
        self._pool.came_back(session)

    def told(self, problem: BaseException) -> HeadgateError:
        """The typed error for what a session raised."""
        return self._pool.told(problem)
