"""A gateway in a process of its own: prints its address, and for each line it is sent what goes on inside it."""

import json
import logging
import sys
import threading

from tests.clients.probing import small_gateway


def main() -> None:
    logging.disable(logging.CRITICAL)
    with small_gateway() as gateway:
        print(gateway.server.uri, flush=True)
        for _ in sys.stdin:
            print(json.dumps({"running": gateway.server.running, "threads": threading.active_count()}), flush=True)


if __name__ == "__main__":
    main()
