"""How the command line fails: one line that says what, one hint, and an exit code that scripts can use."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from connectors.errors import HeadgateError, Kind

EXIT_CODES = {Kind.USER: 1, Kind.STORE: 3, Kind.RESOURCE: 3, Kind.INTERNAL: 4}
"""0 is success, 1 the question's fault, 2 a wrong option, 3 a store or a limit, 4 the gateway's own fault."""

INTERRUPTED = 130

_interrupted = threading.Event()


def interrupt(*_: Any) -> None:
    """A signal handler that unwinds the program, and remembers that it did.

    An interrupt that passes through a library written in C may come out as an error of another type.
    """
    _interrupted.set()
    raise KeyboardInterrupt


@contextmanager
def told() -> Iterator[None]:
    """Turn every error into a line on standard error and an exit code; never a traceback."""
    try:
        yield
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as problem:
        if _interrupted.is_set():
            raise typer.Exit(INTERRUPTED) from None
        _leave_for(problem)


def _leave_for(problem: Exception) -> None:
    """The house's errors, those of the client, which knows kinds too, and faults that nobody foresaw."""
    from gateway.flight.client import RemoteFailure

    if isinstance(problem, HeadgateError):
        named = (("product", problem.product), ("store", problem.store))
        place = ", ".join(f"{word} {name}" for word, name in named if name)
        _leave(problem.kind, problem.code, f"{problem.sentence} [{place}]" if place else problem.sentence, problem.hint)
    if isinstance(problem, RemoteFailure):
        _leave(problem.kind, problem.code, problem.sentence, problem.hint)
    _leave(Kind.INTERNAL, "INTERNAL", f"Headgate met an error of its own ({type(problem).__name__}).", "")


def _leave(kind: Kind, code: str, sentence: str, hint: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True)
    console.print(Text.assemble((code, "bold red"), (f": {sentence}", "red")))
    if hint:
        console.print(Text.assemble(("Hint: ", "bold"), hint))
    raise typer.Exit(EXIT_CODES[kind])
