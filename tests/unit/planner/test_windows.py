"""Windows and ordered aggregates go down where no answer depends on the order of equal rows, and stay where one may."""

from collections.abc import Iterator

import pytest

from connectors.errors import HeadgateError
from connectors.files import PinnedFiles
from tests.comparing import assert_same
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

ARTISTS, LABELS, RATES = "artists.catalog.artists", "artists.catalog.labels", "payments.royalties.rates"
PLAYS = "play.events.plays"
BOTH = f"{ARTISTS} a join {LABELS} l on a.label_id = l.id"
OPEN = "the order is not total, and only DuckDB may choose among equal rows"


@pytest.fixture(scope="module")
def one() -> Iterator[Mesh]:
    placed = {"catalog": "db", "royalties": "db", "events": "db"}
    with running_mesh({"db": DuckStore("db", rows())}, placed, TABLES, PinnedFiles()) as running:
        yield running


def goes_down(one: Mesh, sql: str) -> bool:
    """Whether one fragment computes all of it; its answer is that without pushdown in any case."""
    assert_same(one.ask(sql), one.ask(sql, pushdown=False), ordered=False, told=sql)
    made = one.plan(sql)
    return len(made.fragments) == 1 and not made.reasons and " OVER " not in made.residual


def stays(one: Mesh, sql: str, why: str) -> None:
    """It does not, and the plan says why."""
    made = one.plan(sql)
    assert any(why in reason.why for reason in made.reasons), made.reasons
    assert told(one, sql, pushdown=True) == told(one, sql, pushdown=False)


def told(one: Mesh, sql: str, *, pushdown: bool) -> object:
    """The types of an answer, or why there is none."""
    try:
        return one.ask(sql, pushdown=pushdown).schema
    except HeadgateError as problem:
        return problem.code


@pytest.mark.parametrize(
    "over",
    [
        "lag(name) over (order by id)",
        "lead(name, 2, 'nobody') over (partition by label_id order by born desc, id)",
        "lag(born, 1, date '1970-01-01') over (order by id)",
        "lag(label_id, 3, -7) over (order by id)",
        "lag(label_id, 1, id) over (order by id)",
        "lag(name, 1, null) over (order by id)",
        "first_value(name) over (partition by label_id order by born, id)",
        "last_value(name) over (order by name)",
        "first_value(left(name, 1)) over (partition by label_id order by name desc nulls first)",
        "nth_value(name, 2) over (order by name, label_id range between current row and unbounded following)",
        "last_value(label_id) over (partition by label_id order by born)",
        "ntile(4) over (partition by label_id order by id desc)",
        "percent_rank() over (order by born)",
        "cume_dist() over (partition by name order by born)",
        "row_number() over (partition by id order by name)",
        "rank() over (order by name rows between 1 preceding and current row)",
        "sum(label_id) over (order by id rows between 2 preceding and 1 following)",
        "count(*) over (order by name, id rows 3 preceding)",
        "max(name) over (order by id rows between current row and unbounded following exclude ties)",
        "count(*) over (order by name range between current row and unbounded following exclude current row)",
        "sum(label_id) over (order by born groups between 1 preceding and 1 following)",
        "sum(label_id) over (order by name rows between unbounded preceding and unbounded following)",
        "count(*) filter (where label_id > 3) over (partition by name order by born)",
    ],
)
def test_a_window_whose_order_decides_goes_down(one: Mesh, over: str) -> None:
    assert goes_down(one, f"select id, {over} as v from {ARTISTS}")


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ("lag(name) over (order by name)", OPEN),
        ("lag(id) over (partition by label_id order by born)", OPEN),
        ("first_value(name) over (order by born)", OPEN),
        ("last_value(name) over (order by name rows between 1 preceding and current row)", OPEN),
        ("first_value(name) over (partition by label_id)", "without ORDER BY it is undefined"),
        ("first_value('a') over (order by id)", "a constant says nothing of a row"),
        ("ntile(4) over (order by born)", OPEN),
        ("sum(label_id) over (order by born rows between 2 preceding and current row)", OPEN),
        ("count(*) over (rows 3 preceding)", OPEN),
        ("lag(name, label_id) over (order by id)", "is not among the"),
        ("lag(label_id, 1, 2.5) over (order by id)", "the number is not a plain INTEGER"),
        ("lag(label_id, 1, 99999999999) over (order by id)", "the number is not a plain INTEGER"),
        ("lag(born, 1, 'now') over (order by id)", "one spelling of date"),
        ("lag(name ignore nulls) over (order by id)", "is not among the"),
        ("count(distinct name) over (partition by label_id)", "DISTINCT and ORDER BY within a window"),
        ("max(distinct name) over (partition by label_id)", "DISTINCT and ORDER BY within a window"),
        ("sum(id) over (order by id range between 2 preceding and current row)", "a frame of this form"),
        ("sum(id) over (order by id rows between label_id preceding and current row)", "a frame of this form"),
        ("sum(id) over (partition by name groups current row)", "a frame of groups needs an order"),
        ("any_value(id) over (partition by id)", "which row of a window is taken"),
    ],
)
def test_a_window_whose_order_leaves_something_open_stays(one: Mesh, over: str, why: str) -> None:
    stays(one, f"select id, {over} as v from {ARTISTS}", why)


