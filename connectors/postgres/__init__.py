"""Postgres as a store: fragments become one text each, and come back as Arrow through ADBC."""

from connectors.postgres.connector import PostgresConnector, connect

__all__ = ["PostgresConnector", "connect"]
