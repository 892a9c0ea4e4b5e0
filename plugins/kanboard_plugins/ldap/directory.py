"""Whom the directory knows, and whose password is right. It blocks. Source: spec page "authentication", section 6.

Importing this needs the extra ``ldap``.
"""

from __future__ import annotations

import secrets

from kanboard_core.directories import DirectoryUnavailable, Identity
from kanboard_plugins.ldap.configuration import Settings
from kanboard_plugins.ldap.conversation import Conversation, tls_context
from kanboard_plugins.ldap.patterns import escaped_for_dn, in_filter, in_username
from kanboard_plugins.ldap.people import Entry, Person, account_name, person


class Directory:
    """The directory of a configuration; any number of threads may ask it at once.

    What it is asked raises DirectoryUnavailable, with the reason, when it can't answer or is half configured.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises OSError when the file of certificates can't be used."""
        self.settings = settings
        self._context = tls_context(settings)

    def conversation(self) -> Conversation:
        """A connection that is to be made."""
        return Conversation(self.settings, self._context)

    def verify(self, conversation: Conversation, username: str, password: str) -> Identity:
        """Who has this name, and whether the password is right; a Person when it is.

        It takes as many steps for a name that the directory doesn't know as for one whose password is wrong.
        """
        self._check()
        with conversation:
            if not self._begin(conversation, username, password):
                return Identity(account_name(username, self.settings), accepted=False)
            entry = self._find(conversation, username)
            if entry is None:
                conversation.bind(f"uid={escaped_for_dn(secrets.token_hex(8))},{self.settings.user_base_dn}", password)
                return Identity("", accepted=False)
            if not conversation.bind(entry.dn, password):
                return person(entry, (), self.settings, accepted=False)
            if self.settings.group_user_filter and self.settings.bind_type != "user":
                self._begin(conversation, username, password)
            return person(entry, self._groups(conversation, entry), self.settings, accepted=True)

    def look_up(self, conversation: Conversation, username: str) -> Person | None:
        """Whoever has this name; None when nobody has. Not for the bind type ``user``, which needs a password."""
        self._check()
        with conversation:
            self._begin(conversation, username, "")
            entry = self._find(conversation, username)
            if entry is None:
                return None
            return person(entry, self._groups(conversation, entry), self.settings, accepted=False)

    def _check(self) -> None:
        if self.settings.problem:
            raise DirectoryUnavailable(f"the directory can't be asked as it is configured: {self.settings.problem}")

    def _begin(self, conversation: Conversation, username: str, password: str) -> bool:
        """Bind as the one who searches. False when that is who signs in, with a wrong password."""
        settings = self.settings
        if settings.bind_type == "user":
            return conversation.bind(in_username(settings.username, username), password)
        if settings.bind_type == "proxy":
            permitted = conversation.bind(settings.username, settings.password)
        else:
            permitted = conversation.bind_as_nobody()
        if not permitted:
            who = f"{settings.username!r} with ldap_password" if settings.bind_type == "proxy" else "anybody"
            raise DirectoryUnavailable(f"{settings.label} doesn't let {who} search")
        return True

    def _find(self, conversation: Conversation, username: str) -> Entry | None:
        settings = self.settings
        found = conversation.search(
            settings.user_base_dn,
            in_filter(settings.user_filter, username),
            settings.attributes.asked_for,
            limit=1,
        )
        if not found or not found[0].dn:
            return None
        if not account_name(found[0].first(settings.attributes.username), settings):
            raise DirectoryUnavailable(
                f"{found[0].dn!r} has no attribute {settings.attributes.username!r} (ldap_user_attribute_username)"
            )
        return found[0]

    def _groups(self, conversation: Conversation, entry: Entry) -> list[str]:
        """The DNs of the groups of somebody."""
        settings = self.settings
        if not settings.group_user_filter:
            return entry.all(settings.attributes.groups)
        by_dn = settings.group_user_attribute == "dn"
        value = entry.dn if by_dn else entry.first(settings.attributes.username)
        found = conversation.search(settings.group_base_dn, in_filter(settings.group_user_filter, value), [])
        return [group.dn for group in found]
