"""The conformance kit: what a connector has to keep, as tests. An author writes a :class:`Subject` of some 20 lines.

Needs pytest and duckdb. Every gate is derived from ``connector.capabilities``; there is no second list to keep.
"""

from connectors.testing.conformance import ConnectorConformance
from connectors.testing.fragments import fragment
from connectors.testing.subject import Subject

__all__ = ["ConnectorConformance", "Subject", "fragment"]
