"""The only place that knows Flight: one door for JDBC, ODBC, ADBC and pyarrow clients.

Read in this order: :mod:`gateway.flight.life` (what the gateway starts), ``server`` (the transport), ``commands`` and
``actions`` (what each message does), ``execution`` (one running query), then the rest.
"""
