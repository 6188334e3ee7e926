"""Both ways, under the same snapshots: the answer with pushdown is compared with the one without.

Nothing is kept but sums of hashes, so answers of any size are compared while they stream.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pyarrow as pa

from connectors.call import Call
from gateway.answer import EngineAnswer
from gateway.database import Database, quoted
from gateway.engine import Engine
from gateway.errors import PushdownDiffers
from gateway.planner.decided import Decided
from gateway.planner.plan import Plan, Twin

_log = logging.getLogger("headgate.verify")
_POSITION = "headgate position"
_WRAP = 1 << 64


class Digest:
    """What an answer comes to, added up batch by batch: its length, its rows as a multiset, and its order.

    Floats count bit by bit, except that there is one NaN; zeros of both signs rank alike in the order.
    """

    def __init__(self, database: Database, schema: pa.Schema, decided: Decided) -> None:
        self.length = self.rows = self.order = 0
        self._database = database
        names = [f"c{number}" for number in range(len(schema))]
        self._names = [*names, _POSITION]
        keys = [_ranked(name, schema.types[at]) for at, name in enumerate(names) if at in decided.keys]
        rows = ", ".join(_text(name) for name in names) if decided.rows else "0"
        self._query = f"SELECT sum(hash({rows})), sum(hash({', '.join([quoted(_POSITION), *keys])})) FROM batch"

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch in."""
        if not batch.num_rows:
            return
        position = pa.array(range(self.length, self.length + batch.num_rows), pa.int64())
        with self._database.cursor() as cursor:
            cursor.register("batch", pa.Table.from_arrays([*batch.columns, position], names=self._names))
            rows, order = cursor.execute(self._query).fetchall()[0]
        self.length += batch.num_rows
        self.rows = (self.rows + int(rows)) % _WRAP
        self.order = (self.order + int(order)) % _WRAP

    def difference(self, other: "Digest") -> str:
        """In what the other one differs, in a few words; empty when in nothing that is decided."""
        if self.length != other.length:
            return f"number of rows ({self.length} pushed, {other.length} unpushed)"
        if self.rows != other.rows:
            return "rows"
        return "order" if self.order != other.order else ""


def _text(name: str) -> str:
    return f"CAST({quoted(name)} AS VARCHAR)"


def _ranked(name: str, kind: pa.DataType) -> str:
    return f"CAST({quoted(name)} + 0 AS VARCHAR)" if pa.types.is_floating(kind) else _text(name)


class VerifiedAnswer:
    """Implements :class:`gateway.service.Answer`: the pushed rows, and an error instead of their end if they differ."""

    def __init__(self, engine: Engine, database: Database, plan: Plan, twin: Twin, call: Call) -> None:
        self._database = database
        self._plan = plan
        self._twin = twin
        self._call = call
        self._using = threading.Lock()
        self._complete = False
        with ExitStack() as held:
            self._begin = held.enter_context(engine.holding((plan, twin.plan), call))
            self._pushed = self._begin(plan)
            self._held = held.pop_all()
        self.schema = self._pushed.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            pushed = self._digest()
            for batch in self._pushed:
                pushed.add(batch)
                yield batch
            with self._using:
                self._compare(pushed)
            self._complete = True
        finally:
            self.close()

    def close(self) -> None:
        """Stop both ways and let go of the snapshots. Idempotent."""
        if not self._complete:
            self._call.cancel()
        self._pushed.close()
        with self._using:
            self._held.close()

    def _compare(self, pushed: Digest) -> None:
        found = self._unpushed()
        # Sums of floats depend on their order, so without pushdown too an answer may differ from itself.
        if (why := pushed.difference(found)) and not found.difference(self._unpushed()):
            raise self._differs(why)

    def _digest(self) -> Digest:
        return Digest(self._database, self.schema, self._twin.decided)

    def _unpushed(self) -> Digest:
        """The other way, to its end."""
        digest = self._digest()
        for batch in self._begin(self._twin.plan):
            digest.add(batch)
        return digest

    def _differs(self, why: str) -> PushdownDiffers:
        read = [made.origin for made in self._plan.fragments] + [made.origin for made in self._plan.scans]
        products = ", ".join(dict.fromkeys(product for origin in read for product in origin.products))
        stores = ", ".join(dict.fromkeys(origin.store for origin in read))
        problem = PushdownDiffers(
            f"The answers with and without pushdown differ in their {why}.",
            hint=f"Ask with pushdown off, and report the query {self._call.id}.",
        )
        _log.error("call %s: pushdown changed the %s over %s in %s", self._call.id, why, products, stores)
        return problem.about(product=products, store=stores)


class Sampler:
    """Verifies queries in the background, one at a time: what comes while it is busy is let go.

    ``verify`` answers a plan both ways and raises on a difference. ``counts`` tells what came of them.
    """

    def __init__(self, verify: Callable[[Plan], None]) -> None:
        self.counts: Counter[str] = Counter(same=0, different=0, failed=0, skipped=0)
        self._verify = verify
        self._busy = threading.Lock()

    def take(self, plan: Plan) -> None:
        """Start on a plan, unless another is under way."""
        if self._busy.acquire(blocking=False):
            threading.Thread(target=self._run, args=(plan,), name="headgate-verify", daemon=True).start()
        else:
            self.counts["skipped"] += 1

    def _run(self, plan: Plan) -> None:
        try:
            self._verify(plan)
            self.counts["same"] += 1
        except PushdownDiffers:
            self.counts["different"] += 1
        except Exception:
            _log.warning("a query could not be verified", exc_info=True)
            self.counts["failed"] += 1
        finally:
            self._busy.release()


class SampledAnswer:
    """Implements :class:`gateway.service.Answer`: an answer whose plan is verified once it has been taken whole."""

    def __init__(self, answer: EngineAnswer, plan: Plan, sampler: Sampler) -> None:
        self.schema = answer.schema
        self._answer = answer
        self._plan = plan
        self._sampler = sampler

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        yield from self._answer
        self._sampler.take(self._plan)

    def close(self) -> None:
        """Close the answer. Idempotent."""
        self._answer.close()
