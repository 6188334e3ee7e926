"""What a store computes exactly as DuckDB would, judged by its claims alone: values, conditions, whole queries."""

from gateway.planner.judge.queries import Judge, has_sets

__all__ = ["Judge", "has_sets"]
