"""Constants are computed once, before anything is sent anywhere."""

import pytest

from tests.mesh import Mesh


@pytest.mark.parametrize(
    ("condition", "sent"),
    [
        ("born < date '1998-12-01' - interval '90' day", "'1998-09-02'::date"),
        ("born < cast('1998-12-01' as date) + interval 1 month", "'1999-01-01'::date"),
        ("born + interval 14 months > date '1990-01-01'", "+ '1 year 2 months'::interval"),
        ("year(born - (interval '36 hours' + interval 1 day)) > 1990", "- '1 day 36:00:00'::interval"),
        ("year(date_add(born, interval 1 week)) > 1990", "+ '7 days'::interval"),
        ("datediff('day', date '2000-01-01', born) > 2", "'2000-01-01'::date"),
        ("id < 2 * 3 + 1", "< 7"),
        ("id < -(2 + 3)", "-5"),
    ],
)
def test_a_constant_is_sent_as_a_value(mesh: Mesh, condition: str, sent: str) -> None:
    sql = f"select id from artists.catalog.artists where {condition}"
    made = mesh.plan(sql)
    assert sent in made.fragments[0].native
    assert "WHERE" not in made.residual
    assert mesh.ask(sql).sort_by("id") == mesh.ask(sql, pushdown=False).sort_by("id")


def test_clocks_are_read_once_for_the_whole_query(mesh: Mesh) -> None:
    made = mesh.plan("select now() = now(), current_date from artists.catalog.labels where founded < now()::timestamp")
    assert "now" not in made.residual.lower()
    assert "current_date" not in made.residual.lower()
    assert "now" not in made.fragments[0].native.lower()


@pytest.mark.parametrize("order", ["1 + 1", "2 - 1"])
def test_a_computed_number_is_no_position(mesh: Mesh, order: str) -> None:
    sql = f"select label_id, id from artists.catalog.artists where id < 9 order by {order}, id"
    assert mesh.ask(sql).to_pylist() == mesh.ask(sql, pushdown=False).to_pylist()


def test_what_raises_is_left_for_the_query_to_tell(mesh: Mesh) -> None:
    made = mesh.plan("select id from artists.catalog.artists where id < 9223372036854775807 + 9223372036854775807")
    assert "9223372036854775807" in made.residual


@pytest.mark.parametrize(
    "sql",
    [
        "select 2147483647 * 2 as v, id from artists.catalog.artists order by id limit 0",
        "select id from artists.catalog.artists where id < 0 and label_id = 2147483647 * 2",
        "select sum(label_id + 2147483647 * 2) as v from artists.catalog.artists where id < 0",
    ],
)
def test_what_raises_and_is_not_needed_is_not_sent(mesh: Mesh, sql: str) -> None:
    made = mesh.plan(sql)
    assert not any("2147483647" in remote.native for remote in made.fragments)
    assert mesh.ask(sql).to_pylist() == mesh.ask(sql, pushdown=False).to_pylist()


def test_no_rows_are_asked_for_without_an_order(mesh: Mesh) -> None:
    made = mesh.plan("select id, name from artists.catalog.artists where id > 3 limit 0")
    assert made.fragments[0].native.endswith(" LIMIT 0")
    assert not made.reasons
