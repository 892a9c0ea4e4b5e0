"""``kanboard-server database``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from kanboard_core.commands.invocation import configured, with_plugins
from kanboard_core.configuration import Configuration, ConfigurationError

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from kanboard_core.plugins import Plugins


@click.group()
def database() -> None:
    """Create, check, copy, back up or restore the database."""


@database.command("create")
@configured
def create(configuration: Configuration) -> None:
    """Create a new database; never touches one that exists."""
    from kanboard_core.database import location

    engine = location.engine(configuration)
    location.create(engine, configuration)
    click.echo(f"created {engine.label}; sign in as admin with the password admin, and change it")


@database.command("check")
@configured
def check(configuration: Configuration) -> None:
    """Compare the database with Kanboard's schema, without changing anything. Exit code 1 when they differ."""
    from kanboard_core.database import location

    engine = location.engine(configuration)
    differences = location.differences(engine)
    for line in differences:
        click.echo(line)
    if differences:
        sys.exit(1)
    click.echo(f"{engine.label} has Kanboard's schema")


_FILE = click.Path(path_type=Path, readable=False)


@database.command("backup")
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Replace FILE when it is there already.")
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
@configured
def back_up(configuration: Configuration, file: Path, force: bool, quiet: bool) -> None:
    """Copy the SQLite database into FILE, also while it is served.

    FILE is the database of one moment, checked, and needs no other file. Attachments (data/files) are not in the
    database: copy them after it.
    """
    from kanboard_core.database.sqlite import backup

    engine = backup.engine(configuration)
    with _progress(quiet) as progress:
        made = backup.backup(engine, file, force=force, progress=progress)
    if not quiet:
        click.echo(f"backed up {engine.path} to {file}: {_size(made.size)}, schema version {made.version}")


@database.command("restore")
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Replace the content of a database that is there already.")
@click.option("--discard", is_flag=True, help="Don't keep the old content.")
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
@configured
def restore(configuration: Configuration, file: Path, force: bool, discard: bool, quiet: bool) -> None:
    """Make the content of FILE, a backup, that of the SQLite database, also while it is served.

    FILE is checked before. The old content is kept beside the database, in a file named
    DATABASE.before-restore-DATE-TIME. Attachments (data/files) are not in the database: put them back first.
    """
    from kanboard_core.database.sqlite import backup, restoration

    engine = backup.engine(configuration)
    with _progress(quiet) as progress:
        kept = restoration.restore(engine, file, force=force, discard=discard, progress=progress)
    if not quiet:
        click.echo(f"restored {file} to {engine.path}" + (f"; the old content is in {kept}" if kept else ""))


@database.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option(
    "--files",
    type=click.Path(path_type=Path, readable=False),
    metavar="FOLDER",
    help="Copy the attachments in this folder too, into where this server keeps them.",
)
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
@with_plugins
def copy(
    configuration: Configuration, plugins: Plugins, source: str, target: str, files: Path | None, quiet: bool
) -> None:
    """Copy the database FROM into TO, which must be empty, also while FROM is served.

    Both are URLs as database_url in kanboard.ini, of the same engine or of two; `file:PATH` and `${NAME}` keep
    passwords out of the command line. TO has what FROM had at one moment, compared by numbers and checksums, or
    nothing: Kanboard's tables and those of the plugins that are on. Attachments are not in the database: both have the
    same, unless --files names those of FROM.
    """
    from kanboard_core import transfer
    from kanboard_core.configuration import references
    from kanboard_core.database import location
    from kanboard_core.file_storage import FileStorageError
    from kanboard_core.server import Server

    try:
        urls = [references.resolve(url, os.environ).text for url in (source, target)]
    except ValueError as error:
        raise ConfigurationError(f"a URL {error}") from error
    from_engine, to_engine = (location.engine(configuration, url) for url in urls)
    indexes = configuration.flag("database", "indexes")
    server = Server(configuration, plugins)
    try:
        attachments = transfer.Attachments(files, server.file_storage(), server.file_areas) if files else None
    except FileStorageError as error:
        raise ConfigurationError(str(error)) from error
    with _progress(quiet) as progress:
        copied = transfer.copy(
            from_engine,
            to_engine,
            plugins=transfer.PluginTables.of(server.registrations),
            attachments=attachments,
            progress=progress,
            indexes=indexes,
        )
    if copied.left:
        click.echo(
            f"not copied, for they are neither Kanboard's nor of a plugin that is on: {', '.join(copied.left)}",
            err=True,
        )
    if attachments and attachments.missing:
        click.echo(f"{len(attachments.missing)} rows name attachments that are not in {files}", err=True)
    if not quiet:
        rows = f"{copied.rows} rows of {copied.tables} tables"
        if attachments:
            rows += f", {attachments.copied} attachments ({attachments.there} were there already)"
        click.echo(f"copied {from_engine.label} to {to_engine.label}: {rows}")


class _Bars:
    """Shows what is being done, a bar for each part of it. Stops the work when a signal has come."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._stopped = False
        self._stage = ""
        self._bars = ExitStack()
        self._bar: ProgressBar[int] | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far it is. Raises KeyboardInterrupt to stop, but not when all is done."""
        if self._stopped and not 0 < done == total:
            raise KeyboardInterrupt
        if not self._shown:
            return
        if stage != self._stage:
            self.close()
            self._stage = stage
            if total:
                bar: ProgressBar[int] = click.progressbar(length=total, label=stage, file=sys.stderr)
                self._bar = self._bars.enter_context(bar)
            else:
                click.echo(f"{stage} ...", err=True)
        if self._bar is not None:
            self._bar.length = total
            self._bar.update(done - self._bar.pos)

    def close(self) -> None:
        """Leave the line of the last bar."""
        self._bars.close()
        self._bar = None

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Have the work stopped, as the handler of a signal."""
        self._stopped = True


@contextmanager
def _progress(quiet: bool) -> Iterator[_Bars]:
    """Progress on standard error, if that is a terminal. A signal ends the work in order, at its next step."""
    bars = _Bars(not quiet and sys.stderr.isatty())
    before = {}
    for number in signal.valid_signals() & _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, bars.stop)
    try:
        yield bars
    finally:
        bars.close()
        for number, handler in before.items():
            signal.signal(number, handler)


_ENDING = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}


def _size(number: int) -> str:
    return f"{number / 1_000_000:.1f} MB"
