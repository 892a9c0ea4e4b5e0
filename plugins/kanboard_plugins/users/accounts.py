"""Accounts: making, changing, disabling and removing them. Source: spec page "users"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from kanboard_core.arguments import NO_ID
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.membership import in_projects_of
from kanboard_core.models import Project, User
from kanboard_plugins.users import avatars, rules
from kanboard_plugins.users.fields import USER_FIELDS

_ACCOUNT = statement(User.select(*USER_FIELDS).where(User.id == param("user_id")))
_NAMED = statement(User.select(*USER_FIELDS).where(User.username == param("username")))
_ACCOUNTS = statement(User.select(*USER_FIELDS).order_by(User.username))
#: where the account belongs to or is the owner, and what happens to it is felt
_PROJECTS = statement(
    Project.select(Project.id).where((Project.owner_id == param("user_id")) | in_projects_of(Project.id, "user_id"))
)
# Whoever refers to the account, to give it a role, waits, and then there is no account.
_TO_BE_REMOVED = statement(User.select(User.id).where(User.id == param("user_id")).for_update())
_ACTIVE = statement(User.select(User.is_active).where(User.id == param("user_id")))
_TAKEN = statement(
    User.select(User.id).where((User.username == param("username")) & (User.id != param("user_id"))).limit(1)
)
_INSERT = insertion(User, "username", "password", "name", "email", "role", "is_ldap_user", "language")
_DISABLE = statement(User.update({User.is_active: False, User.token: ""}).where(User.id == param("user_id")))
_ENABLE = statement(User.update({User.is_active: True}).where(User.id == param("user_id")))
_REMOVE = statement(User.delete().where(User.id == param("user_id")))


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What is known of an account before it is made, but for the password."""

    #: as given; stored without white space around it
    username: str
    #: the person's name; "" or None: none
    name: str | None
    #: mail address; "" or None: none
    email: str | None
    #: application role
    role: str
    #: whether the password is a directory's
    is_ldap_user: bool = False
    #: a code of Kanboard's such as fr_FR; None: that of the application
    language: str | None = None

    @property
    def is_valid(self) -> bool:
        """Whether every field follows the rules; the database isn't asked."""
        return rules.is_username(self.username) and rules.is_email(self.email or "") and rules.is_role(self.role)


def account(tx: Transaction, user_id: int) -> Row | None:
    """The account, all columns; None when there is none of that id."""
    return tx.one(_ACCOUNT, user_id=user_id)


def account_named(tx: Transaction, username: str | None) -> Row | None:
    """The account of exactly that user name, all columns; None when there is none."""
    return tx.one(_NAMED, username=username)


def all_accounts(tx: Transaction) -> list[Row]:
    """Every account, disabled ones included, all columns, by user name (capitals before small letters)."""
    return tx.all(_ACCOUNTS)


def is_active(tx: Transaction, user_id: int) -> bool:
    """Whether the account may sign in; False when there is none of that id."""
    return bool(tx.scalar(_ACTIVE, user_id=user_id))


def is_username_taken(tx: Transaction, username: str, *, user_id: int = NO_ID) -> bool:
    """Whether an account other than ``user_id`` has exactly this user name."""
    return tx.scalar(_TAKEN, username=username, user_id=user_id) is not None


def can_be_created(call: Call, new: NewAccount) -> bool:
    """Whether neither the user name as given nor as it is stored is taken at this moment."""
    names = {new.username, rules.stored_username(new.username)}
    return not any(is_username_taken(call.tx, username) for username in names)


def create(call: Call, new: NewAccount, password_hash: str | None) -> int | Literal[False]:
    """Make the account; answers its id, or False when its user name is taken. Calls the hook ``user_created``.

    ``password_hash``: None when there is no password here.
    """
    values = asdict(new) | {"username": rules.stored_username(new.username), "password": password_hash}
    try:
        user_id = call.tx.insert(_INSERT, **values)
    except Conflict:
        return False
    call.server.plugins.call("user_created", call=call, user_id=user_id)
    return user_id


def update(tx: Transaction, user_id: int, changes: Mapping[str, str]) -> bool:
    """Change user name, name, email or role of an account; what isn't among ``changes`` stays.

    False, with nothing changed, when a value breaks a rule or the user name is taken by another account. An unknown
    account is no failure.
    """
    values = dict(changes)
    if "username" in values:
        if not rules.is_username(values["username"]) or is_username_taken(tx, values["username"], user_id=user_id):
            return False
        values["username"] = rules.stored_username(values["username"])
    if not rules.is_email(values.get("email", "")) or not rules.is_role(values.get("role", rules.DEFAULT_ROLE)):
        return False
    if not values:
        return True
    try:
        tx.update(User, user_id, values)
    except Conflict:
        return False
    return True


def disable(call: Call, user_id: int) -> None:
    """Keep the account from signing in and turn its public feeds off; calls the hook ``user_disabled``."""
    call.tx.lock_projects_of(_PROJECTS, user_id=user_id)
    if call.tx.run(_DISABLE, user_id=user_id):
        call.server.plugins.call("user_disabled", call=call, user_id=user_id)


def enable(tx: Transaction, user_id: int) -> None:
    """Let the account sign in again. What went when it was disabled doesn't come back."""
    tx.run(_ENABLE, user_id=user_id)


def remove(call: Call, user_id: int) -> bool:
    """Remove the account, its avatar and what foreign keys remove with it, after the hook ``user_removing``.

    False when there is none of that id.
    """
    call.tx.lock_projects_of(_PROJECTS, user_id=user_id)
    if call.tx.scalar(_TO_BE_REMOVED, user_id=user_id) is None:
        return False
    call.server.plugins.call("user_removing", call=call, user_id=user_id)
    avatars.remove_with_account(call, user_id)
    return call.tx.run(_REMOVE, user_id=user_id) > 0
