"""Pointing a column of the residual at another relation, in place."""

from sqlglot import exp


def substitute(column: exp.Column, alias: str, name: str) -> None:
    """Make ``column`` read ``"alias"."name"``; the node stays the same, so indexes over nodes stay true."""
    column.set("this", exp.to_identifier(name, quoted=True))
    column.set("table", exp.to_identifier(alias, quoted=True))
