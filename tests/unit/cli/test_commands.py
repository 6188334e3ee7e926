import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from connectors.errors import StoreUnavailable
from gateway.cli import failures
from gateway.cli.asking import read_parameters, read_statement
from gateway.cli.commands import app
from gateway.cli.failures import told
from gateway.cli.serving import lines
from gateway.errors import AddressUnknown, Internal, MemoryExceeded
from gateway.flight.client import read_failure

RUN = CliRunner()


@pytest.mark.parametrize(
    "command",
    [["query"], ["explain"], ["serve"], ["demo"], ["catalog", "check"], ["catalog", "list"], ["catalog", "show"]],
)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    shown = RUN.invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert "Example" in shown.output
    assert f"headgate {' '.join(command)}" in shown.output


@pytest.mark.parametrize(
    "arguments", [["query"], ["query", "SELECT 1", "--format", "xml"], ["nonsense"], ["demo", "--scale", "9"]]
)
def test_a_wrong_option_leaves_with_2(arguments: list[str]) -> None:
    assert RUN.invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AddressUnknown("No such thing.", hint="Look again."), 1),
        (StoreUnavailable("Down.", store="lake"), 3),
        (MemoryExceeded("Too big."), 3),
        (Internal("Broken."), 4),
        (RuntimeError("secret of /etc"), 4),
    ],
)
def test_every_kind_of_error_has_its_exit_code_and_no_traceback(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, told():
        raise error
    shown = capsys.readouterr()
    assert left.value.exit_code == code
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert "secret" not in shown.err
    assert shown.err.splitlines()[0].startswith(getattr(error, "code", "INTERNAL") + ": ")


def test_an_interrupt_that_a_library_turned_into_another_error_is_still_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(failures, "_interrupted", threading.Event())

    def library() -> None:
        try:
            failures.interrupt()
        except KeyboardInterrupt:
            raise TypeError("an integer is required") from None

    with pytest.raises(typer.Exit) as left, told():
        library()
    assert left.value.exit_code == 130
    assert capsys.readouterr().err == ""


def test_an_error_names_its_store_and_gives_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), told():
        raise StoreUnavailable("It does not answer.", store="lake", product="play.history", hint="Try later.")
    assert capsys.readouterr().err.splitlines() == [
        "STORE_UNAVAILABLE: It does not answer. [product play.history, store lake]",
        "Hint: Try later.",
    ]


def test_a_gateway_that_is_not_there_leaves_with_3() -> None:
    shown = RUN.invoke(app, ["query", "SELECT 1", "--url", "grpc://127.0.0.1:1"])
    assert shown.exit_code == 3
    assert shown.stderr.startswith("UNREACHABLE: ")


def test_an_address_that_is_none_leaves_with_1() -> None:
    shown = RUN.invoke(app, ["query", "SELECT 1", "--url", "localhost:31337"])
    assert shown.exit_code == 1
    assert shown.stderr.startswith("REQUEST_INVALID: ")


def test_parameters_are_read_by_their_look() -> None:
    assert read_parameters(["42", "-1", "1.50", "true", "NULL", "SE", "'42'", "'it''s'", "2026-01-01", "1e5"]) == [
        42, -1, Decimal("1.50"), True, None, "SE", "42", "it's", "2026-01-01", "1e5",
    ]  # fmt: skip


def test_a_statement_loses_its_semicolon() -> None:
    assert read_statement(" SELECT 1; \n".strip()) == "SELECT 1"


def test_what_a_client_library_makes_of_an_error_is_read_back() -> None:
    text = (
        "NOT_FOUND: [FlightSQL] ADDRESS_UNKNOWN: No dataset answers to 'a.b'. Hint: Nearest: a.c. (query 0123abcd) "
        "(NotFound; GetFlightInfo)"
    )
    failure = read_failure(text)
    assert failure is not None
    assert (failure.code, failure.sentence, failure.hint) == (
        "ADDRESS_UNKNOWN",
        "No dataset answers to 'a.b'.",
        "Nearest: a.c.",
    )
    assert failure.kind == "USER"
    assert read_failure("connection refused") is None


def test_the_lines_to_paste_name_host_port_and_user() -> None:
    shown = lines("grpc+tls://gateway.example:31337", "ann", "p&s=")
    assert shown["JDBC"] == (
        "jdbc:arrow-flight-sql://gateway.example:31337?useEncryption=true&user=ann&password=p%26s%3D"
    )
    assert "grpc+tls://gateway.example:31337" in shown["ADBC"]
    assert "authenticate_basic_token('ann', 'p&s=')" in shown["pyarrow"]
    assert "user" not in lines("grpc://h:1", "", "")["JDBC"]


def test_help_answers_at_once() -> None:
    program = (
        "import gateway.cli, sys; heavy = {'duckdb', 'pyarrow', 'sqlglot'} & set(sys.modules); sys.exit(len(heavy))"
    )
    best = 10.0
    for _ in range(3):
        started = time.monotonic()
        assert (
            subprocess.run([sys.executable, "-m", "gateway.cli", "--help"], capture_output=True, check=False).returncode
            == 0
        )
        best = min(best, time.monotonic() - started)
    assert best < 1.0
    assert subprocess.run([sys.executable, "-c", program], cwd=Path.cwd(), check=False).returncode == 0


def test_whoever_asks_a_running_gateway_loads_no_engine() -> None:
    heavy = {"duckdb", "sqlglot", "fsspec", "yaml", "pydantic", "cryptography"}
    program = f"import gateway.cli.remote, gateway.cli.output, sys; print(sorted({heavy!r} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
