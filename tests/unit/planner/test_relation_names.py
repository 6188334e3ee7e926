"""The names that datasets have within a query."""

from connectors.spi import Column, Table
from gateway.catalog import Dataset, Place, Product
from gateway.planner.names import Names
from gateway.sql import parse


def place(*types: str, name: str = "songs") -> Place:
    columns = tuple(Column(f"c{number}", kind) for number, kind in enumerate(types))
    dataset = Dataset(name, "db", Table(name, columns))
    return Place(Product("artists", "catalog", 1, (dataset,)), dataset)


def test_a_name_says_which_dataset_of_which_columns() -> None:
    assert place("DATE").relation == place("DATE").relation
    names = {place("DATE").relation, place("TIME").relation, place("DATE", name="labels").relation}
    assert len(names) == 3


def test_a_name_that_the_query_uses_itself_is_not_taken() -> None:
    taken = place("DATE").relation
    names = Names(parse(f"WITH {taken} AS (SELECT 1 AS a) SELECT a FROM {taken}").query)
    assert names.free(taken) == f"{taken}_0"
    assert Names(parse("SELECT 1 AS a").query).free(taken) == taken
