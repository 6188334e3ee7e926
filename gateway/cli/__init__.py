"""``headgate``: serve the gateway, ask it questions, look into its catalog, or see the demo.

Nothing heavy is imported before a command needs it, so that ``--help`` and typing errors answer at once.
"""

from gateway.cli.commands import app, main

__all__ = ["app", "main"]
