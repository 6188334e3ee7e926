"""Whether stores hold what contracts say: asked of memory stores, and of one whose descriptions a test makes up."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import HeadgateError, StoreDenied, StoreTimeout, StoreUnavailable, TableUnknown
from connectors.kafka.columns import EXTRAS
from connectors.memory import Memory
from connectors.spi import Column, Description, Table
from gateway.catalog import Catalog, Dataset, Product
from gateway.contracts import Agreement, agree, remembered
from gateway.contracts.agreement import EXTRA
from gateway.contracts.asking import AT_ONCE, MANY

HELD = pa.table(
    {"id": pa.array([1], pa.int64()), "name": pa.array(["a"]), "price": pa.array([1], pa.decimal128(8, 2))},
    schema=pa.schema(
        [pa.field("id", pa.int64(), nullable=False), pa.field("name", pa.utf8()), ("price", pa.decimal128(8, 2))]
    ),
)


class Described(Memory):
    """A store that says of every table what it is told to say. No built-in store can be brought to say all of it."""

    def __init__(self, answer: Description | HeadgateError) -> None:
        super().__init__("ledger", {})
        self.answer = answer

    def describe(self, table: Table, call: Call) -> Description:
        if isinstance(self.answer, HeadgateError):
            raise self.answer
        return self.answer


class Knowing(Memory):
    """A store that tells of many tables at once, and keeps what it was asked. ``problem`` keeps it from answering."""

    def __init__(self, problem: HeadgateError | None = None) -> None:
        super().__init__("ledger", {f"t{number}": HELD for number in range(0, 2 * MANY, 2)})
        self.asked: list[list[str]] = []
        self.problem = problem

    def describe_many(self, tables: Sequence[Table], call: Call) -> list[Description | HeadgateError]:
        self.asked.append([table.name for table in tables])
        if self.problem:
            raise self.problem
        return [self._told(table, call) for table in tables]

    def _told(self, table: Table, call: Call) -> Description | HeadgateError:
        try:
            return self.describe(table, call)
        except TableUnknown as problem:
            return problem


def catalog(*columns: Column, table: str = "songs", version: int = 2) -> Catalog:
    dataset = Dataset("songs", "ledger", Table(table, columns))
    return Catalog("v", (Product("artists", "catalog", version, (dataset,)),))


def ask(made: Catalog, store: Memory) -> Agreement:
    return agree(made, {"ledger": store}, lambda: Call(timeout=5))


def many(*numbers: int) -> Catalog:
    datasets = (Dataset(f"d{number}", "ledger", Table(f"t{number}", (Column("id", "BIGINT"),))) for number in numbers)
    return Catalog("v", tuple(Product("artists", dataset.name, 1, (dataset,)) for dataset in datasets))


def only_table(made: Agreement) -> Table:
    return made.catalog.products[0].datasets[0].table


def test_what_a_store_says_of_nulls_and_keys_counts():
    told = catalog(Column("price", "DECIMAL(8,2)", nullable=False), Column("id", "BIGINT"))
    made = ask(told, Memory("ledger", {"songs": HELD}, {"songs": ("id",)}))
    assert (made.problems, made.unreachable) == ((), ())
    assert only_table(made) == Table(
        "songs", (Column("price", "DECIMAL(8,2)"), Column("id", "BIGINT", nullable=False)), key=("id",)
    )


def test_a_key_that_the_contract_does_not_publish_whole_is_no_key():
    made = ask(catalog(Column("id", "BIGINT")), Memory("ledger", {"songs": HELD}, {"songs": ("id", "name")}))
    assert only_table(made).key == ()


def test_every_difference_is_told_by_product_dataset_column_and_both_types():
    told = catalog(Column("id", "INTEGER"), Column("title", "VARCHAR", source="label"), Column("price", "DOUBLE"))
    made = ask(told, Memory("ledger", {"songs": HELD}))
    where = "artists.catalog version 2, songs: "
    assert made.problems == (
        f"{where}column id: the contract says INTEGER, the store says BIGINT",
        f"{where}the contract has a column title, the store has no label",
        f"{where}column price: the contract says DOUBLE, the store says DECIMAL(8,2)",
    )
    assert made.catalog == told


def test_the_stores_own_name_of_a_type_is_told_beside_it():
    store = Described(Description((Column("id", "DECIMAL(10,2)", native="numeric(10,2)"),)))
    [problem] = ask(catalog(Column("id", "DECIMAL(8,2)")), store).problems
    assert problem.endswith("the contract says DECIMAL(8,2), the store says DECIMAL(10,2) (numeric(10,2))")


def test_a_table_that_is_not_there_is_a_problem():
    made = ask(catalog(Column("id", "BIGINT"), table="none"), Memory("ledger", {"songs": HELD}))
    assert made.problems == ("artists.catalog version 2, songs: There is no table 'none'.",)


def test_a_store_that_denies_is_a_problem_and_not_silence():
    made = ask(catalog(Column("id", "BIGINT")), Described(StoreDenied("The password is wrong.")))
    assert (made.problems, made.unreachable) == (("artists.catalog version 2, songs: The password is wrong.",), ())


@pytest.mark.parametrize("error", [StoreUnavailable("Down."), StoreTimeout("Silent.")])
def test_the_tables_of_a_silent_store_keep_what_the_contract_says(error):
    told = catalog(Column("id", "BIGINT", nullable=False))
    assert ask(told, Described(error)) == Agreement(told, (), ("ledger",))


def test_a_store_that_stays_silent_is_not_asked_about_every_table():
    class Down(Described):
        asked = 0

        def describe(self, table: Table, call: Call) -> Description:
            self.asked += 1
            return super().describe(table, call)

    store = Down(StoreTimeout("Silent."))
    assert ask(many(*range(200)), store) == Agreement(many(*range(200)), (), ("ledger",))
    assert AT_ONCE <= store.asked < 2 * AT_ONCE


def test_some_tables_that_take_too_long_do_not_keep_a_store_from_being_asked_about_others():
    class Slow(Memory):
        def describe(self, table: Table, call: Call) -> Description:
            if table.name in slow:
                raise StoreTimeout("Slow.")
            return super().describe(table, call)

    slow = {f"t{number}" for number in range(AT_ONCE - 1)}
    made = ask(many(*range(100)), Slow("ledger", {f"t{number}": HELD for number in range(100)}))
    assert made.unreachable == ("ledger",)
    told = [product.datasets[0].rows for product in made.catalog.products]
    assert told == [None] * len(slow) + [1] * (100 - len(slow))


def test_native_types_and_facts_are_taken_over():
    held = Column("id", "VARCHAR", nullable=False, native="character(5)", facts=frozenset({"not null", "collation:C"}))
    made = ask(catalog(Column("id", "VARCHAR")), Described(Description((held,), key=("id",))))
    assert only_table(made) == Table("songs", (held,), key=("id",))


@pytest.mark.parametrize(("declared", "fits"), [("DECIMAL(12,2)", True), ("VARCHAR", True), ("DOUBLE", False)])
def test_numbers_without_bounds_fit_decimals_and_text(declared, fits):
    held = Column("id", "VARCHAR", native="numeric", facts=frozenset({"unbounded"}))
    made = ask(catalog(Column("id", declared)), Described(Description((held,))))
    assert (made.problems == ()) is fits
    assert only_table(made).columns[0].type == declared


def test_the_stores_spelling_is_kept_so_that_it_understands_the_name():
    store = Described(Description((Column("ID", "BIGINT"), Column("Name", "VARCHAR"), Column("name", "BIGINT"))))
    made = ask(catalog(Column("id", "BIGINT"), Column("name", "BIGINT"), Column("n", "VARCHAR", source="Name")), store)
    assert made.problems == ()
    assert [(column.name, column.physical) for column in only_table(made).columns] == [
        ("id", "ID"),
        ("name", "name"),
        ("n", "Name"),
    ]


def test_columns_that_a_store_adds_come_last():
    assert all(EXTRA in column.facts for column in EXTRAS)
    store = Described(Description((Column("id", "BIGINT"), *EXTRAS), key=("_partition", "_offset")))
    made = ask(catalog(Column("id", "BIGINT")), store)
    assert only_table(made).columns == (Column("id", "BIGINT"), *EXTRAS)
    assert only_table(made).key == ("_partition", "_offset")
    told = catalog(Column("_offset", "BIGINT"), Column("id", "BIGINT"))
    names = [column.name for column in only_table(ask(told, store)).columns]
    assert names == ["_offset", "id", "_partition", "_timestamp", "_key"]


def test_what_was_known_of_a_silent_store_is_remembered():
    told = catalog(Column("Id", "BIGINT"))
    before = ask(told, Described(Description((Column("id", "BIGINT", nullable=False), *EXTRAS), key=("id",))))
    silent = ask(told, Described(StoreUnavailable("Down.")))
    assert remembered(silent, before).catalog == before.catalog
    assert remembered(silent, before).unreachable == ("ledger",)


@pytest.mark.parametrize(
    "told",
    [
        catalog(Column("id", "INTEGER")),
        catalog(Column("id", "BIGINT"), table="other"),
        catalog(Column("id", "BIGINT"), version=3),
        catalog(Column("id", "BIGINT"), Column("name", "VARCHAR")),
    ],
)
def test_nothing_is_remembered_of_what_the_contract_now_says_otherwise(told):
    before = ask(catalog(Column("id", "BIGINT")), Described(Description((Column("id", "BIGINT"), *EXTRAS))))
    silent = Agreement(told, (), ("ledger",))
    assert remembered(silent, before) == silent


def test_nothing_is_remembered_of_a_store_that_answers():
    before = ask(catalog(Column("id", "BIGINT")), Described(Description((Column("id", "BIGINT"), *EXTRAS))))
    now = replace(before, catalog=catalog(Column("id", "BIGINT")))
    assert remembered(now, before) == now


def test_a_store_that_tells_of_many_tables_is_asked_of_each_once_and_of_few_at_a_time():
    store, numbers = Knowing(), range(0, 2 * MANY, 2)
    made = ask(many(*numbers, 0), store)
    assert (made.problems, made.unreachable) == ((), ())
    [only] = store.asked
    assert only == [f"t{number}" for number in numbers]
    columns = {product.datasets[0].table.columns for product in made.catalog.products}
    assert columns == {(Column("id", "BIGINT", nullable=False),)}
    ask(many(*range(2 * MANY + 1)), store)
    assert sorted(map(len, store.asked[1:])) == [1, MANY, MANY]


def test_one_table_that_many_are_asked_with_is_a_problem_of_its_own():
    made = ask(many(0, 1, 2), Knowing())
    assert made.problems == ("artists.d1 version 1, d1: There is no table 't1'.",)
    assert [product.datasets[0].rows for product in made.catalog.products] == [1, None, 1]


def test_a_store_that_cannot_be_asked_of_many_is_silent_about_each():
    assert ask(many(0, 2), Knowing(StoreTimeout("Silent."))) == Agreement(many(0, 2), (), ("ledger",))
    assert ask(many(0, 2), Knowing(StoreDenied("No."))).problems == (
        "artists.d0 version 1, d0: No.",
        "artists.d2 version 1, d2: No.",
    )
