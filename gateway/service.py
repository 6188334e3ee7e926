"""The in-process door: prepare(sql, who) → Plan, run(plan, call) → Answer. Flight and the CLI both come in here."""

import random
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pyarrow as pa
from sqlglot import exp

from connectors.call import Call
from connectors.spi import Connector, Fragment
from gateway import sql
from gateway.budgets import budgets_of, check
from gateway.catalog import Catalog
from gateway.database import Database
from gateway.engine import Engine
from gateway.errors import SqlTooLarge
from gateway.estimates import Estimates
from gateway.plan_cache import PlanCache, told_apart
from gateway.planner import Stores, Tools, plan
from gateway.planner.choice import estimated
from gateway.planner.decided import decided
from gateway.planner.explain import Measured, as_json, as_lines
from gateway.planner.plan import Output, Plan, Twin
from gateway.planner.resolve import Resolved, resolve
from gateway.policy import Budgets, Principal
from gateway.verify import SampledAnswer, Sampler, VerifiedAnswer

_PIVOT_SECONDS = 60.0
_VERIFY_SECONDS = 600.0

Present = Callable[[str], str]
"""Maps a DuckDB type name of the answer to the type the client is to be given (itself where nothing changes)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a session may choose about a query.

    ``verify`` answers it with and without pushdown, and fails if that makes a difference. ``within`` is the domain
    and the product of shorter addresses.
    """

    pushdown: bool = True
    verify: bool = False
    present: Present | None = None
    within: tuple[str, str] = ("", "")


class Answer(Protocol):
    """A running query's result. Pulled by one thread; :meth:`close` may come from any."""

    @property
    def schema(self) -> pa.Schema:
        """The schema of every batch; equal to the plan's."""

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches; raises a :class:`connectors.errors.HeadgateError` when anything failed."""

    def close(self) -> None:
        """Stop the engine and every store, and free what they hold. Idempotent."""


class Service(Protocol):
    """What a transport needs of the gateway."""

    @property
    def catalog(self) -> Catalog:
        """The catalog in force now."""

    def prepare(
        self,
        sql: str,
        who: Principal,
        *,
        parameters: Sequence[Any] | None = None,
        options: Options = Options(),
        call: Call | None = None,
    ) -> Plan:
        """Plan a statement without running it.

        ``parameters`` are Python values for ``?``, ``$1`` …; None means not bound yet: the plan is then good for
        its ``schema`` and its ``parameters`` (DuckDB type names in order), not for running. What has to be asked
        before a plan can be made, as for a PIVOT its columns, is asked under ``call``.
        """

    def run(self, plan: Plan, call: Call) -> Answer:
        """Start a plan under a call (its deadline and cancellation hold for everything done for it)."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Under what one statement is planned. ``sampled`` says that chance had it verified in the background."""

    catalog: Catalog
    who: Principal
    options: Options
    call: Call
    sampled: bool