@pytest.mark.parametrize(
    ("gathered", "down"),
    [
        ("string_agg(name, ', ' order by id)", True),
        ("string_agg(name order by name desc)", True),
        ("string_agg(distinct name, '' order by name)", True),
        ("string_agg(name, '|' order by born, id) filter (where id > 7)", True),
        ("array_agg(label_id order by id desc)", True),
        ("list(name order by name nulls first)", True),
        ("sum(distinct label_id)", True),
        ("bit_xor(id)", True),
        ("count_if(name > 'a')", True),
        ("string_agg(name, ', ' order by born)", False),
        ("array_agg(id order by name)", False),
        ("array_agg(born order by id)", False),
        ("string_agg(name, ', ')", False),
        ("array_agg(id)", False),
        ("any_value(id)", False),
        ("first(name order by id)", False),
        ("avg(distinct label_id)", False),
    ],
)
def test_what_is_put_in_a_row_needs_an_order(one: Mesh, gathered: str, *, down: bool) -> None:
    if down:
        assert goes_down(one, f"select label_id, {gathered} as v from {ARTISTS} group by label_id")
        assert goes_down(one, f"select {gathered} as v from {ARTISTS} where id < 0")
    else:
        stays(one, f"select label_id, {gathered} as v from {ARTISTS} group by label_id", "")


@pytest.mark.parametrize(
    ("source", "order"),
    [
        (BOTH, "a.id"),
        (f"{LABELS} l join {ARTISTS} a on a.label_id = l.id", "a.id"),
        (f"{ARTISTS} a left join {LABELS} l on a.label_id = l.id", "a.id"),
        (f"{ARTISTS} a join {LABELS} l on a.name = l.name", "a.id, l.id"),
        (f"{ARTISTS} a full join {LABELS} l on a.name = l.name", "a.id, l.id"),
        (f"{ARTISTS} a, {LABELS} l where l.id = a.label_id", "a.id"),
        (f"{ARTISTS} a join {LABELS} l on a.name = l.name where l.id = 3", "a.id"),
        (f"{ARTISTS} a semi join {LABELS} l on a.name = l.name", "a.id"),
        (f"(select label_id, count(*) as n from {RATES} group by label_id) a", "label_id"),
        (f"(select distinct label_id, rate from {RATES}) a", "rate, label_id"),
        (f"(select label_id from {RATES} union select id from {LABELS}) a", "label_id"),
        (f"(select id as key, name from {ARTISTS}) a", "key"),
        (f"{ARTISTS} a join (select label_id, sum(rate) as s from {RATES} group by 1) r using (label_id)", "a.id"),
        (f"{ARTISTS} a join {LABELS} l on a.label_id = l.id join {LABELS} m on m.id = l.id", "a.id"),
        (
            f"{ARTISTS} a join {LABELS} l on a.label_id = l.id left join {LABELS} m on m.id = a.id and l.name > 'L1'",
            "a.id",
        ),
    ],
)
def test_keys_are_followed_through_joins_and_groups(one: Mesh, source: str, order: str) -> None:
    assert goes_down(one, f"select row_number() over (order by {order}) as v from {source}")


