"""What is streamed can be read once: no shape that is streamed may make DuckDB want its rows a second time."""

import pytest

from tests.comparing import assert_same
from tests.mesh import Mesh

A = "artists.catalog.artists"
ONCE = (
    f"select id, count(*) over (partition by name) from {A}",
    f"select id, sum(id) over (partition by label_id), max(id) over (partition by name) from {A}",
    f"select id, avg(id) over (partition by name) from {A} qualify avg(id) over (partition by name) > 50",
    f"select count(distinct name), count(distinct label_id), count(distinct born) from {A}",
    f"select label_id, count(distinct name), sum(distinct id) from {A} group by label_id",
    f"select name, label_id, count(*) from {A} group by cube(name, label_id)",
    f"select * from {A} pivot (max(id) for label_id in (1, 2, 3))",
    f"select median(id), quantile_cont(id, 0.3) from {A}",
    f"select distinct on (name) name, id from {A} order by name, id",
    f"select unnest([id, label_id]), name from {A}",
)
TWICE = (
    f"select a.id from {A} a left join {A} b on a.id = length(reverse(b.name))",
    f"with x as (select id, length(reverse(name)) as n from {A}) select x.id from x join x as y on x.n = y.id",
    f"select id from {A} where id > (select avg(id) from {A})",
    f"select id from {A} union all select length(reverse(name)) from {A}",
)


@pytest.mark.parametrize("sql", ONCE)
@pytest.mark.parametrize("pushdown", [True, False])
def test_one_reading_is_enough(mesh: Mesh, sql: str, *, pushdown: bool) -> None:
    assert mesh.plan(sql, pushdown=pushdown).streamed
    assert_same(mesh.ask(sql, pushdown=pushdown), mesh.ask(sql, pushdown=not pushdown), ordered=False, told=sql)


@pytest.mark.parametrize("sql", TWICE)
def test_what_may_be_read_twice_is_kept(mesh: Mesh, sql: str) -> None:
    assert not mesh.plan(sql).streamed
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)
