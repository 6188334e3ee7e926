"""A fragment taken back: its tables as plain fragments of their own, and its own text over them for DuckDB."""

from collections.abc import Mapping

from sqlglot import exp

from connectors.spi import Column, Fragment, Table
from gateway.planner.draft import Print


def is_plain(fragment: Fragment) -> bool:
    """Whether a fragment only reads columns of one table, so that there is nothing in it to take back."""
    said = {key for key, value in fragment.query.args.items() if value}
    return (
        len(fragment.tables) == 1
        and said == {"expressions", "from_"}
        and isinstance(fragment.query.args["from_"].this, exp.Table)
        and all(isinstance(node.unalias(), exp.Column) for node in fragment.query.expressions)
    )


def tables_of(fragment: Fragment, printed: Print) -> dict[str, Fragment]:
    """By table name, the plain fragment of all columns that ``fragment`` reads of it, at least one."""
    read: dict[str, set[str]] = {}
    for node in fragment.query.find_all(exp.Column):
        read.setdefault(node.table.lower(), set()).add(node.name.lower())
    wanted: dict[str, set[str]] = {}
    for alias, table in fragment.tables:
        wanted.setdefault(table.name, set()).update(read.get(alias.lower(), ()))
    return {table.name: _plain(table, wanted[table.name], printed) for _, table in fragment.tables}


def text_over(fragment: Fragment, relations: Mapping[str, str], printed: Print) -> str:
    """The fragment's DuckDB text, reading each table by the name that ``relations`` has for it."""
    query = fragment.query.copy()
    names = {alias.lower(): table.name for alias, table in fragment.tables}
    for node in query.find_all(exp.Table):
        name = names.get(node.alias_or_name.lower())
        if name is not None and node.name == name:
            node.set("this", exp.to_identifier(relations[name], quoted=True))
    return printed(query)


def _plain(table: Table, wanted: set[str], printed: Print) -> Fragment:
    columns = [column for column in table.columns if column.name.lower() in wanted] or [table.columns[0]]
    outputs = [
        exp.alias_(exp.column(_identifier(column.name), _identifier("t")), column.name, quoted=True)
        for column in columns
    ]
    source = exp.Table(this=_identifier(table.name), alias=exp.TableAlias(this=_identifier("t")))
    query = exp.select(*outputs).from_(source)
    delivered = tuple(Column(column.name, column.type, column.nullable) for column in columns)
    return Fragment(query, printed(query), (("t", table),), delivered)


def _identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)
