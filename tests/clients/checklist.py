"""What a client may expect of a Flight SQL server, row by row.

A test proves a row by carrying its id at the head of its name: ``test_q17_…``, or ``test_a1_a9_…`` for two of them.
Unless the test is marked with ``client``, it counts for the client that the row names, or for pyarrow where that client
is no library of this process. A test of many rows is marked with ``rows`` instead, as the types are by their names.
"""

from importlib.metadata import version

ADBC = f"ADBC {version('adbc-driver-flightsql')}"
PYARROW = f"pyarrow {version('pyarrow')}"
GO, JDBC, ODBC, SQLALCHEMY = "Go", "JDBC", "ODBC", "SQLAlchemy"

ROWS: dict[str, dict[str, tuple[str, str]]] = {
    "Logging in": {
        "A1": (PYARROW, "user and password give a bearer token"),
        "A2": (ADBC, "user and password log in, base64 padded or not"),
        "A3": (ADBC, "a wrong password is UNAUTHENTICATED, and nothing tells which part was wrong"),
        "A4": (ADBC, "without credentials the first call is UNAUTHENTICATED"),
        "A5": (ADBC, "a token alone is enough"),
        "A6": (PYARROW, "a Handshake with a token and an empty payload, or none, succeeds"),
        "A7": (PYARROW, "an empty `auth-token-bin` is ignored"),
        "A8": (PYARROW, "expired, altered and foreign tokens are UNAUTHENTICATED"),
        "A9": (PYARROW, "a token works in the place of the password"),
        "A10": (PYARROW, "TLS with another authority, or none, does not connect"),
        "A11": (PYARROW, "client certificates: the right one names the caller; none and foreign ones are refused"),
        "A12": (PYARROW, "malformed, huge and non-UTF-8 credentials are UNAUTHENTICATED"),
        "A13": (ADBC, "a token close to its end is renewed in the headers of a call"),
        "A14": (PYARROW, "headers of 7 KB pass; of 9 KB fail as documented"),
    },
    "Queries": {
        "Q1": (ADBC, "a query gives its rows, and the announced schema is the stream's"),
        "Q2": (ADBC, "parameters of every type, NULL, bound again"),
        "Q3": (SQLALCHEMY, "parameters from a driver that ignores the handle a bind returns"),
        "Q4": (ADBC, "preparing tells the schemas of answer and parameters"),
        "Q5": (PYARROW, "two rows bound to one query are refused clearly"),
        "Q6": (ADBC, "a statement that changes something is refused, not half done"),
        "Q7": (PYARROW, "the same through GetFlightInfo and DoGet"),
        "Q8": (ADBC, "`executemany` and `execute_update` are refused"),
        "Q9": (PYARROW, "an update that is only a descriptor is refused"),
        "Q10": (ADBC, "empty answers keep their schema; 10,000 columns arrive"),
        "Q11": (ADBC, "wide rows come in messages below 4 MiB"),
        "Q12": (ADBC, "a million rows arrive in order, over one endpoint"),
        "Q13": (ADBC, "a partition is read by another process, and by no other user"),
        "Q14": (ADBC, "GetSchema tells what FlightInfo tells, for every command"),
        "Q15": (ADBC, "incremental execution is NOT_IMPLEMENTED"),
        "Q16": (PYARROW, "a ticket: again, expired, altered, another's, on another replica"),
        "Q17": (PYARROW, "two processes serve one conversation by turns"),
        "Q18": (PYARROW, "Substrait, unknown commands, paths and garbage have their statuses"),
        "Q19": (ADBC, "several statements, only a comment, and nothing are refused"),
        "Q20": (PYARROW, "closing twice, or an unknown handle, succeeds"),
    },
    "Metadata": {
        "M1": (ADBC, "`get_objects` at every depth, with type names"),
        "M2": (PYARROW, "every answer has the reference schema, sorted"),
        "M3": (PYARROW, "catalog absent, empty, named, `%`; patterns with `%`, `_`, `\\_`"),
        "M4": (PYARROW, "tables with and without their schemas"),
        "M5": (ADBC, "`get_table_schema` of a table, of none, and with `_` in the name"),
        "M6": (PYARROW, "the listed schema has only types that every driver knows"),
        "M7": (PYARROW, "SqlInfo: all, some, unknown codes, each in its slot"),
        "M8": (PYARROW, "XdbcTypeInfo: all, or of one type"),
        "M9": (PYARROW, "keys of tables with and without"),
        "M10": (PYARROW, "what is not granted is absent, and no error"),
        "M11": (SQLALCHEMY, "reflection of schemas, tables and columns, and a select"),
    },
    "Types": {
        "T1": (PYARROW, "ENUM, also nested, as text"),
        "T2": (PYARROW, "HUGEINT as decimal of 38 digits, and never another number"),
        "T3": (PYARROW, "UHUGEINT as text"),
        "T4": (PYARROW, "unsigned integers, to their largest values"),
        "T5": (PYARROW, "TIMETZ keeps its offset, as text"),
        "T6": (PYARROW, "TIMESTAMPTZ in UTC"),
        "T7": (PYARROW, "TIMESTAMP of seconds, milliseconds and nanoseconds"),
        "T8": (PYARROW, "dates and timestamps that are infinite"),
        "T9": (PYARROW, "INTERVAL"),
        "T10": (PYARROW, "UUID as text"),
        "T11": (PYARROW, "BIT as text"),
        "T12": (PYARROW, "BIGNUM as text"),
        "T13": (PYARROW, "VARIANT as JSON"),
        "T14": (PYARROW, "UNION as text"),
        "T15": (PYARROW, "JSON as text"),
        "T16": (PYARROW, "LIST, STRUCT, MAP and ARRAY"),
        "T17": (PYARROW, "a column of NULL as text"),
        "T18": (PYARROW, "VARCHAR and BLOB as plain utf8 and binary"),
    },
    "Cancelling, limits, errors": {
        "C1": (ADBC, "cancelled while it executes, and while it streams"),
        "C2": (ADBC, "a fetch past its deadline is a timeout, and the query stops"),
        "C3": (PYARROW, "a killed client's query stops, in GetFlightInfo, DoGet and DoPut"),
        "C4": (PYARROW, "CancelFlightInfo, CancelQuery, and of what is unknown"),
        "C5": (PYARROW, "a client that stops reading loses its stream"),
        "C6": (PYARROW, "300 clients at once: some queue, some are told to come again"),
        "C7": (PYARROW, "a long silent query is kept alive"),
        "E1": (ADBC, "each kind of error has its status, code and query id"),
        "E2": (PYARROW, "an error of 20 KB is readable"),
        "E3": (PYARROW, "a fault in any handler shows an id and nothing else"),
    },
    "Ingest, sessions, life": {
        "I1": (ADBC, "ingest is refused in every mode"),
        "I2": (ADBC, "temporary ingest is refused"),
        "I3": (ADBC, "a client that dies in an ingest leaves nothing"),
        "S1": (ADBC, "session options are set, read, unset; unknown ones are named"),
        "S2": (ADBC, "two connections do not share a session"),
        "S3": (PYARROW, "a session goes on with its cookie at another replica"),
        "S4": (ADBC, "closing a session succeeds, known or not"),
        "S5": (ADBC, "no transaction is begun by default"),
        "L1": (PYARROW, "SIGTERM: idle, in a stream, in a stuck query"),
        "L2": (PYARROW, "who connects to a draining gateway is told to come again"),
    },
    "JDBC": {
        "J1": (JDBC, "connecting by password and by token; a wrong password; `catalog=`"),
        "J2": (JDBC, "every method of DatabaseMetaData without arguments"),
        "J3": (JDBC, "catalogs, schemas, tables, columns, keys, by every kind of pattern"),
        "J4": (JDBC, "SELECT and EXPLAIN are answered, changes refused"),
        "J5": (JDBC, "every type, by getObject, getString and its own getter"),
        "J6": (JDBC, "prepared statements: every setter, again, cleared, batches, too few"),
        "J7": (JDBC, "cancelling from another thread, and a query timeout"),
        "J8": (JDBC, "5 million rows, wide text, 20 statements at once"),
        "J9": (JDBC, "errors carry our message"),
        "J10": (JDBC, "a pool, a restarted gateway, a draining one"),
        "J11": (JDBC, "unknown URL parameters of 9 KB fail as documented"),
        "J12": (JDBC, "DBeaver, Tableau and Metabase by hand"),
    },
    "ODBC and Grafana": {
        "O1": (ODBC, "connecting by password and by token"),
        "O2": (ODBC, "SQLTables, SQLColumns, SQLGetTypeInfo, SQLGetInfo"),
        "O3": (ODBC, "SELECT is answered, changes are refused"),
        "O4": (ODBC, "every type"),
        "O5": (ODBC, "Power BI: import"),
        "O6": (ODBC, "Power BI: DirectQuery"),
        "G1": (GO, "health check, series, table, more than 4 MiB, one endpoint"),
    },
}
CLIENTS = {row: client for rows in ROWS.values() for row, (client, _) in rows.items()}
_TYPES = {
    "T1": ("enum",),
    "T2": ("hugeint", "sum"),
    "T3": ("uhugeint",),
    "T4": ("utinyint", "usmallint", "uinteger", "ubigint", "unsigned"),
    "T5": ("timetz",),
    "T6": ("timestamptz",),
    "T7": ("timestamp_s", "timestamp_ms", "timestamp_ns"),
    "T9": ("interval",),
    "T10": ("uuid",),
    "T11": ("bit",),
    "T12": ("bignum",),
    "T13": ("variant",),
    "T14": ("union",),
    "T15": ("json",),
    "T16": ("list", "struct", "map", "array"),
    "T17": ("null",),
    "T18": ("varchar", "blob"),
}


def rows_of_type(name: str) -> list[str]:
    """The row that a case of a type proves; a name may say more behind the type: ``enum_in_list``."""
    plain = name.partition("_in_")[0]
    return [row for row, names in _TYPES.items() if plain in names or plain.partition("_")[0] in names]
