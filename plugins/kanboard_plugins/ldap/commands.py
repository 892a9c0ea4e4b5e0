"""``kanboard-server ldap``."""

from __future__ import annotations

import sys
from typing import cast

import click

from kanboard_core.commands import Refused, with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.directories import DirectoryUnavailable, Identity
from kanboard_core.plugins import Plugins
from kanboard_plugins.ldap.configuration import NOT_INSTALLED, settings_of
from kanboard_plugins.ldap.people import Person


@click.group()
def ldap() -> None:
    """Look at the directory that people sign in by."""


@ldap.command("check")
@click.argument("name")
@click.option("--password", "with_password", is_flag=True, help="Ask for the password, and try it.")
@with_plugins
def check(configuration: Configuration, plugins: Plugins, name: str, with_password: bool) -> None:
    """Show what the directory says of the user NAME, as it is configured, whether or not sign-in by it is on.

    With ldap_bind_type = user the password is always asked for. Nothing is changed. Exit code 1 when nobody has that
    name or the password is wrong.
    """
    try:
        from kanboard_plugins.ldap.directory import Directory
    except ImportError as error:
        raise Refused(NOT_INSTALLED) from error
    settings = settings_of(configuration)
    if settings.problem:
        raise Refused(settings.problem)
    if settings.bind_type == "user":
        with_password = True
    password = click.prompt("Password", hide_input=True, err=True) if with_password else ""
    try:
        directory = Directory(settings)
        conversation = directory.conversation()
        found: Identity | None
        if with_password:
            found = directory.verify(conversation, name, password)
        else:
            found = directory.look_up(conversation, name)
    except (DirectoryUnavailable, OSError) as error:
        raise Refused(str(error)) from error
    if found is None or not found.username:
        click.echo(f"{settings.label} knows nobody of the name {_shown(name)}")
        sys.exit(1)
    if with_password and not found.accepted:
        click.echo(f"{settings.label} doesn't accept the password of {_shown(found.username)}")
        sys.exit(1)
    _show(cast(Person, found))


def _show(person: Person) -> None:
    said = {
        "DN": person.dn,
        "user name": person.username,
        "name": person.name,
        "mail": person.email,
        "language": person.language,
        "role": person.role,
    }
    for what, text in said.items():
        click.echo(f"{what + ':':<11}{_shown(text) or '-'}")
    for group in person.groups:
        click.echo(f"{'group:':<11}{_shown(group)}")


def _shown(text: str) -> str:
    """A text without what could trick a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
