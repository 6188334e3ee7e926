"""Kafka topics as tables: bounded snapshots, decoded into Parquet segments that DuckDB reads in place.

Reading order: ``connector``, then ``topic`` (what is kept of one topic), ``reading`` and ``decode``.
"""

from connectors.kafka.connector import KafkaConnector, connect

__all__ = ["KafkaConnector", "connect"]
