"""``python -m gateway.cli`` is ``headgate``."""

from gateway.cli.commands import main

main()
