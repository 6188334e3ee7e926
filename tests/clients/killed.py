"""A client to be killed: fetches the statement it is given and never ends by itself.

Run as ``python killed.py URI SQL``; credentials are those of the tests.
"""

import sys
import time

import pyarrow.flight as fl

from gateway.flight import wire


def main(uri: str, sql: str) -> None:
    client = fl.FlightClient(uri)
    options = fl.FlightCallOptions(headers=[client.authenticate_basic_token("ann", "s3cret")])
    descriptor = fl.FlightDescriptor.for_command(wire.pack("CommandStatementQuery", query=sql))
    info = client.get_flight_info(descriptor, options)
    reader = client.do_get(info.endpoints[0].ticket, options)
    for _ in reader:
        print("batch", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
