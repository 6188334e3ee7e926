"""DuckDB in a process of its own, in whatever version its environment has: questions in, seconds out, a line each.

Started as a script by another environment's Python, so it imports nothing of the project. The first line says what to
set up; each further one is a question.
"""

import importlib
import json
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import duckdb


def main() -> None:
    """Answer until the input ends."""
    told = sys.stdout
    sys.stdout = sys.stderr  # nothing but answers goes where answers go
    con = duckdb.connect()
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        try:
            answer = _set_up(con, asked) if "statements" in asked else _answer(con, asked)
        except Exception as problem:
            answer = {"failed": (str(problem).splitlines() or [type(problem).__name__])[0][:300]}
        print(json.dumps(answer), file=told, flush=True)


def _set_up(con: Any, asked: dict[str, Any]) -> dict[str, Any]:
    for extension in asked["extensions"]:
        package = importlib.import_module(f"duckdb_extension_{extension}")
        path = next(Path(next(iter(package.__path__))).rglob("*.duckdb_extension"))
        con.execute(f"LOAD '{path}'")
    for statement in asked["statements"]:
        con.execute(statement)
    for table, topic in asked["topics"].items():
        values = ", ".join(f"(doc->>'{name}')::{kind} AS {name}" for name, kind in topic["columns"].items())
        con.register("messages", _consumed(asked["bootstrap"], topic["topic"]))
        con.execute(f"CREATE TABLE {table} AS SELECT {values} FROM (SELECT doc::JSON AS doc FROM messages)")
        con.unregister("messages")
    return {"version": duckdb.__version__}


def _answer(con: Any, asked: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    for table, wanted in asked["pulls"].items():
        con.register(table, _pulled(asked["dsn"], wanted))
    table = con.sql(asked["sql"]).to_arrow_table()
    seconds = time.perf_counter() - started
    for name in asked["pulls"]:
        con.unregister(name)
    if asked["keep"]:
        Path(asked["into"]).write_bytes(pickle.dumps(_kept(table, asked["keep"])))
    return {"seconds": seconds, "count": table.num_rows, "bytes": table.nbytes}


def _kept(table: Any, what: str) -> list[tuple[Any, ...]]:
    if what == "rows":
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    import digest  # type: ignore[import-not-found]  # it lies beside this script

    return [digest.of(table.to_batches()).row()]


def _pulled(dsn: str, wanted: str) -> Any:
    import connectorx

    return connectorx.read_sql(dsn, wanted, return_type="arrow")


def _consumed(bootstrap: str, topic: str) -> Any:
    """Every message of a topic, as a notebook would fetch it."""
    import pyarrow as pa
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "notebook", "enable.auto.commit": False})
    texts: list[bytes] = []
    try:
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        ends = {one: consumer.get_watermark_offsets(TopicPartition(topic, one), 10)[1] for one in partitions}
        consumer.assign([TopicPartition(topic, one, 0) for one in partitions])
        while len(texts) < sum(ends.values()):
            got = [message.value() for message in consumer.consume(10_000, 1.0) if message.error() is None]
            texts += [text for text in got if text is not None]
    finally:
        consumer.close()
    return pa.table({"doc": pa.array(texts, pa.binary()).cast(pa.string())})


if __name__ == "__main__":
    main()
