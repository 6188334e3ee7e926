"""Installs what real servers and clients need: ``python -m tests.services.install``. Says what cannot be had."""

import importlib
import sys

from tests.services import Missing

SERVICES = ("postgres", "postgres_18", "kafka", "s3", "clients", "go", "jdbc")


def main() -> int:
    failures = 0
    for name in SERVICES:
        try:
            importlib.import_module(f"tests.services.{name}").install()
            print(f"{name}: ready")
        except Missing as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
