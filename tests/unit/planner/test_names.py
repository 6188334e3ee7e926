"""Shapes in which names are easily bound to the wrong thing: pushed, unpushed, the same."""

import pytest

from tests.comparing import assert_same
from tests.mesh import Mesh

A = "artists.catalog.artists"
L = "artists.catalog.labels"
Q = "payments.royalties.rates"
SHAPES = (
    f"select label_id + 1 as label_id, count(*) from {A} group by label_id",
    f"select label_id + 1 as x, count(*) from {A} group by x",
    f"select id % 3 as id, count(*) from {A} group by id",
    f"select id % 3 as id, count(*) from {A} group by 1",
    f"select id % 3 as k, count(*) as id from {A} group by k having id > 3",
    f"select label_id as id, sum(id) as s from {A} group by label_id having id > 3",
    f"select id as label_id, label_id as id from {A} where id > 100 order by id, label_id limit 7",
    f"select id * 2 as w from {A} where w > 30",
    f"select id as x, x + 1 as y from {A} where y > 100",
    f"select name as id from {A} where id = 5",
    f"select upper(name) as x, x[2] as y, x[2:3] as z from {A} where x[1] <> 'N'",
    f"select max(id) as id from {A} where id < 50",
    f"select max(id) as m from {A} having m > 5",
    f"select count(*) c, name from {A} group by name order by c desc, name limit 3",
    f"select count(*) c, name from {A} group by name order by count(*) desc, name limit 3",
    f"select name from {A} group by name order by max(id) limit 4",
    f"select distinct name from {A} where id > 3 order by name limit 3",
    (
        f"select a.id from {A} a, {L} b where a.label_id = b.id and a.id in (select a.id from {L} a"
        f" where a.country = 'DE')"
    ),
    f"select a.id, (select max(a.id) from {L} a) from {A} a where a.id < 5",
    f"select a.id, (select max(b.id) from {L} b where b.id < a.id) from {A} a where a.id < 5",
    f"select id from {A} where (select count(*) from {L} where id = 3) = 1",
    f"select id from {A} where exists (select 1 from {L} where {L}.id = label_id and country='DE')",
    f"select x.* from (select id, name from {A} where id < 9) x where x.id > 3",
    f"select * from {A} natural join (select id, country from {L}) where country = 'DE'",
    f"select * from {A} a join {L} l on a.label_id = l.id and a.name = l.name",
    f"select a.* exclude (name) from {A} a where id = 3",
    f"select * replace (id + 1 as id) from {A} where id = 3",
    f"select * rename (id as ident) from {A} where id = 3",
    f"select coalesce(a.id, l.id) from {A} a full join {L} l using (id) where id > 5",
    f"select id, name from {A} full join {L} using (id, name) where id > 5",
    f"select l.id from {A} a right join {L} l on a.label_id = l.id where l.country = 'DE' and a.id is null",
    f"select a.id from {A} a left join {L} l on a.label_id = l.id where l.country = 'DE'",
    f"select a.id from {A} a left join {L} l on a.label_id = l.id where l.country is null or l.country <> 'DE'",
    (
        f"select a.id, l.id, r.rate from {A} a left join {L} l on a.label_id = l.id left join {Q} r on"
        f" r.label_id = l.id and r.active where a.id < 20 and r.rate is null"
    ),
    f"select a.id from {A} a left join ({L} l join {Q} r on r.label_id = l.id) on a.label_id = l.id where a.id < 9",
    f"select count(*) from {A} a, {L} l, {Q} r where a.label_id = l.id and l.id = r.label_id and r.rate > 1",
    f"select count(*), count(name), sum(id), min(name), max(born) from {A} where false",
    f"select name, count(*) from {A} where id < 0 group by name",
    f"select sum(id) filter (where id > 3), sum(distinct id) from {A}",
    f"select sum(id) over (order by id rows between 1 preceding and current row) from {A} where id < 6",
    f"select id from {A} union select id from {L} except select label_id from {Q} order by 1 limit 5",
    f"(select id from {A} order by id limit 3) union all (select id from {L} order by id desc limit 2)",
    f"select grouping(name), name, count(*) from {A} group by rollup(name)",
    f"select name, label_id, count(*) from {A} group by grouping sets ((name), (label_id), ())",
    f"select unnest([id, label_id]) from {A} where id < 4",
    f"select a.id, u.x from {A} a, unnest([a.id, a.label_id]) u(x) where a.id < 4",
    f"select a.id, b.y from {A} a, lateral (select l.id + a.id as y from {L} l where l.id < 3) b where a.id < 3",
    f"with recursive r(n) as (select min(id) from {A} union all select n + 1 from r where n < 5) select * from r",
    f"with a as (select id from {A} where id < 5) select a.id from a join {L} l on l.id = a.id",
    f"select list(id order by id) from {A} where id < 5",
    f"select a.id from {A} a where a.born > (select min(born) from {A} b where b.label_id = a.label_id) and a.id < 30",
    f"select id from {A} where label_id = any(select id from {L} where country = 'DE')",
    f"select id from {A} where (id, label_id) in (select id, label_id from {A} where id < 20)",
    f"select case when id > 5 then 'x' else name end as name, count(*) from {A} group by 1 order by 1",
    f"""select "ID", "Name" from {A} where "Id" = 4""",
    f"select first(name order by id) from {A}",
    f"select id::varchar || name from {A} where id between 3 and 5",
    f"select a.name from {A} as a(k, name) where k < 3",
    f"select year(born) y, count(*) from {A} group by y order by y limit 3",
    f"select a.id from {A} a asof join {L} l on a.id >= l.id where a.id < 30",
    f"select id from {A} where id > 3 limit 0",
    f"select 1 from {A} where id = 1 and 1 = 1 and true",
    f"select id from {A} where null",
    f"select * from {A} where id = 3 or null",
)
# These are answered over whole tables: a nested join in brackets, and a table whose columns are renamed.
WHOLE = ("left join (artists.catalog.labels l join", "as a(k, name)")


@pytest.mark.parametrize("sql", SHAPES)
def test_names_are_bound_as_duckdb_binds_them(mesh: Mesh, sql: str) -> None:
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)
    answered_whole = any(reason.clause == "everything" for reason in mesh.plan(sql).reasons)
    assert answered_whole == any(part in sql for part in WHOLE)
