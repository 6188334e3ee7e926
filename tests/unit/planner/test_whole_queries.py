"""Over one store that computes everything, a query of any shape is one fragment, and answers as it would unpushed."""

from collections.abc import Iterator

import pytest

from connectors.files import PinnedFiles
from tests.comparing import assert_same
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

WHOLE = [
    (
        "select a.id + 1, upper_half.n from artists.catalog.artists a join (select label_id, count(*) as n"
        " from artists.catalog.artists group by label_id) upper_half on upper_half.label_id = a.label_id"
    ),
    (
        "select l.name, a.name from artists.catalog.labels l left join artists.catalog.artists a"
        " on a.label_id = l.id and a.id > 9"
    ),
    "select l.id, a.id from artists.catalog.labels l full join artists.catalog.artists a on a.label_id = l.id",
    "select a.id, l.id from artists.catalog.labels l right join artists.catalog.artists a on a.label_id = l.id",
    "select id from artists.catalog.artists a semi join artists.catalog.labels l on l.id = a.label_id",
    "select id from artists.catalog.artists where label_id not in (select id from artists.catalog.labels where id < 5)",
    (
        "select id from artists.catalog.artists a where exists (select 1 from"
        " artists.catalog.labels l where l.id = a.label_id)"
    ),
    "select id from artists.catalog.artists where id > (select max(label_id) from payments.royalties.rates)",
    (
        "with few as (select id from artists.catalog.artists where id < 50) select x.id from few x"
        " join few y on x.id = y.id"
    ),
    "select id from artists.catalog.labels union select label_id from payments.royalties.rates",
    "select label_id from artists.catalog.artists union all select label_id from payments.royalties.rates",
    "select id from artists.catalog.labels except all select label_id from payments.royalties.rates order by 1 limit 3",
    "select label_id, count(*), avg(rate) from payments.royalties.rates group by rollup (label_id) having count(*) > 2",
    "select label_id, sum(rate) filter (where active), count(distinct rate) from payments.royalties.rates group by all",
    "select distinct name, born from artists.catalog.artists",
    "select id, row_number() over (partition by name order by id) as n from artists.catalog.artists",
    "select extract(year from born), count(*) from artists.catalog.artists group by 1 order by 2 desc, 1",
    "select case when id > 5 then 'many' when id is null then 'none' else name end as c from artists.catalog.artists",
    "select case label_id when 1 then 'one' when 2 then 'two' end as c, id from artists.catalog.artists",
    "select coalesce(name, 'nobody'), nullif(label_id, 3) from artists.catalog.artists where name not like 'N%'",
    "select sum(rate * (1 - rate)), sum(rate) / 7.0 from payments.royalties.rates where label_id between 2 and 9",
    "select id from artists.catalog.artists where born < date '1990-01-01' - interval 3 month and born > '1950-01-01'",
    "select name from artists.catalog.artists order by name limit 4",
]


@pytest.fixture(scope="module")
def one() -> Iterator[Mesh]:
    placed = {"catalog": "db", "royalties": "db", "events": "db"}
    with running_mesh({"db": DuckStore("db", rows())}, placed, TABLES, PinnedFiles()) as running:
        yield running


@pytest.mark.parametrize("sql", WHOLE)
def test_it_goes_down_whole(one: Mesh, sql: str) -> None:
    made = one.plan(sql)
    assert len(made.fragments) == 1
    assert not made.reasons
    for word in (" JOIN ", " WHERE ", " GROUP BY ", " UNION ", " EXCEPT ", "OVER ("):
        assert word not in made.residual
    assert_same(one.ask(sql), one.ask(sql, pushdown=False), ordered="order by" in sql and " over " not in sql, told=sql)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select id from artists.catalog.artists limit 3", "undefined which rows a LIMIT keeps"),
        ("select max(ln(id)) from artists.catalog.artists", "MAX over double"),
        ("select distinct on (name) name, id from artists.catalog.artists", "DISTINCT ON is not pushed"),
        (
            (
                "select a.id, l.id from artists.catalog.artists a full join artists.catalog.labels l"
                " on a.label_id = l.id and l.country = 'DE'"
            ),
            "a FULL JOIN is pushed only on equalities of its two sides",
        ),
        ("select name, row_number() over (order by name) from artists.catalog.artists", "the order is not total"),
        ("select id, id + 1, id + 2 from artists.catalog.artists", "the outputs are more than the columns"),
        (
            "select a.id from artists.catalog.artists a, artists.catalog.labels l",
            "no equality relates all of its relations",
        ),
        ("select list(id) from artists.catalog.artists group by name", "is not among the"),
    ],
)
def test_what_stays_says_why(one: Mesh, sql: str, why: str) -> None:
    made = one.plan(sql)
    assert any(why in reason.why for reason in made.reasons), made.reasons
    assert_same(one.ask(sql), one.ask(sql, pushdown=False), ordered=False, told=sql)


def test_no_alias_stands_twice_in_a_fragment(one: Mesh) -> None:
    made = one.plan(
        "with c as (select id, label_id from artists.catalog.artists)"
        " select a.id from c a join c b on a.id = b.label_id where a.id in (select a.id from c a where a.label_id > 1)"
    )
    [remote] = made.fragments
    assert len({alias for alias, _ in remote.fragment.tables}) == len(remote.fragment.tables) == 3
