"""What the fields of an account may hold.

Source: spec page "users", section "Rules for createUser and updateUser".
"""

from __future__ import annotations

from kanboard_core.permissions import ApplicationRole
from kanboard_core.validation import is_mail_address

#: the role of an account that isn't given one
DEFAULT_ROLE = ApplicationRole.USER.value

_ROLES = frozenset(role.value for role in ApplicationRole)
#: characters of a user name
LONGEST_USERNAME = 191
#: characters of a name or a mail address that every database keeps
_LONGEST_TEXT = 255
_SHORTEST_PASSWORD = 6
#: what counts as white space around a user name: PHP's trim() takes no other
_WHITE_SPACE = " \t\n\r\0\x0b"


def stored_username(username: str) -> str:
    """The user name as it is stored: without white space around it."""
    return username.strip(_WHITE_SPACE)


def is_username(username: str) -> bool:
    """Whether an account may have the name: not blank, at most 191 characters with the white space around it."""
    return stored_username(username) != "" and len(username) <= LONGEST_USERNAME


def is_password(password: str) -> bool:
    """Whether an account may have the password: 6 characters (code points) or more, whatever they are."""
    return len(password) >= _SHORTEST_PASSWORD


def is_email(email: str) -> bool:
    """Whether an account may have the mail address: any that is one by its form, or none ("")."""
    return email == "" or is_mail_address(email)


def said_elsewhere(text: str) -> str:
    """A name or a mail address as others say it of a person; "" when it is too long to be kept, which says nothing."""
    return text if len(text) <= _LONGEST_TEXT else ""


def is_role(role: str) -> bool:
    """Whether there is such an application role: app-admin, app-manager or app-user, spelt exactly so."""
    return role in _ROLES
