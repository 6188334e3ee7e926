"""Parquet files under one URL: a local folder, an S3 bucket, or any other fsspec filesystem. DuckDB reads them itself.

Reading order: :mod:`.store` (the connector), :mod:`.listing` (names → files), :mod:`.footers` (what files say of
themselves), :mod:`.sources` (bytes and versions out of a filesystem).
"""

from collections.abc import Mapping

from connectors.parquet.sources import Options, open_source
from connectors.parquet.store import Parquet
from connectors.registry import read_options
from connectors.spi import Surroundings

__all__ = ["Options", "Parquet", "connect"]


def connect(name: str, options: Mapping[str, object], surroundings: Surroundings) -> Parquet:
    """Make the connector of one store; raises :class:`connectors.errors.ConnectorMisconfigured`; does not connect."""
    source = open_source(name, read_options(name, Options, options))
    return Parquet(name, source, surroundings.files)
