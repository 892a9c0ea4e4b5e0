"""What a directory says of somebody, in the terms of accounts. Source: spec page "authentication", section 6."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kanboard_core.directories import Identity
from kanboard_core.permissions import ApplicationRole
from kanboard_plugins.ldap.configuration import Settings
from kanboard_plugins.ldap.languages import language_code
from kanboard_plugins.users.rules import said_elsewhere, stored_username

#: PHP's strtolower() changes no other letters
_SMALL_LETTERS = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a search found."""

    dn: str
    #: values by the names of attributes in small letters
    attributes: Mapping[str, list[str]]

    def all(self, attribute: str) -> list[str]:
        """Every value of an attribute; [] when it has none."""
        return self.attributes.get(attribute, [])

    def first(self, attribute: str) -> str:
        """The first value of an attribute, "" when it has none."""
        return next(iter(self.all(attribute)), "")


@dataclass(frozen=True, slots=True)
class Person(Identity):
    """Somebody whom the directory knows. A text is empty when the directory says nothing of it."""

    dn: str
    name: str
    email: str
    #: application role; "": the directory gives none
    role: str
    #: a code of Kanboard's
    language: str
    #: DNs
    groups: tuple[str, ...]


def account_name(username: str, settings: Settings) -> str:
    """What the account is called of somebody whom the directory calls so."""
    username = stored_username(username)
    return username if settings.case_sensitive else username.translate(_SMALL_LETTERS)


def person(entry: Entry, groups: Iterable[str], settings: Settings, *, accepted: bool) -> Person:
    """Somebody, as an entry and the groups describe them. ``accepted``: whether the password is right."""
    groups = tuple(groups)
    attributes = settings.attributes
    return Person(
        username=account_name(entry.first(attributes.username), settings),
        accepted=accepted,
        dn=entry.dn,
        name=said_elsewhere(entry.first(attributes.fullname)),
        email=said_elsewhere(entry.first(attributes.email)),
        role=role(groups, settings),
        language=language_code(entry.first(attributes.language)),
        groups=groups,
    )


def role(groups: Iterable[str], settings: Settings) -> str:
    """The application role that groups give; "" when none of them is configured to give one."""
    if not settings.admin_dn and not settings.manager_dn:
        return ""
    names = {group.lower() for group in groups}
    if settings.admin_dn and settings.admin_dn.lower() in names:
        return ApplicationRole.ADMIN.value
    if settings.default_role_manager or (settings.manager_dn and settings.manager_dn.lower() in names):
        return ApplicationRole.MANAGER.value
    return ApplicationRole.USER.value
