"""From a gated query to a plan. Pure: no I/O, no drivers; what must be asked of an engine is passed in."""
