"""``kanboard-server settings``: the settings of the application, for operators. Works beside a running server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

from kanboard_core.commands import Refused, given_secret, printable, with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.configuration.options import suggestion
from kanboard_core.offline import application_call
from kanboard_core.plugins import Plugins
from kanboard_plugins.application import settings as rules

_HIDDEN = "(hidden)"
_WIDEST = 48

_show_secrets = click.option("--show-secrets", is_flag=True, help="Show tokens too.")


@click.group()
def settings() -> None:
    """Show and change the settings in the database, which Kanboard's pages show and change too."""


@settings.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, in the shape that docs/operating.md documents.")
@_show_secrets
@with_plugins
def list_settings(configuration: Configuration, plugins: Plugins, as_json: bool, show_secrets: bool) -> None:
    """List all settings, those of plugins too, and who changed them last and when (UTC)."""
    with application_call(configuration, plugins, writable=False) as call:
        rows = {row["option"]: row for row in rules.rows(call.tx)}
    found = {name: _shown(name, rows.get(name), show_secrets) for name in sorted({*rows, *rules.KNOWN})}
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    lines = {name: printable(f"{name} = {_in_words(facts)}".rstrip()) for name, facts in found.items()}
    width = max(len(line) for line in lines.values() if len(line) <= _WIDEST)
    for name, facts in found.items():
        click.echo(f"{lines[name]:{width}}  {_origin(facts)}")


@settings.command("get")
@click.argument("name")
@_show_secrets
@with_plugins
def get(configuration: Configuration, plugins: Plugins, name: str, show_secrets: bool) -> None:
    """Print the value of a setting that is in force: of an empty one, its default."""
    with application_call(configuration, plugins, writable=False) as call:
        row = rules.row(call.tx, name)
        _check_name(name, known=row is not None)
    click.echo(_in_words(_shown(name, row, show_secrets)))


@settings.command("set")
@click.argument("name")
@click.argument("value", required=False)
@click.option("--unknown", is_flag=True, help="Set it although it isn't known, for a plugin of Kanboard.")
@with_plugins
def change(configuration: Configuration, plugins: Plugins, name: str, value: str | None, unknown: bool) -> None:
    """Set a setting to VALUE; "" is its default. Switches are true or false.

    Secrets are asked for, or read from standard input (a line) when that is no terminal, and so is a VALUE that is
    left out.
    """
    if name == rules.COUNTED_BY_THE_SERVER:
        raise Refused(f"{name} is kept by the server: `user unlock` forgets the failures of an account")
    with application_call(configuration, plugins, writable=False) as call:
        _check_name(name, known=unknown or rules.row(call.tx, name) is not None)
    if value is None:
        value = given_secret(name) if rules.is_secret(name) else click.prompt(name, default="", err=True)
    elif rules.is_secret(name):
        raise Refused(f"the value of {name} is a secret: leave it out here, it is asked for")
    try:
        stored = rules.checked(name, value)
    except ValueError as error:
        raise Refused(f"{name} {error}") from None
    with application_call(configuration, plugins) as call:
        rules.save(call, name, stored)
        row = rules.row(call.tx, name)
    click.echo(printable(f"{name} = {_in_words(_shown(name, row, show_secrets=False))}"))
    section, option = rules.OVERRIDING.get(name, ("", ""))
    if section and configuration.text(section, option):
        click.echo(f"[{section}] {option} is configured, and counts instead of {name}", err=True)


def _check_name(name: str, *, known: bool) -> None:
    if not known and name not in rules.KNOWN:
        raise Refused(f"there is no setting {name!r}{suggestion(name, rules.KNOWN)}")


def _shown(name: str, row: dict[str, Any] | None, show_secrets: bool) -> dict[str, Any]:
    """What is said of a setting; a secret that is set has the value None unless it is to be shown."""
    stored = (row["value"] or "") if row else ""
    secret = rules.is_secret(name)
    return {
        "value": None if secret and stored and not show_secrets else stored or rules.default(name),
        "secret": secret,
        "known": name in rules.KNOWN,
        "set": bool(stored),
        "changed_by": row["changed_by"] if row else 0,
        "changed_on": row["changed_on"] if row else 0,
    }


def _in_words(facts: dict[str, Any]) -> str:
    return _HIDDEN if facts["value"] is None else str(facts["value"])


def _origin(facts: dict[str, Any]) -> str:
    """Where the value comes from: the account 0 is the command line or the application."""
    if facts["changed_on"]:
        return f"{datetime.fromtimestamp(facts['changed_on'], UTC):%Y-%m-%d %H:%M}, account {facts['changed_by']}"
    return "as installed" if facts["set"] else "default"
