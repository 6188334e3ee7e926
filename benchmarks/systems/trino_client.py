"""Trino's REST protocol over one kept connection, as its own Python client speaks it."""

import datetime as dt
import http.client
import json
import time
from decimal import Decimal
from typing import Any

from benchmarks.equality import Row
from benchmarks.systems import PATIENCE, Answer, Failed


class Client:
    """One user's connection to the server at a port of the loopback interface."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.text = self.query_id = ""

    def ask(self, text: str, *, keep: str = "") -> Answer:
        """See :meth:`benchmarks.systems.System.ask`."""
        started = time.perf_counter()
        told = self.fetch("POST", "/v1/statement", text)
        self.text, self.query_id = text, told.get("id", "")
        columns: list[dict[str, Any]] = []
        data: list[list[Any]] = []
        while True:
            if "error" in told:
                raise Failed(str(told["error"].get("message", "no reason told")).splitlines()[0][:300])
            columns = told.get("columns") or columns
            data += told.get("data") or []
            if "nextUri" not in told:
                break
            told = self.fetch("GET", told["nextUri"].split("/", 3)[3])
        seconds = time.perf_counter() - started
        return Answer(seconds, len(data), _rows(columns, data) if keep else ())

    def fetch(self, method: str, path: str, body: str = "") -> dict[str, Any]:
        """One exchange; raises :class:`Failed` when there is no answer."""
        headers = {"X-Trino-User": "bench", "X-Trino-Time-Zone": "UTC"}
        try:
            self._connection.request(method, f"/{path.lstrip('/')}", body.encode() or None, headers)
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as problem:
            self._connection.close()
            raise Failed(f"Trino does not answer: {problem!r}") from problem
        if response.status != 200:
            raise Failed(f"Trino answers {response.status}: {answer[:200]!r}")
        told: dict[str, Any] = json.loads(answer)
        return told

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def _rows(columns: list[dict[str, Any]], data: list[list[Any]]) -> list[Row]:
    kinds = [column["type"] for column in columns]
    return [tuple(_value(kind, value) for kind, value in zip(kinds, row, strict=True)) for row in data]


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind.startswith("decimal"):
        return Decimal(value)
    if kind == "date":
        return dt.date.fromisoformat(value)
    return float(value) if kind in {"double", "real"} else value
