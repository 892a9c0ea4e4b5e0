"""How a command is called: the options that say which configuration it works with, and how it refuses."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from kanboard_core.configuration import Configuration, ConfigurationError, load

R = TypeVar("R")

DEFAULT_FILE = Path("kanboard.ini")


class Refused(click.ClickException):
    """One sentence on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Write the sentence."""
        click.echo(f"kanboard-server: {self.format_message()}", err=True)


class LineFormatter(logging.Formatter):
    """Indents what follows the first line of a message, such as a traceback: no text in it looks like another one."""

    def format(self, record: logging.LogRecord) -> str:
        """The message; only its first line begins at the margin."""
        return super().format(record).replace("\r", "\\r").replace("\n", "\n    ")


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what an operator can mend into one sentence and exit code 2."""
    from kanboard_core.database.errors import DatabaseError
    from kanboard_core.plugins import PluginError

    try:
        yield
    except (ConfigurationError, DatabaseError, PluginError) as error:
        raise Refused(str(error)) from error


def configured(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command the options that say which configuration it works with, and pass that on as first argument.

    It has the core's sections only: no plugin is imported.
    """

    @wraps(function)
    def command(config: Path | None, settings: list[str], **others: Any) -> R:
        configuration = load(config, settings=settings, partial=True)
        _log(configuration)
        return function(configuration, **others)

    return with_options(command)


def configured_file(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command the option that names the configuration file, and pass its path on as first argument."""

    @wraps(function)
    def command(config: Path | None, **others: Any) -> R:
        with refusing():
            return function(config, **others)

    parameters: list[click.Parameter] = command.__dict__.setdefault("__click_params__", [])
    parameters.append(_config_option())
    return command


def with_plugins(function: Callable[..., R]) -> Callable[..., R]:
    """As :func:`configured`, but with the whole configuration, and with the plugins as second argument."""

    @click.option("--trace-plugins", is_flag=True, help="Print every call of a hook or a reaction on standard error.")
    @wraps(function)
    def command(config: Path | None, settings: list[str], trace_plugins: bool, **others: Any) -> R:
        gc.disable()  # what is imported now stays: looking for garbage only delays the start
        from kanboard_core.plugins import discovery

        _log(load(config, settings=settings, partial=True))
        trace = _print if trace_plugins else None
        configuration, plugins = discovery.configured(config, settings=settings, trace=trace)
        return function(configuration, plugins, **others)

    return with_options(command)


def chosen_file(config: Path | None) -> Path | None:
    """The configuration file: the one that is named, else kanboard.ini in the working directory if it exists."""
    return config or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)


def given_secret(prompt: str) -> str:
    """A secret, which has no place among the arguments: typed twice, or a line of standard input in UTF-8.

    Raises Refused when the line isn't text.
    """
    if sys.stdin.isatty():
        typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
        return typed
    try:
        return sys.stdin.buffer.readline().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Refused("what comes on standard input is no text in UTF-8") from None


def printable(text: str) -> str:
    """A text of the database without what could trick a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def configuration_options() -> list[click.Parameter]:
    """The options that say which configuration a command works with."""
    return [
        _config_option(),
        click.Option(["--database"], metavar="URL", help="Same as --set database.database_url=URL."),
        click.Option(["--set", "settings"], metavar="SECTION.OPTION=VALUE", multiple=True, help="Override an option."),
    ]


def _config_option() -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path, readable=False),
        help="Configuration file. Default: kanboard.ini in the working directory, when there is one.",
    )


def with_options(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command the options that say which configuration it works with, unread: `config` and `settings`."""

    @wraps(function)
    def command(config: Path | None, database: str | None, settings: tuple[str, ...], **others: Any) -> R:
        chosen = list(settings)
        if database is not None:
            chosen.append(f"database.database_url={database}")
        for name in ("host", "port", "workers"):
            value = others.pop(name, None)
            if value is not None:
                chosen.append(f"server.{name}={value}")
        with refusing():
            return function(config=chosen_file(config), settings=chosen, **others)

    # Where click.option() keeps what it is given, the last first.
    parameters: list[click.Parameter] = command.__dict__.setdefault("__click_params__", [])
    parameters += reversed(configuration_options())
    return command


def _log(configuration: Configuration) -> None:
    level = configuration.text("logging", "level").upper()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _print(line: str) -> None:
    click.echo(line, err=True)
