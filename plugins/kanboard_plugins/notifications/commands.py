"""``kanboard-server notifications``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from kanboard_core.commands import Refused, with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.offline import application_call
from kanboard_core.plugins import Plugins

if TYPE_CHECKING:
    from kanboard_core.calls import Call
    from kanboard_plugins.notifications.choices import Choices

#: of which tasks an account is told: its filter, by the words of the command
_FILTERS = {"all": 1, "assigned": 2, "created": 3, "both": 4}


@click.group()
def notifications() -> None:
    """Look after what people are told of, and how."""


@notifications.command("show")
@click.argument("username")
@with_plugins
def show(configuration: Configuration, plugins: Plugins, username: str) -> None:
    """Show what an account has chosen."""
    from kanboard_plugins.notifications.choices import choices_of

    _shown(configuration, plugins, lambda call: choices_of(call, username), writable=False)


@notifications.command("set")
@click.argument("username")
@click.option("--types", metavar="NAMES", help="Types, as in web,email. Empty: the account is told of nothing.")
@click.option("--filter", "told_of", type=click.Choice(list(_FILTERS)), help="Of which tasks it is told.")
@click.option("--projects", metavar="IDS", help="Projects that it is told of, as in 1,2. Empty: all.")
@with_plugins
def set_(
    configuration: Configuration,
    plugins: Plugins,
    username: str,
    types: str | None,
    told_of: str | None,
    projects: str | None,
) -> None:
    """Change what an account has chosen; what isn't given stays."""
    from kanboard_plugins.notifications.choices import choose

    ids = None if projects is None else _listed(projects)
    if not all(project_id.isdecimal() and len(project_id) < 10 for project_id in ids or ()):
        raise Refused("projects are given by their ids")
    _shown(
        configuration,
        plugins,
        lambda call: choose(
            call,
            username,
            filter=None if told_of is None else _FILTERS[told_of],
            types=None if types is None else _listed(types),
            projects=None if ids is None else [int(project_id) for project_id in ids],
        ),
    )


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _shown(
    configuration: Configuration, plugins: Plugins, function: Callable[[Call], Choices], *, writable: bool = True
) -> None:
    from kanboard_plugins.notifications.choices import UnknownChoice

    try:
        with application_call(configuration, plugins, writable=writable) as call:
            choices = function(call)
    except UnknownChoice as error:
        raise Refused(str(error)) from error
    words = {number: word for word, number in _FILTERS.items()}
    click.echo(f"told of anything: {'yes' if choices.enabled else 'no'}")
    click.echo(f"types:            {', '.join(choices.types) or '-'}")
    click.echo(f"tasks:            {words.get(choices.filter or 0, '-')}")
    click.echo(f"projects:         {', '.join(map(str, choices.projects)) or 'all'}")