@pytest.mark.parametrize(
    ("source", "order"),
    [
        (BOTH, "l.id"),
        (f"{ARTISTS} a join {LABELS} l on a.name = l.name", "a.id"),
        (f"{ARTISTS} a right join {LABELS} l on a.label_id = l.id", "a.id"),
        (f"{ARTISTS} a full join {LABELS} l on a.label_id = l.id", "a.id"),
        (f"{LABELS} l left join {ARTISTS} a on a.label_id = l.id", "l.id"),
        (f"(select label_id, rate, count(*) as n from {RATES} group by label_id, rate) a", "label_id"),
        (f"(select label_id, count(*) as n from {RATES} group by rollup (label_id)) a", "label_id"),
        (f"(select label_id from {RATES} union all select id from {LABELS}) a", "label_id"),
        (f"(select a.id, l.name from {ARTISTS} a join {LABELS} l on a.name = l.name) a", "id"),
        (f"{ARTISTS} a join {LABELS} l on a.label_id = l.id or a.name = l.name", "a.id"),
        (f"{ARTISTS} a join {LABELS} l on a.label_id = l.id + 1", "a.id"),
        (RATES, "label_id, rate, active"),
    ],
)
def test_rows_that_no_key_tells_apart_keep_a_window_here(one: Mesh, source: str, order: str) -> None:
    stays(one, f"select row_number() over (order by {order}) as v from {source}", OPEN)


@pytest.mark.parametrize(
    ("sql", "down"),
    [
        ("select label_id, row_number() over (order by sum(rate), label_id) as v from {0} group by label_id", True),
        ("select label_id, lag(sum(rate)) over (order by label_id) as v from {0} group by label_id", True),
        ("select label_id, lag(sum(rate)) over (order by sum(rate)) as v from {0} group by label_id", False),
        ("select label_id, row_number() over (order by label_id) as v from {0} group by label_id, rate", False),
        ("select label_id, row_number() over (order by label_id) as v from {0} group by rollup (label_id)", False),
        (
            (
                "select label_id, rate, first_value(sum(rate)) over (order by rate, sum(rate)) as v"
                " from {0} group by label_id, rate"
            ),
            True,
        ),
        (
            "select label_id, rate, first_value(sum(rate)) over (order by rate) as v from {0} group by label_id, rate",
            False,
        ),
    ],
)
def test_groups_are_told_apart_by_their_keys(one: Mesh, sql: str, *, down: bool) -> None:
    if down:
        assert goes_down(one, sql.format(RATES))
    else:
        stays(one, sql.format(RATES), OPEN)


def test_a_limit_knows_such_orders_too(one: Mesh) -> None:
    [remote] = one.plan(f"select a.id, l.name from {BOTH} order by a.id desc limit 3").fragments
    assert "LIMIT 3" in remote.native
    [remote] = one.plan(f"select a.id, l.name from {BOTH} order by l.id desc limit 3").fragments
    assert "RANK() OVER" in remote.native


@pytest.mark.parametrize(
    ("sql", "down"),
    [
        (f"select a.id, any_value(a.name) as v from {ARTISTS} a group by a.id", True),
        (f"select a.id, any_value(a.name) as v, any_value(l.country) as w from {BOTH} group by a.id", True),
        (f"select l.id, count(*) as n, any_value(l.name) as v from {BOTH} group by l.id", True),
        (f"select l.id, any_value(a.name) as v from {BOTH} group by l.id", False),
        (f"select a.id, any_value(a.name) as v from {ARTISTS} a group by rollup (a.id)", False),
        (f"select any_value(name) as v from {ARTISTS}", False),
        (f"select any_value(name) as v from {ARTISTS} where id = 7", True),
    ],
)
def test_any_value_goes_down_where_there_is_but_one(one: Mesh, sql: str, *, down: bool) -> None:
    if down:
        assert goes_down(one, sql)
    else:
        stays(one, sql, "the rows of a group may differ")


@pytest.mark.parametrize(
    "sql",
    [
        "select rank() over w as v, count(*) over w as n from {0} window w as (partition by label_id order by name)",
        "select sum(id) over (w rows 1 preceding) as v from {0} window w as (order by id)",
        "select max(id) over v as v from {0} window w as (partition by name), v as (w order by id rows 2 preceding)",
        "select id, rank() over W as v from {0} window w as (order by name) order by id limit 3",
    ],
)
def test_windows_that_have_a_name_are_written_out(one: Mesh, sql: str) -> None:
    assert goes_down(one, sql.format(ARTISTS))
