"""Asking the stores about a catalog's tables: several questions at once, and many tables in one where a store can."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from connectors.call import Call
from connectors.errors import HeadgateError, StoreTimeout, StoreUnavailable
from connectors.spi import Connector, DescribesMany, Description, Table
from gateway.catalog import Catalog

AT_ONCE = 8
MANY = 500
"""Tables in one question, which has to be answered before a call's deadline, and whose answer has to fit in memory."""

Told = Description | HeadgateError
Answers = dict[tuple[str, Table], Told]


def answers(catalog: Catalog, connectors: Mapping[str, Connector], new_call: Callable[[], Call]) -> Answers:
    """What each store says of each table of the catalog that is placed there, or the error that it raises instead.

    ``new_call`` makes the call whose deadline bounds one question. A store that leaves several in a row unanswered is
    not asked the others.
    """
    silence = _Silence()

    def ask(question: tuple[str, Sequence[Table]]) -> Sequence[Told]:
        store, tables = question
        problem = silence.of(store)
        told = [problem] * len(tables) if problem else _told(connectors[store], tables, new_call())
        silence.heard(store, told[-1])
        return told

    questions = list(_questions(catalog, connectors))
    with ThreadPoolExecutor(AT_ONCE, "headgate-describe") as pool:
        told = pool.map(ask, questions)
        return {
            (store, table): answer
            for (store, tables), found in zip(questions, told, strict=True)
            for table, answer in zip(tables, found, strict=True)
        }


def _questions(catalog: Catalog, connectors: Mapping[str, Connector]) -> Iterator[tuple[str, list[Table]]]:
    """Each table once, together with others of its store if that can tell of many."""
    placed: dict[str, dict[Table, None]] = {}
    for product in catalog.products:
        for dataset in product.datasets:
            placed.setdefault(dataset.store, {})[dataset.table] = None
    for store, tables in placed.items():
        distinct, size = list(tables), MANY if isinstance(connectors[store], DescribesMany) else 1
        for start in range(0, len(distinct), size):
            yield store, distinct[start : start + size]


def _told(connector: Connector, tables: Sequence[Table], call: Call) -> Sequence[Told]:
    try:
        if isinstance(connector, DescribesMany):
            return connector.describe_many(tables, call)
        return [connector.describe(table, call) for table in tables]
    except HeadgateError as problem:
        return [problem] * len(tables)


class _Silence:
    """The questions in a row that each store left unanswered, each of which has waited for its whole deadline."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unanswered: dict[str, int] = {}

    def of(self, store: str) -> HeadgateError | None:
        """Why a store need not be asked any more; None as long as it may still answer."""
        with self._lock:
            if self._unanswered.get(store, 0) < AT_ONCE:
                return None
        return StoreUnavailable("The store did not answer earlier questions about its tables.", store=store)

    def heard(self, store: str, told: Told) -> None:
        """Take notice of what a store said."""
        with self._lock:
            silent = isinstance(told, (StoreUnavailable, StoreTimeout))
            self._unanswered[store] = self._unanswered.get(store, 0) + 1 if silent else 0