class LocalService:
    """The service of this process. ``catalog`` is asked anew by each statement, so a reload takes effect at once.

    Of the queries that nobody asked to verify, ``verify_share`` (0 to 1) are verified in the background. ``budgets``
    are what queries may move out of stores.
    """

    def __init__(
        self,
        catalog: Callable[[], Catalog],
        connectors: Mapping[str, Connector],
        database: Database,
        engine: Engine,
        verify_share: float = 0.0,
        budgets: Budgets = Budgets(),
    ) -> None:
        self._catalog = catalog
        self._connectors = connectors
        self._database = database
        self._engine = engine
        self._estimates = Estimates(connectors)
        self._budgets = budgets
        self._plans = PlanCache()
        self._share = verify_share
        self.sampler = Sampler(self._verify)

    @property
    def catalog(self) -> Catalog:
        """The catalog in force now."""
        return self._catalog()

    def prepare(
        self,
        sql_text: str,
        who: Principal,
        *,
        parameters: Sequence[Any] | None = None,
        options: Options = Options(),
        call: Call | None = None,
    ) -> Plan:
        """See :meth:`Service.prepare`. Raises a :class:`gateway.errors.UserError` for what the user can mend."""
        catalog = self._catalog()
        sampled = options.pushdown and not options.verify and self._chosen()
        # The words as they came: to parse them into one form for all spellings costs more than a plan may that is kept.
        key = (sql_text, told_apart(parameters), options, who, sampled)
        if (known := self._plans.get(catalog, key)) is not None:
            return known
        statement = sql.parse(sql_text, short=bool(options.within[0]))
        lasting = not sql.reads_outside(statement.query)
        asked = _Asked(catalog, who, options, call or Call(timeout=_PIVOT_SECONDS), sampled)
        try:
            made = replace(self._planned(statement, parameters, asked), sql=sql_text)
        except RecursionError:
            raise SqlTooLarge("The statement is nested too deeply.", hint="Split it with WITH.") from None
        if lasting:
            self._keep(catalog, key, made)
        return made

    def _keep(self, catalog: Catalog, key: tuple[Hashable, ...], made: Plan) -> None:
        """A plan that has no parameters is the same whether they were bound already or not."""
        self._plans.put(catalog, key, made)
        if not made.parameters and key[1] in (None, ()):
            self._plans.put(catalog, (key[0], () if key[1] is None else None, *key[2:]), made)

    def _planned(self, statement: sql.Statement, parameters: Sequence[Any] | None, asked: _Asked) -> Plan:
        catalog, options = asked.catalog, asked.options
        query = statement.query if parameters is None else sql.bind(statement.query, parameters)
        query = sql.close_pivot(query, lambda wanted: self._values(wanted, asked))
        resolved = resolve(query, sql.addresses(query), lambda parts: catalog.resolve(parts, asked.who, options.within))
        resolved, unbound = _unbound(resolved)
        made = self._plan(resolved, options, pushdown=options.pushdown)
        outputs = (Output("plan", "VARCHAR"),) if statement.explain else made.outputs
        budgets = () if unbound else budgets_of(made, self._budgets, asked.who.name)
        if budgets or statement.explain:
            made = estimated(made, self._estimates)
        verified = (options.verify or asked.sampled) and options.pushdown and not unbound
        return replace(
            made,
            budgets=budgets,
            twin=self._twin(resolved, options, made) if verified else None,
            pushdown=options.pushdown,
            explain=statement.explain,
            format=statement.format,
            catalog_version=catalog.version,
            parameters=unbound,
            schema=self._database.schema(outputs),
        )

    def _plan(self, resolved: Resolved, options: Options, *, pushdown: bool) -> Plan:
        made = plan(resolved, self._stores(), self._tools(), pushdown=pushdown)
        return _presented(made, options.present) if options.present else made

    def _twin(self, resolved: Resolved, options: Options, made: Plan) -> Twin:
        """The same question without pushdown, to compare the answer with."""
        whole = self._plan(resolved, options, pushdown=False)
        what = decided(resolved.query, [output.name for output in made.outputs], clock=sql.reads_clock(resolved.query))
        schema = self._database.schema(whole.outputs)
        return Twin(replace(whole, pushdown=False, schema=schema), what, sampled=not options.verify)

    def _chosen(self) -> bool:
        """Whether chance has it that this query is verified in the background."""
        return self._share > 0 and random.random() < self._share  # noqa: S311  (a sample, not a secret)

    def run(self, made: Plan, call: Call) -> Answer:
        """See :meth:`Service.run`. Raises :class:`gateway.errors.BudgetExceeded` when a plan would move too much."""
        if made.explain != "plan":
            check(made)
        if not made.explain:
            return self._answer(made, call)
        measured = self._measure(made, call) if made.explain == "analyze" else None
        lines = [as_json(made, measured)] if made.format == "json" else list(as_lines(made, measured))
        return TextAnswer(made.schema, lines)

    def _answer(self, made: Plan, call: Call) -> Answer:
        if made.twin is None or made.twin.decided.nothing:
            return self._engine.run(made, call)
        if made.twin.sampled:
            return SampledAnswer(self._engine.run(made, call), made, self.sampler)
        return VerifiedAnswer(self._engine, self._database, made, made.twin, call)

    def _verify(self, made: Plan) -> None:
        """Answer a plan both ways for the comparison alone."""
        assert made.twin is not None
        for _ in VerifiedAnswer(self._engine, self._database, made, made.twin, Call(timeout=_VERIFY_SECONDS)):
            pass

    def _measure(self, made: Plan, call: Call) -> Measured:
        """Run a plan to its end for its figures alone."""
        answer = self._engine.run(replace(made, schema=self._database.schema(made.outputs)), call)
        for _ in answer:
            pass
        return Measured.of(answer.moved, answer.rows, answer.milliseconds, answer.reads)

    def _values(self, wanted: exp.Query, asked: _Asked) -> list[Any]:
        """The answer of a query of one column, for a PIVOT that must know its columns before it can be planned."""
        made = self._planned(sql.Statement(wanted, "", "text"), (), asked)
        answer = self._engine.run(made, asked.call)
        return [value for batch in answer for value in batch.column(0).to_pylist()]

    def _stores(self) -> Stores:
        def render(store: str, fragment: Fragment) -> str:
            return self._connectors[store].render(fragment)

        claims = {name: connector.capabilities for name, connector in self._connectors.items()}
        return Stores(claims, render, self._estimates)

    def _tools(self) -> Tools:
        engine = self._database
        return Tools(sql.to_duckdb, engine.describe, engine.admit, engine.type_of, engine.fold)


class TextAnswer:
    """An answer that is already known: one column of text lines. Implements :class:`Answer`."""

    def __init__(self, schema: pa.Schema, lines: Sequence[str]) -> None:
        self.schema = schema
        self._lines = lines

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """One batch of all lines."""
        yield pa.RecordBatch.from_arrays([pa.array(self._lines, pa.utf8())], schema=self.schema)

    def close(self) -> None:
        """Nothing is held."""


def _unbound(resolved: Resolved) -> tuple[Resolved, tuple[str, ...]]:
    """The query with typed NULLs for the parameters that are not known yet, and the types of those."""
    types = sql.infer_types(resolved.query, resolved.column_type)
    return (replace(resolved, query=sql.stand_in(resolved.query, types)), types) if types else (resolved, ())


def _presented(made: Plan, present: Present) -> Plan:
    """The plan with a last projection to the types that the client can read; names and order stay."""
    outputs = tuple(Output(output.name, present(output.type)) for output in made.outputs)
    if outputs == made.outputs:
        return made
    casts = ", ".join(f'CAST("c{number}" AS {output.type})' for number, output in enumerate(outputs))
    names = ", ".join(f'"c{number}"' for number in range(len(outputs)))
    return replace(made, residual=f"SELECT {casts} FROM ({made.residual}) AS answer({names})", outputs=outputs)
