"""Sign-in with the passwords of a directory (LDAP); accounts and memberships follow it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kanboard_core.configuration import Section
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import PluginError
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.ldap import configuration, procedures

if TYPE_CHECKING:
    import click

    from kanboard_core.directories import DirectoryBackend
    from kanboard_core.server import Server

requires = ("users", "groups")

_logger = logging.getLogger(__name__)


@hookimpl
def register_configuration() -> Section:
    """Which directory is asked, and how."""
    return configuration.SECTION


@hookimpl
def register_procedures() -> list[Procedure]:
    """The one that makes accounts from the directory."""
    return declared_in(procedures)


@hookimpl
def register_authentication_backends(server: Server) -> list[DirectoryBackend]:
    """The directory, when sign-in by it is on; ldap3 is imported then only."""
    if not server.configuration.flag("ldap", "ldap_auth"):
        return []
    settings = configuration.settings_of(server.configuration)
    try:
        from kanboard_plugins.ldap.backend import LdapBackend
        from kanboard_plugins.ldap.directory import Directory
    except ImportError as error:
        if error.name != "ldap3":
            raise
        raise PluginError(configuration.NOT_INSTALLED) from None
    try:
        return [LdapBackend(server, Directory(settings))]
    except OSError as error:
        reason = error.strerror or str(error)
        raise PluginError(f"the certificates of ca_file {settings.ca_file} can't be used: {reason}") from error


@hookimpl
def register_commands() -> list[click.Command]:
    """``ldap check``."""
    from kanboard_plugins.ldap.commands import ldap

    return [ldap]


@hookimpl
def server_started(server: Server) -> None:
    """Say so at once when everybody who signs in by the directory will fail."""
    if server.configuration.flag("ldap", "ldap_auth"):
        problem = configuration.settings_of(server.configuration).problem
        if problem:
            _logger.error("LDAP: NOBODY CAN SIGN IN BY THE DIRECTORY, it is half configured: %s", problem)


@hookimpl
def server_stopping(server: Server) -> None:
    """Nobody signs in any more."""
    if server.configuration.flag("ldap", "ldap_auth"):
        from kanboard_plugins.ldap.backend import backend_of

        backend = backend_of(server)
        if backend is not None:
            backend.close()
