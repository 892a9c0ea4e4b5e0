"""``kanboard-server files``."""

from __future__ import annotations

import sys
import time
from functools import partial

import click

from kanboard_core.commands import Refused, printable, with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.file_storage import ContentMissing, FileStorage, FileStorageError, StoredFile
from kanboard_core.offline import application_call
from kanboard_core.plugins import Plugins


@click.group()
def files() -> None:
    """Look after attachments."""


@files.command("check")
@click.option("--remove", is_flag=True, help="Remove the files that no row names.")
@click.option(
    "--older-than",
    "hours",
    type=click.FloatRange(min=1),
    default=24,
    show_default=True,
    metavar="HOURS",
    help="Pass over younger files that no row names: they may belong to an upload under way.",
)
@with_plugins
def check(configuration: Configuration, plugins: Plugins, remove: bool, hours: float) -> None:
    """Compare attachments with the rows that name them, also while they are served.

    Lists rows without their file, and files and thumbnails without a row. Changes nothing without --remove. Exit code 1
    when something is wrong afterwards.
    """
    from kanboard_plugins.files.comparison import compare

    reading = partial(application_call, configuration, plugins, writable=False)
    with reading() as call:
        server = call.server
    try:
        storage = server.file_storage()
        found = compare(storage, server.file_areas, reading, before=time.time() - hours * 3600)
        for row in found.missing:
            click.echo(f"missing: {row.key}, of row {row.id} of {row.table} ({printable(row.name)})")
        left = [file for file in found.orphans if not _settled(storage, file, remove)]
    except FileStorageError as error:
        raise Refused(str(error)) from error
    click.echo(
        f"{found.rows} rows, {found.files} files: {len(found.missing)} rows without a file, "
        f"{len(found.orphans)} files without a row" + (f", {len(found.orphans) - len(left)} removed" if remove else "")
    )
    if found.missing or left:
        sys.exit(1)


def _settled(storage: FileStorage, file: StoredFile, remove: bool) -> bool:
    """List a file without a row, after it was removed if that is wanted; whether it is gone."""
    if remove:
        try:
            storage.remove(file.key)
        except ContentMissing:
            pass
        except FileStorageError as error:
            click.echo(f"kanboard-server: {error}", err=True)
            remove = False
    click.echo(f"{'removed' if remove else 'without a row'}: {file.key}, {file.size} bytes")
    return remove
