"""The command line: ``kanboard-server``. Errors are one sentence and exit code 2."""

from __future__ import annotations

import gc
import logging
import secrets
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from kanboard_core import __version__
from kanboard_core.configuration import Configuration, ConfigurationError, load

P = ParamSpec("P")
R = TypeVar("R")

_DEFAULT_FILE = Path("kanboard.ini")


class _Refused(click.ClickException):
    """One sentence on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"kanboard-server: {self.format_message()}", err=True)


def _configured(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command the options that say which configuration it works with, and pass it on as first argument."""

    @click.option(
        "--config",
        type=click.Path(path_type=Path),
        help="Configuration file. Default: kanboard.ini in the working directory, when there is one.",
    )
    @click.option("--database", metavar="URL", help="Same as --set database.database_url=URL.")
    @click.option("--set", "settings", metavar="SECTION.OPTION=VALUE", multiple=True, help="Override an option.")
    @wraps(function)
    def command(config: Path | None, database: str | None, settings: tuple[str, ...], **others: Any) -> R:
        chosen = list(settings)
        if database is not None:
            chosen.append(f"database.database_url={database}")
        for name in ("host", "port"):
            value = others.pop(name, None)
            if value is not None:
                chosen.append(f"server.{name}={value}")
        try:
            path = config or (_DEFAULT_FILE if _DEFAULT_FILE.exists() else None)
            configuration = load(path, settings=chosen)
            _log(configuration)
            return function(configuration, **others)
        except _expected_errors() as error:
            raise _Refused(str(error)) from error

    return command


def _expected_errors() -> tuple[type[Exception], ...]:
    from kanboard_core.database.errors import DatabaseError
    from kanboard_core.plugins import PluginError

    return ConfigurationError, DatabaseError, PluginError


def _log(configuration: Configuration) -> None:
    level = configuration.text("logging", "level").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kanboard-server")
def main() -> None:
    """The Kanboard JSON-RPC API as a server of its own."""


@main.command()
@_configured
@click.option("--host", help="Address to listen on.")
@click.option("--port", help="TCP port to listen on; 0 takes any that is free.")
def serve(configuration: Configuration) -> None:
    """Serve until interrupted. Creates the database when there is none."""
    gc.disable()  # nothing that is imported now will go again: looking for garbage only delays the start
    from kanboard_core.serving import run

    run(configuration)


@main.group()
def database() -> None:
    """Create or check the database."""


@database.command("create")
@_configured
def database_create(configuration: Configuration) -> None:
    """Create a new database; never touches one that exists."""
    from kanboard_core.database import location

    engine = location.engine(configuration)
    location.create(engine, configuration)
    click.echo(f"created {engine.path}; sign in as admin with the password admin, and change it")


@database.command("check")
@_configured
def database_check(configuration: Configuration) -> None:
    """Compare the database with Kanboard's schema, without changing anything. Exit code 1 when they differ."""
    from kanboard_core.database import location

    engine = location.engine(configuration)
    differences = location.differences(engine)
    for line in differences:
        click.echo(line)
    if differences:
        sys.exit(1)
    click.echo(f"{engine.path} has Kanboard's schema")


@main.group()
def token() -> None:
    """Show or renew the application token."""


@token.command("show")
@_configured
def token_show(configuration: Configuration) -> None:
    """Print the token that the user jsonrpc signs in with."""
    click.echo(configuration.text("authentication", "api_authentication_token") or _stored_token(configuration))


@token.command("renew")
@_configured
def token_renew(configuration: Configuration) -> None:
    """Store a new random token and print it; the old one is refused from now on."""
    if configuration.text("authentication", "api_authentication_token"):
        origin = configuration.origin("authentication", "api_authentication_token")
        raise ConfigurationError(f"the token comes from the configuration ({origin}): change it there")
    renewed = secrets.token_hex(30)
    _stored_token(configuration, renewed)
    click.echo(renewed)


def _stored_token(configuration: Configuration, renewed: str | None = None) -> str:
    """The token in the database, after replacing it by ``renewed`` if that is given."""
    from kanboard_core.database import application_token, location

    engine = location.engine(configuration)
    if not engine.path.exists():
        raise ConfigurationError(f"there is no database {engine.path} yet: serve, or create one")
    location.prepare(engine, configuration)
    return application_token.replace(engine, renewed) if renewed else application_token.stored(engine)


if __name__ == "__main__":
    main()
