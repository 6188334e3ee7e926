"""Deliberate bugs, each of which some test has to find: ``python -m tests.mutations`` (``make mutations``)."""
