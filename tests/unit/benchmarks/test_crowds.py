"""Many clients: what they ask, what is noted of them, and that their answers are compared."""

from types import SimpleNamespace

import pytest

from benchmarks.crowd import Load, note
from benchmarks.results import Case, Figure
from benchmarks.scenarios.dashboard import differences, questions
from benchmarks.scenarios.growth import points
from benchmarks.systems import Answer


def system(name: str, *rows: tuple[object, ...]) -> SimpleNamespace:
    return SimpleNamespace(name=name, text=str, ask=lambda text, keep: Answer(0.1, len(rows), list(rows)))


def test_the_first_answer_that_differs_is_why_a_system_does_not_count():
    systems = [system("gateway", (1,)), system("trino", (2,)), system("other", (1.0,))]
    assert differences(systems, ["a", "b"]) == {"trino": "not the answer of gateway: row 0, column 0: 1 and 2"}


def test_the_same_seed_asks_the_same():
    assert questions(1, seed=3) == questions(1, seed=3)
    assert questions(1, seed=3) != questions(1, seed=4)


@pytest.mark.parametrize(("clients", "scale", "different"), [(1, 1, 100), (64, 1, 6_400), (64, 0.01, 460)])
def test_clients_ask_for_orders_that_are_there(clients: int, scale: float, different: int):
    asked = points(clients, scale)
    keys = {int(text.rpartition(" ")[2]) for mine in asked for text in mine}
    assert [len(mine) for mine in asked] == [100] * clients
    assert len(keys) == different
    assert all(key % 32 == 0 and 0 < key <= 6_000_000 * scale for key in keys)


def test_what_clients_saw_becomes_four_cases():
    cases: list[Case] = []
    note(cases, "gateway", 8, Load(2.0, [10.0, 20.0, 30.0, 40.0], ["gone"]))
    note(cases, "gateway", 8, Load(1.0, [10.0], []))
    assert cases == [
        Case("8 clients, throughput", "1/s", more=True, figures={"gateway": Figure([2.0, 1.0])}),
        Case("8 clients, errors", "errors", figures={"gateway": Figure([1.0, 0.0])}),
        Case("8 clients, p50", "ms", figures={"gateway": Figure([20.0, 10.0])}),
        Case("8 clients, p99", "ms", figures={"gateway": Figure([40.0, 10.0])}),
    ]
