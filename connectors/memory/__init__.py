"""The reference connector. Read :mod:`connectors.memory.connector` first, then ``predicates``."""

from connectors.memory.connector import CAPABILITIES, Memory, MemorySnapshot, MemoryStream, Options, connect

__all__ = ["CAPABILITIES", "Memory", "MemorySnapshot", "MemoryStream", "Options", "connect"]
