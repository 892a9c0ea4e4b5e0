"""Accounts follow the directory. Source: spec page "authentication", section 6."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from kanboard_core.calls import Call
from kanboard_core.configuration import Configuration
from kanboard_core.database import Row, param, statement
from kanboard_core.models import User
from kanboard_plugins.ldap import memberships
from kanboard_plugins.ldap.people import Person
from kanboard_plugins.users import accounts, rules
from kanboard_plugins.users.accounts import NewAccount

_logger = logging.getLogger(__name__)

# Whoever else signs in to the account, or removes it, waits until it is as the directory says.
_LOCKED = statement(User.select().where(User.id == param("user_id")).for_update())


@dataclass(frozen=True, slots=True)
class Policy:
    """The options that say how accounts follow."""

    creation: bool
    group_sync: bool
    #: columns that are left as they are
    excluded: Collection[str]


def policy_of(configuration: Configuration) -> Policy:
    """How accounts follow, by a configuration."""
    return Policy(
        creation=configuration.flag("ldap", "ldap_user_creation"),
        group_sync=configuration.flag("ldap", "ldap_group_sync"),
        excluded=frozenset(configuration.items("authentication", "external_auth_exclude_fields")),
    )


def follow(call: Call, person: Person, account: Row | None, policy: Policy) -> int | None:
    """Make or change the account of somebody who signs in; its id, None when there is to be none.

    ``account``: the one with the person's user name, None when there isn't any.
    """
    if account is None:
        if not policy.creation:
            _logger.info("%r has no account, and none is made (ldap_user_creation)", person.username)
            return None
        create(call, person, missing=None)
        # Also when there is one already: somebody has made it while we tried to.
        account = accounts.account_named(call.tx, person.username)
        if account is None:
            return None
    locked = call.tx.one(_LOCKED, user_id=account["id"])
    if locked is None or not locked["is_active"]:
        return None
    changes = {
        column: value
        for column, value in _columns(person).items()
        if value != "" and column not in policy.excluded and value != locked[column]
    }
    if changes:
        call.tx.update(User, locked["id"], changes)
    if policy.group_sync:
        memberships.follow(call.tx, locked["id"], person.groups)
    return int(locked["id"])


def create(call: Call, person: Person, *, missing: Literal[""] | None = "") -> int | None:
    """Make an account without a password; its id, None when the user name is none or is taken.

    ``missing``: what stands for a name or a mail address that the directory doesn't give; Kanboard's are null for who
    signs in, "" for others.
    """
    if not rules.is_username(person.username):
        _logger.warning("%r can't be the user name of an account: it is too long", person.username)
        return None
    new = NewAccount(
        username=person.username,
        name=person.name or missing,
        email=person.email or missing,
        role=person.role or rules.DEFAULT_ROLE,
        is_ldap_user=True,
        language=person.language or None,
    )
    return accounts.create(call, new, None) or None


def _columns(person: Person) -> dict[str, str | bool]:
    return {
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "language": person.language,
        "is_ldap_user": True,
    }
