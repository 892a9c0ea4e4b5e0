"""``kanboard-server user``: accounts, for operators. Works on the database, also beside a running server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from kanboard_core.calls import Call
from kanboard_core.commands import Refused, given_secret, printable, with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.configuration.options import suggestion
from kanboard_core.database import Row
from kanboard_core.offline import application_call
from kanboard_core.permissions import ApplicationRole
from kanboard_core.plugins import Plugins
from kanboard_plugins.users import accounts, credentials, rules
from kanboard_plugins.users.accounts import NewAccount

_ROLE = click.Choice([role.value for role in ApplicationRole])
#: tries to send the right code
_TRIES = 3


@click.group()
def user() -> None:
    """Make accounts, and look after those that are there. NAME is a user name, exactly as it is stored."""


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, in the shape that docs/operating.md documents.")
@with_plugins
def list_users(configuration: Configuration, plugins: Plugins, as_json: bool) -> None:
    """List all accounts: id, user name, role, and what keeps them from signing in or how they do. No secrets."""
    with application_call(configuration, plugins, writable=False) as call:
        refused = {row["id"] for row in call.server.sign_in.refused_accounts(call)}
        found = [_shown(account, account["id"] in refused) for account in accounts.all_accounts(call.tx)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    width = max((len(account["username"]) for account in found), default=0)
    for account in found:
        line = f"{account['id']:>6}  {printable(account['username']):{width}}  {account['role']:11}  {_state(account)}"
        click.echo(line.rstrip())


@user.command("create")
@click.argument("name")
@click.option("--role", type=_ROLE, default=rules.DEFAULT_ROLE, show_default=True, help="Role in the application.")
@click.option("--full-name", default="", help="The person's name.")
@click.option("--email", default="", help="The person's mail address.")
@with_plugins
def create(configuration: Configuration, plugins: Plugins, name: str, role: str, full_name: str, email: str) -> None:
    """Make an account that signs in with a password.

    The password is asked for, or read from standard input (a line) when that is no terminal.
    """
    new = NewAccount(name, full_name, email, role)
    if not rules.is_username(name):
        raise Refused(f"a user name is not blank and has at most {rules.LONGEST_USERNAME} characters")
    if not rules.is_email(email):
        raise Refused(f"{email!r} is no mail address")
    password_hash = _hash_of_new_password(configuration)
    with application_call(configuration, plugins) as call:
        user_id = accounts.can_be_created(call, new) and accounts.create(call, new, password_hash)
        if not user_id:
            raise Refused(f"there is an account {name!r} already")
    click.echo(f"created the account {printable(rules.stored_username(name))}, with the id {user_id}")


@user.command("password")
@click.argument("name")
@with_plugins
def change_password(configuration: Configuration, plugins: Plugins, name: str) -> None:
    """Give an account another password; the old one is refused from now on. Failures and locks stay.

    It is asked for, or read from standard input (a line) when that is no terminal.
    """
    with _account(configuration, plugins, name, writable=False) as (_, account):
        if account["is_ldap_user"] or account["disable_login_form"]:
            raise Refused(f"{name!r} signs in elsewhere: a password of its own would be of no use")
    password_hash = _hash_of_new_password(configuration)
    with _account(configuration, plugins, name) as (call, account):
        credentials.set_password(call.tx, account["id"], password_hash)
    click.echo(f"{printable(name)} has another password now")


@user.command("role")
@click.argument("name")
@click.argument("role", type=_ROLE)
@with_plugins
def change_role(configuration: Configuration, plugins: Plugins, name: str, role: str) -> None:
    """Give an account another role in the application; it counts from the next call on."""
    with _account(configuration, plugins, name) as (call, account):
        accounts.update(call.tx, account["id"], {"role": role})
    click.echo(f"{printable(name)} is {role} now")


@user.command("disable")
@click.argument("name")
@with_plugins
def disable(configuration: Configuration, plugins: Plugins, name: str) -> None:
    """Keep an account from signing in; its public feeds and its private projects close."""
    with _account(configuration, plugins, name) as (call, account):
        accounts.disable(call, account["id"])
    click.echo(f"{printable(name)} is disabled")


@user.command("enable")
@click.argument("name")
@with_plugins
def enable(configuration: Configuration, plugins: Plugins, name: str) -> None:
    """Let an account sign in again; its private projects stay closed. A lock stays, see `user unlock`."""
    with _account(configuration, plugins, name) as (call, account):
        accounts.enable(call.tx, account["id"])
    click.echo(f"{printable(name)} is enabled")


@user.command("unlock")
@click.argument("name")
@with_plugins
def unlock(configuration: Configuration, plugins: Plugins, name: str) -> None:
    """Forget the failures of an account and end its lock."""
    with _account(configuration, plugins, name) as (call, account):
        call.server.sign_in.unlock(call, account["id"])
    click.echo(f"{printable(name)} is unlocked; failures that were forgotten: {account['nb_failed_login'] or 0}")


@user.group("token")
def token() -> None:
    """Make or revoke the personal token of an account, with which it signs in to the API."""


@token.command("make")
@click.argument("name")
@with_plugins
def make_token(configuration: Configuration, plugins: Plugins, name: str) -> None:
    """Print a new personal token; the one that the account had is refused from now on."""
    with _account(configuration, plugins, name) as (call, account):
        made = credentials.make_token(call.tx, account["id"])
    click.echo(made)


@token.command("revoke")
@click.argument("name")
@with_plugins
def revoke_token(configuration: Configuration, plugins: Plugins, name: str) -> None:
    """Take the personal token of an account away; it is refused from now on."""
    with _account(configuration, plugins, name) as (call, account):
        credentials.revoke_token(call.tx, account["id"])
    click.echo(
        f"{printable(name)} has no personal token {'any more' if account['api_access_token'] else 'and had none'}"
    )


@user.group("totp")
def totp() -> None:
    """Switch the second factor of an account on or off: one-time codes of an app, on the sign-in page.

    The API doesn't take the password of an account with a second factor, only its personal token.
    """


@totp.command("enrol")
@click.argument("name")
@with_plugins
def enrol(configuration: Configuration, plugins: Plugins, name: str) -> None:
    """Show a new secret as QR code and as otpauth address; switch it on once a code of the app confirms it."""
    import segno

    from kanboard_core import one_time_codes

    with _account(configuration, plugins, name, writable=False) as (call, account):
        if account["twofactor_activated"]:
            raise Refused(f"{name!r} has a second factor already: `user totp disable` switches it off")
        secret = one_time_codes.new_secret(call.server.database.engine.kind)
    issuer = configuration.text("authentication", "totp_issuer")
    address = one_time_codes.uri(secret, issuer=issuer, label=account["email"] or account["username"])
    segno.make(address).terminal(sys.stdout, compact=True)
    click.echo(address)
    for _ in range(_TRIES):
        code = click.prompt("Code that the app shows", err=True)
        with _account(configuration, plugins, name) as (call, account):
            if credentials.enrol(call, account["id"], secret, code):
                click.echo(f"{printable(name)} has a second factor now")
                return
        click.echo("that is not the code of this moment", err=True)
    raise Refused("the second factor was not confirmed: nothing has changed")


@totp.command("disable")
@click.argument("name")
@with_plugins
def remove_second_factor(configuration: Configuration, plugins: Plugins, name: str) -> None:
    """Switch the second factor of an account off and forget its secret."""
    with _account(configuration, plugins, name) as (call, account):
        credentials.remove_second_factor(call.tx, account["id"])
    click.echo(
        f"{printable(name)} has no second factor {'any more' if account['twofactor_activated'] else 'and had none'}"
    )


@contextmanager
def _account(
    configuration: Configuration, plugins: Plugins, name: str, *, writable: bool = True
) -> Iterator[tuple[Call, Row]]:
    """A call of the application, and the account of that user name. Raises Refused when there is none."""
    with application_call(configuration, plugins, writable=writable) as call:
        account = accounts.account_named(call.tx, name)
        if account is None:
            known = [row["username"] for row in accounts.all_accounts(call.tx)]
            raise Refused(f"there is no account {name!r}{suggestion(name, known)}")
        yield call, account


def _hash_of_new_password(configuration: Configuration) -> str:
    """The hash of a password that is typed twice, or comes as a line of standard input. Raises Refused."""
    from kanboard_core.passwords import hashed

    password = given_secret("Password")
    if not rules.is_password(password):
        raise Refused("a password has 6 characters or more")
    try:
        return hashed(password, configuration.integer("authentication", "bcrypt_cost"))
    except ValueError as error:
        raise Refused(str(error)) from None


def _shown(account: Row, refused: bool) -> dict[str, Any]:
    """What a list says of an account."""
    return {
        "id": account["id"],
        "username": account["username"],
        "name": account["name"] or "",
        "email": account["email"] or "",
        "role": account["role"] or "",
        "is_active": bool(account["is_active"]),
        "is_refused": refused,
        "failures": account["nb_failed_login"] or 0,
        "locked_until": account["lock_expiration_date"] or 0,
        "is_directory_user": bool(account["is_ldap_user"]),
        "has_second_factor": bool(account["twofactor_activated"]),
        "has_token": bool(account["api_access_token"]),
    }


def _state(account: dict[str, Any]) -> str:
    """What is out of the ordinary about an account, for people."""
    words = []
    if not account["is_active"]:
        words.append("disabled")
    if account["is_refused"] and account["locked_until"] > datetime.now(UTC).timestamp():
        words.append(f"locked until {datetime.fromtimestamp(account['locked_until'], UTC):%Y-%m-%d %H:%M} UTC")
    elif account["is_refused"]:
        words.append(f"refused by the API after {account['failures']} failures")
    for key, word in (("is_directory_user", "directory"), ("has_second_factor", "two-factor"), ("has_token", "token")):
        if account[key]:
            words.append(word)
    return ", ".join(words)
