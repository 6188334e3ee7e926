"""The commands and their options; what they do is in the modules beside this one."""

import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.failures import interrupt, told

_NAMES = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    help="One SQL question over data products that live in different stores, one Arrow answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings=_NAMES,
)
catalog_app = typer.Typer(help="Look into the catalog, and check it.", no_args_is_help=True, context_settings=_NAMES)
app.add_typer(catalog_app, name="catalog")


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    ARROW = "arrow"


class Switch(StrEnum):
    """On, off, or both ways and compared."""

    ON = "on"
    OFF = "off"
    VERIFY = "verify"


Sql = Annotated[str, typer.Argument(help="The statement; - reads it from standard input.", show_default=False)]
Param = Annotated[
    list[str] | None, typer.Option("--param", "-p", help="A value for ?, in order: 42, 1.5, true, null, 'text'.")
]
Url = Annotated[
    str, typer.Option(envvar="HEADGATE_URL", help="A running gateway: grpc://host:port or grpc+tls://host:port.")
]
Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="HEADGATE_CONFIG", help="Or answer in process, by this configuration.")
]
User = Annotated[str, typer.Option(envvar="HEADGATE_USER", help="Who asks a running gateway.")]
Password = Annotated[str, typer.Option(envvar="HEADGATE_PASSWORD", help="Better given by the variable.")]
Authority = Annotated[Path | None, typer.Option("--ca", help="PEM file of the authority to trust under TLS.")]
Pushdown = Annotated[
    Switch, typer.Option(help="Whether stores may compute parts of the query; verify compares both ways.")
]
DEFAULT_CONFIG = Path("headgate.toml")


@app.command()
def query(
    sql: Sql,
    param: Param = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="arrow is an IPC stream.")] = Format.TABLE,  # noqa: A002
    url: Url = "",
    config: Config = DEFAULT_CONFIG,
    user: User = "",
    password: Password = "",
    ca: Authority = None,
    pushdown: Pushdown = Switch.ON,
) -> None:
    """Ask one question and write its rows.

    [bold]Examples[/bold]

      headgate query "SELECT count(*) FROM play.events.plays"

      headgate query --url grpc://127.0.0.1:31337 --user demo -p SE "FROM listeners.profiles WHERE country = ?"

      headgate query -f arrow "FROM artists.catalog.songs" > songs.arrows
    """
    with told():
        from gateway.cli.asking import asker, read_parameters, read_statement
        from gateway.cli.output import write

        text, values = read_statement(sql), read_parameters(param or [])
        with asker(url, config, user=user, password=password, ca=ca, pushdown=pushdown) as door:
            write(door.query(text, values), format.value)


@app.command()
def explain(
    sql: Sql,
    param: Param = None,
    analyze: Annotated[bool, typer.Option("--analyze", help="Run the query, and tell what moved.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    url: Url = "",
    config: Config = DEFAULT_CONFIG,
    user: User = "",
    password: Password = "",
    ca: Authority = None,
    pushdown: Pushdown = Switch.ON,
) -> None:
    """Show what runs in which store, and why the rest does not.

    [bold]Examples[/bold]

      headgate explain "SELECT name FROM artists.catalog.labels WHERE country = 'SE'"

      headgate explain --analyze --json - < question.sql
    """
    with told():
        from gateway.cli.asking import asker, read_parameters, read_statement
        from gateway.cli.output import write_plan

        text, values = read_statement(sql), read_parameters(param or [])
        opening = f"EXPLAIN {'ANALYZE ' if analyze else ''}{'(FORMAT JSON) ' if json else ''}"
        with asker(url, config, user=user, password=password, ca=ca, pushdown=pushdown) as door:
            write_plan(door.query(opening + text, values))


@app.command()
def serve(
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="HEADGATE_CONFIG", help="The configuration.")
    ] = DEFAULT_CONFIG,
) -> None:
    """Serve Flight SQL until Ctrl-C or SIGTERM, which let running queries end. SIGHUP reads the catalog anew.

    [bold]Example[/bold]

      headgate serve --config headgate.toml
    """
    with told():
        from gateway.cli.serving import serve_until_told

        serve_until_told(config)


@app.command()
def demo(
    scale: Annotated[float, typer.Option(min=0.001, max=1.0, help="Million plays.")] = 0.1,
    stay: Annotated[bool, typer.Option("--stay", help="No tour: serve the mesh until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
) -> None:
    """Start a whole mesh on this machine, and take a tour of questions through it.

    [bold]Examples[/bold]

      headgate demo

      headgate demo --scale 1 --stay --port 31337
    """
    with told():
        if stay:
            from gateway.cli.serving import serve_demo

            serve_demo(scale, port)
        else:
            from gateway.demo.tour import show_tour

            show_tour(scale)


@catalog_app.command("check")
def catalog_check(config: Config = DEFAULT_CONFIG) -> None:
    """Read the configuration and every contract, ask every store, and report all problems together.

    [bold]Example[/bold]

      headgate catalog check --config headgate.toml
    """
    with told():
        from gateway.cli.listing import check

        check(config)


@catalog_app.command("list")
def catalog_list(
    url: Url = "", config: Config = DEFAULT_CONFIG, user: User = "", password: Password = "", ca: Authority = None
) -> None:
    """List the datasets one may read.

    [bold]Example[/bold]

      headgate catalog list --url grpc://127.0.0.1:31337 --user demo
    """
    with told():
        from gateway.cli.asking import asker
        from gateway.cli.listing import show_list

        with asker(url, config, user=user, password=password, ca=ca) as door:
            show_list(door.datasets())


@catalog_app.command("show")
def catalog_show(
    address: Annotated[str, typer.Argument(help="domain.product[.dataset]", show_default=False)],
    url: Url = "",
    config: Config = DEFAULT_CONFIG,
    user: User = "",
    password: Password = "",
    ca: Authority = None,
) -> None:
    """Show the columns of a product's datasets.

    [bold]Example[/bold]

      headgate catalog show artists.catalog.songs
    """
    with told():
        from gateway.cli.asking import asker
        from gateway.cli.listing import show_datasets

        with asker(url, config, user=user, password=password, ca=ca) as door:
            show_datasets(door.datasets(), address)


def main() -> None:
    """What the program ``headgate`` runs."""
    # SIGTERM unwinds as Ctrl-C does, so that whatever was started is stopped.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    app(args=sys.argv[1:], prog_name="headgate")
