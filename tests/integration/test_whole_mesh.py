"""One question over real servers by a real client: against itself unpushed, and against DuckDB alone."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import adbc_driver_flightsql.dbapi as flightsql
import duckdb
import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import CallCancelled
from gateway.app import check_catalog, open_gateway, serve
from gateway.config import load
from gateway.demo.questions import QUESTIONS, ROYALTIES
from gateway.policy import LOCAL
from gateway.service import Options
from tests.comparing import assert_same, bag
from tests.real_mesh import PASSWORD, USER, RealMesh, loaded

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.s3]


@pytest.fixture(scope="module")
def mesh(tmp_path_factory, postgres_server, kafka_broker, s3_server) -> Iterator[RealMesh]:
    folder = tmp_path_factory.mktemp("mesh")
    with loaded(folder, postgres_server, kafka_broker, s3_server, bulk=300_000, prefix="whole") as made:
        yield made


@pytest.fixture(scope="module")
def gateway(mesh: RealMesh) -> Iterator[Any]:
    with open_gateway(load(mesh.config)) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(gateway, mesh: RealMesh) -> Iterator[Any]:
    with serve(gateway, load(mesh.config)) as started:
        yield started


def ask(gateway: Any, sql: str, **options: Any) -> pa.Table:
    made = gateway.service.prepare(sql, LOCAL, options=Options(**options))
    return pa.Table.from_batches(list(gateway.service.run(made, Call(timeout=60))), schema=made.schema)


def connected(server: Any, **options: str) -> Any:
    return flightsql.connect(server.uri, db_kwargs={"username": USER, "password": PASSWORD, **options}, autocommit=True)


def eventually(holds, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def alone(mesh: RealMesh, sql: str) -> pa.Table:
    """What DuckDB answers over exported copies of the same rows."""
    world = mesh.data.world
    daily = [
        rows.append_column("month", pa.array([f"{month:%Y-%m}"] * len(rows)))
        for month, rows in mesh.data.daily_plays.items()
    ]
    tables = {
        "play.events.plays": mesh.data.plays,
        "play.history.daily_plays": pa.concat_tables(daily),
        "play.history": pa.concat_tables(daily),
        "artists.catalog.songs": world.songs,
        "artists.catalog.labels": world.labels,
        "artists.catalog.artists": world.artists,
        "payments.royalties.rates": world.rates,
        "payments.royalties.statements": mesh.data.statements,
        "listeners.profiles.listeners": world.listeners,
        "listeners.profiles": world.listeners,
    }
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for number, (address, rows) in enumerate(sorted(tables.items(), key=lambda item: -len(item[0]))):
            con.register(f"copy{number}", rows)
            sql = sql.replace(f"{address} ", f"copy{number} ").replace(f"{address}\n", f"copy{number}\n")
        return con.sql(sql).to_arrow_reader(10_000).read_all()


def test_the_catalog_and_the_stores_agree(mesh: RealMesh) -> None:
    catalog = check_catalog(load(mesh.config))
    assert len(catalog.products) == 7
    plays = catalog.resolve(["play", "events", "plays"], LOCAL).dataset.table
    assert [column.name for column in plays.columns][-4:] == ["_partition", "_offset", "_timestamp", "_key"]
    assert catalog.resolve(["artists", "catalog", "songs"], LOCAL).dataset.table.key == ("song_id",)


def test_the_headline_is_the_same_pushed_unpushed_and_by_duckdb_alone(gateway, mesh: RealMesh) -> None:
    pushed = ask(gateway, ROYALTIES)
    assert pushed.num_rows > 20
    assert_same(pushed, ask(gateway, ROYALTIES, pushdown=False), ordered=True, told=ROYALTIES)
    assert_same(pushed, alone(mesh, ROYALTIES), ordered=True, told=ROYALTIES)


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_every_question_of_the_tour(gateway, number: int) -> None:
    question = QUESTIONS[number]
    answers = []
    for pushdown in (True, False):
        made = gateway.service.prepare(
            question.sql, LOCAL, parameters=question.parameters, options=Options(pushdown=pushdown)
        )
        answers.append(pa.Table.from_batches(list(gateway.service.run(made, Call())), schema=made.schema))
    assert_same(*answers, ordered="ORDER BY" in question.sql, told=question.sql)
    assert answers[0].num_rows > 0


def test_a_real_client_gets_the_same_with_a_header(server) -> None:
    off = {"adbc.flight.sql.rpc.call_header.x-headgate-pushdown": "off"}
    tables = []
    for options in ({}, off):
        with connected(server, **options) as connection, connection.cursor() as cursor:
            cursor.execute(ROYALTIES)
            tables.append(cursor.fetch_arrow_table())
    assert_same(*tables, ordered=True, told=ROYALTIES)


def test_a_cancelled_query_leaves_nothing(gateway, server, mesh: RealMesh, postgres_server) -> None:
    threads = own_threads()
    with connected(server) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT a.id, a.note FROM payments.bulk.entries a, payments.bulk.entries b WHERE a.id < b.id")
        reader = cursor.fetch_record_batch()
        assert reader.read_next_batch().num_rows > 0
        cursor.adbc_cancel()
    started = time.monotonic()
    assert eventually(lambda: not working_backends(postgres_server), 2)
    assert time.monotonic() - started < 2
    assert eventually(lambda: server.running == 0)
    assert eventually(lambda: not [path for path in mesh.spill.rglob("*") if path.is_file()])
    assert eventually(lambda: own_threads() <= threads), own_threads() - threads


def own_threads() -> set[str]:
    """The threads that Python started; gRPC keeps a pool of its own, of which Python sees those that called it."""
    return {f"{made.name} {made.ident}" for made in threading.enumerate() if not made.name.startswith("Dummy-")}


def test_cancelling_while_postgres_works_stops_the_backend(
    gateway, postgres_server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself is busy: the fragment joins 300,000 rows with themselves, however dear that looks."""
    monkeypatch.setattr("gateway.planner.choice.choose", lambda prices: 0)
    sql = (
        "SELECT count(*) FROM payments.bulk.entries a JOIN payments.bulk.entries b ON a.note = b.note "
        "JOIN payments.bulk.entries c ON b.note = c.note JOIN payments.bulk.entries d ON c.note = d.note"
    )
    call = Call(timeout=60)
    made = gateway.service.prepare(sql, LOCAL)
    assert len(made.fragments) == 1
    failed: list[Exception] = []

    def run() -> None:
        try:
            list(gateway.service.run(made, call))
        except Exception as problem:
            failed.append(problem)

    asking = threading.Thread(target=run)
    asking.start()
    assert eventually(lambda: bool(working_backends(postgres_server)))
    call.cancel(CallCancelled("Enough."))
    assert eventually(lambda: not working_backends(postgres_server), 2)
    asking.join(5)
    assert not asking.is_alive()
    assert [type(problem) for problem in failed] == [CallCancelled]


