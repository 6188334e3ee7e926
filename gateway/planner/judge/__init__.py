"""What a store computes exactly as DuckDB would, judged by its claims alone: values, conditions, whole queries."""

from gateway.planner.judge.queries import Judge
from gateway.planner.judge.totality import covers, has_sets

__all__ = ["Judge", "covers", "has_sets"]
