"""Where attachments are kept, for the plugins whose rows name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kanboard_core.configuration import Section
from kanboard_core.file_storage import FileStorage
from kanboard_core.hooks import hookimpl
from kanboard_plugins.files import configuration
from kanboard_plugins.files.folder import Folder

if TYPE_CHECKING:
    import click

    from kanboard_core.server import Server


@hookimpl
def register_configuration() -> Section:
    """The options of the storage."""
    return configuration.SECTION


@hookimpl
def register_file_storage(server: Server) -> FileStorage:
    """A folder, which Kanboard may share."""
    return Folder(configuration.folder(server.configuration))


@hookimpl
def register_commands() -> list[click.Command]:
    """``files check``."""
    from kanboard_plugins.files.commands import files

    return [files]


@hookimpl
def server_started(server: Server) -> None:
    """Report a storage that isn't there before the first call needs it."""
    server.file_storage()
