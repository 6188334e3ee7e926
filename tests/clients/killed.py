"""A client to be killed: does what it is told with a statement, and never ends by itself.

Run as ``python -m tests.clients.killed URI SQL (plan | fetch | bind)``; credentials are those of the tests. It says
``begun`` before it plans, ``batch`` for every batch it fetched, and ``bound`` when its half-sent parameters are out.
"""

import sys
import time

import pyarrow as pa
import pyarrow.flight as fl

from gateway.flight import wire


def main(uri: str, sql: str, what: str) -> None:
    client = fl.FlightClient(uri)
    options = fl.FlightCallOptions(headers=[client.authenticate_basic_token("ann", "s3cret")])
    if what == "bind":
        bind(client, options, sql)
        return
    descriptor = fl.FlightDescriptor.for_command(wire.pack("CommandStatementQuery", query=sql))
    print("begun", flush=True)
    info = client.get_flight_info(descriptor, options)
    for _ in client.do_get(info.endpoints[0].ticket, options):
        print("batch", flush=True)
    time.sleep(60)


def bind(client: fl.FlightClient, options: fl.FlightCallOptions, sql: str) -> None:
    body = wire.pack("ActionCreatePreparedStatementRequest", query=sql)
    [result] = client.do_action(fl.Action("CreatePreparedStatement", body), options)
    handle = wire.unpack(result.body.to_pybytes())[1].prepared_statement_handle
    command = wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
    row = pa.record_batch({"1": ["half"]})
    writer, _ = client.do_put(fl.FlightDescriptor.for_command(command), row.schema, options)
    writer.write_batch(row)
    print("bound", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
