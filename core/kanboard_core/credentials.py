"""Credentials: how a request brings them, which account they are about, and tokens.

Source: spec pages "authentication" and "protocol", section 8.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field

from kanboard_core.database import Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import User

#: the user name that stands for the application
APPLICATION_NAME = "jsonrpc"
#: names that no account can sign in with
_CLOSED_NAMES = frozenset({"", "0", APPLICATION_NAME})

#: random bytes of a token, which is written in hexadecimal digits
_TOKEN_BYTES = 30
_TOKEN = re.compile(rf"[0-9a-f]{{{2 * _TOKEN_BYTES}}}\Z")

_ACCOUNT = statement(User.select().where(User.username == param("username")))


@dataclass(slots=True)
class Credentials:
    """What a request brings to say who it is."""

    username: str
    password: str = field(repr=False)
    #: address of the caller, for counters and logs
    address: str = ""
    user_agent: str = ""
    #: keys that were verified for this request, whether or not they are remembered longer, with the account's user name
    verified: dict[bytes, str] = field(default_factory=dict, repr=False)


def basic_credentials(header: str) -> tuple[str, str]:
    """User name and password of an ``Authorization`` header; two empty texts for anything but Basic with a colon."""
    scheme, _, value = header.partition(" ")
    return encoded_credentials(value.strip()) if scheme.lower() == "basic" else ("", "")


def encoded_credentials(value: str) -> tuple[str, str]:
    """User name and password of base64 text ``user:password``; two empty texts when it is something else.

    The padding at its end may be missing.
    """
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return "", ""
    username, colon, password = text.partition(":")
    return (username, password) if colon else ("", "")


def new_token() -> str:
    """A random token, of the application or of an account."""
    return secrets.token_hex(_TOKEN_BYTES)


def is_generated_token(token: str) -> bool:
    """Whether the token looks like one that was made at random, by this server or by Kanboard."""
    return _TOKEN.match(token) is not None


def names_an_account(username: str) -> bool:
    """Whether an account that somebody signs in to can have this user name."""
    return username not in _CLOSED_NAMES and "\0" not in username


def account_named(transaction: Transaction, username: str) -> Row | None:
    """The account that credentials with this user name are about; None when nobody signs in by that name."""
    return transaction.one(_ACCOUNT, username=username) if names_an_account(username) else None
