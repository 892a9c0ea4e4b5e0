"""Tokens and second factors, stored as Kanboard stores them. Source: spec page "authentication", sections 1 and 8."""

from __future__ import annotations

import secrets

from kanboard_core.calls import Call
from kanboard_core.database import application_token
from kanboard_core.models import User

#: random bytes of a token, which is written in hexadecimal digits
_BYTES = 30


def make_personal(call: Call) -> None:
    """Give the caller another personal token."""
    call.tx.update(User, call.caller.user_id, {"api_access_token": secrets.token_hex(_BYTES)})


def revoke_personal(call: Call) -> None:
    """Take the caller's personal token away."""
    call.tx.update(User, call.caller.user_id, {"api_access_token": None})


def renew_application(call: Call) -> None:
    """Put another token of the application in the place of the one in the settings."""
    application_token.store(call.tx, secrets.token_hex(_BYTES), changed_by=call.caller.user_id, now=call.now)


def set_second_factor(call: Call, secret: str) -> None:
    """Switch the caller's second factor on with this secret, or off ("")."""
    call.tx.update(User, call.caller.user_id, {"twofactor_activated": bool(secret), "twofactor_secret": secret})
