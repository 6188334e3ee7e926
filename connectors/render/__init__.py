"""Fragments as Postgres text: :mod:`select` walks the query, :mod:`operands` writes values, :mod:`native` spells."""

from connectors.render.select import render

__all__ = ["render"]