def test_many_questions_at_once_with_some_given_up(gateway, mesh: RealMesh, postgres_server) -> None:
    """Twelve askers, a third of whose questions are cancelled: every answer that comes is the right one."""
    questions = [ROYALTIES, *(question.sql for question in QUESTIONS if not question.parameters)]
    expected = {sql: bag(ask(gateway, sql)) for sql in questions}
    wrong: list[object] = []
    ended = Counter[str]()

    def asker(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(8):
            sql, call = chance.choice(questions), Call(timeout=60)
            given_up = threading.Timer(chance.random() * 0.05, call.cancel) if chance.random() < 0.33 else None
            try:
                if given_up:
                    given_up.start()
                made = gateway.service.prepare(sql, LOCAL)
                answer = pa.Table.from_batches(list(gateway.service.run(made, call)), schema=made.schema)
                ended["answered"] += 1
                if bag(answer) != expected[sql]:
                    wrong.append(sql)
            except CallCancelled:
                ended["cancelled"] += 1
            except Exception as problem:
                wrong.append(problem)

    askers = [threading.Thread(target=asker, args=(seed,)) for seed in range(12)]
    for thread in askers:
        thread.start()
    for thread in askers:
        thread.join(60)
    assert wrong == []
    assert ended["answered"] > 40
    assert ended["cancelled"] > 5
    assert eventually(lambda: not working_backends(postgres_server), 2)
    stores = [gateway.connectors[name] for name in ("artists_db", "payments_db")]
    assert eventually(lambda: [(store.pool.in_use, store.pool.abandoned) for store in stores] == [(0, 0)] * 2)
    assert not [path for path in mesh.spill.rglob("*") if path.is_file()]


def working_backends(postgres_server: Any) -> list[tuple[Any, ...]]:
    return postgres_server.rows(
        "SELECT pid, state, query FROM pg_stat_activity WHERE application_name LIKE 'headgate%' "
        "AND state NOT IN ('idle') AND backend_type = 'client backend'"
    )


def test_no_secret_is_shown(gateway, mesh: RealMesh) -> None:
    config = load(mesh.config)
    shown = repr(config) + repr(gateway.connectors)
    explained = gateway.service.prepare(f"EXPLAIN (FORMAT JSON) {ROYALTIES}", LOCAL)
    shown += "".join(str(batch.to_pylist()) for batch in gateway.service.run(explained, Call()))
    for name in ("TEST_ARTISTS_DSN", "TEST_S3_SECRET", "TEST_HASH"):
        assert os.environ[name] not in shown
    assert "secret-canary" not in shown
    assert str(Path(mesh.folder)) not in shown.replace(repr(config), "")
