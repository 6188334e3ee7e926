"""Measuring the gateway beside what its users would pick instead: ``python -m benchmarks``."""
