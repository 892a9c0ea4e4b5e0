"""The procedures of the group User, open to the application and to administrators. Source: spec page "users".

An account is an object with

* ``id``, ``username``, ``name`` and ``email`` (text or null)
* ``role``: ``app-admin``, ``app-manager`` or ``app-user``
* ``is_active``: 0 when it is disabled
* ``password``: a hash, or null; ``api_access_token``: the personal token, or null; ``twofactor_secret``: text or null
* ``is_ldap_user``, ``disable_login_form``, ``twofactor_activated``: 0 or 1
* ``nb_failed_login``, ``lock_expiration_date`` (Unix seconds; 0: not locked)
* ``timezone``, ``language``, ``theme``, ``filter``, ``avatar_path``: what the person has chosen, or null
* ``notifications_enabled``: 0 or 1; ``notifications_filter``: of which tasks, 1: all, 2: those assigned to the person,
  3: created by the person, 4: either
* ``token``: what the addresses of the account's public feeds end with, or ""
* ``google_id``, ``github_id``, ``gitlab_id``: accounts elsewhere, or null
* ``is_admin``, ``is_project_admin``: of no meaning any more; ``role`` counts
"""

from __future__ import annotations

from typing import Any, Literal

from kanboard_core.arguments import Id, InvalidParams, Scalar, Text, to_id, to_text
from kanboard_core.calls import AsyncCall, Call
from kanboard_core.database import Row
from kanboard_core.permissions import ADMINISTRATORS
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.users import accounts, rules
from kanboard_plugins.users.accounts import NewAccount


@procedure("createUser", access=ADMINISTRATORS)
async def create_user(
    call: AsyncCall, username: Text, password: Text, name: Text = "", email: Scalar = "", role: Scalar = "app-user"
) -> int | Literal[False]:
    """Make an account that signs in with a password.

    ``username``: at most 191 characters, stored without white space around it; ``password``: at least 6 characters, of
    which 72 bytes count; ``email``: a mail address or ""; ``role``: app-admin, app-manager or app-user.

    Returns the new id; false when a value breaks a rule or the user name is taken. A password with a NUL character is
    answered -32602.
    """
    password = password or ""
    if "\0" in password:
        raise InvalidParams("Argument password must not hold a NUL character")
    if _says_nothing(email) or _says_nothing(role):
        return False
    new = NewAccount(username or "", name or "", to_text(email) or "", to_text(role) or rules.DEFAULT_ROLE)
    if not new.is_valid or not rules.is_password(password):
        return False
    if not await call.read(accounts.can_be_created, new):
        return False
    password_hash = await call.server.passwords.hash(password)
    return await call.write(accounts.create, new, password_hash)


@procedure("getUser", access=ADMINISTRATORS, effect=READS)
def get_user(call: Call, user_id: Id) -> Row | None:
    """The account: every column, the hash of its password included; null when there is none of that id."""
    return accounts.account(call.tx, user_id)


@procedure("getUserByName", access=ADMINISTRATORS, effect=READS)
def get_user_by_name(call: Call, username: Text) -> Row | None:
    """The account of exactly this user name (capitals matter), as getUser answers it; null when there is none."""
    return accounts.account_named(call.tx, username)


@procedure("getAllUsers", access=ADMINISTRATORS, effect=READS)
def get_all_users(call: Call) -> list[Row]:
    """Every account as getUser answers it, disabled ones included, by user name (capitals before small letters)."""
    return accounts.all_accounts(call.tx)


@procedure("updateUser", access=ADMINISTRATORS)
def update_user(
    call: Call, id: Scalar, username: Text = None, name: Text = None, email: Scalar = None, role: Scalar = None
) -> bool:
    """Change user name, name, mail address or role; what is null stays. The password can't be changed here.

    An empty text is a value: it empties ``name`` and ``email`` and is refused for ``username``; an empty ``role`` stays
    what it was.

    Returns true, also for an unknown id; false, with nothing changed, when a value breaks a rule, the user name is
    another account's, or ``id`` is null or "".
    """
    if id is None or id == "" or _says_nothing(email) or _says_nothing(role):
        return False
    given = {"username": username, "name": name, "email": to_text(email), "role": to_text(role) or None}
    changes = {field: value for field, value in given.items() if value is not None}
    return accounts.update(call.tx, to_id(id), changes)


@procedure("disableUser", access=ADMINISTRATORS)
def disable_user(call: Call, user_id: Id) -> Literal[True]:
    """Keep an account from signing in; its public feeds and its private projects close.

    Returns true, also for an unknown id. Memberships and tasks stay.
    """
    accounts.disable(call, user_id)
    return True


@procedure("enableUser", access=ADMINISTRATORS)
def enable_user(call: Call, user_id: Id) -> Literal[True]:
    """Let an account sign in again; its private projects stay closed. Returns true, also for an unknown id."""
    accounts.enable(call.tx, user_id)
    return True


@procedure("isActiveUser", access=ADMINISTRATORS, effect=READS)
def is_active_user(call: Call, user_id: Id) -> bool:
    """Whether the account isn't disabled; false for an unknown id."""
    return accounts.is_active(call.tx, user_id)


@procedure("removeUser", access=ADMINISTRATORS)
def remove_user(call: Call, user_id: Id) -> bool:
    """Remove an account.

    Its tasks and subtasks are nobody's then, its comments stay without an author, its memberships go, and so do all
    private projects in which it has a role, also those of others. Returns false when there is none of that id.
    """
    return accounts.remove(call, user_id)


def _says_nothing(value: Any) -> bool:
    """Whether the value is false, which as a text would be "", but is neither a mail address, nor a role, nor none."""
    return value is False
