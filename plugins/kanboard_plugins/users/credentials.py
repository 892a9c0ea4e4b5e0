"""What accounts sign in with: password, personal token, second factor. Source: spec page "authentication"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.credentials import new_token
from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import User
from kanboard_core.one_time_codes import use

_ACCOUNT = User.id == param("user_id")
_SET_PASSWORD = statement(User.update({User.password: param("password")}).where(_ACCOUNT))
_SET_TOKEN = statement(User.update({User.api_access_token: param("token")}).where(_ACCOUNT))
_ENROL = statement(
    User.update({User.twofactor_activated: True, User.twofactor_secret: param("secret")}).where(
        _ACCOUNT & (User.twofactor_activated.is_null() | (User.twofactor_activated == 0))
    )
)
_REMOVE_FACTOR = statement(User.update({User.twofactor_activated: False, User.twofactor_secret: ""}).where(_ACCOUNT))


def set_password(tx: Transaction, user_id: int, password_hash: str) -> bool:
    """Replace the hash of the password; failures and locks stay. False when there is no account of that id."""
    return tx.run(_SET_PASSWORD, user_id=user_id, password=password_hash) > 0


def make_token(tx: Transaction, user_id: int) -> str:
    """Give the account a new personal token in the place of the one it has; answers it."""
    token = new_token()
    tx.run(_SET_TOKEN, user_id=user_id, token=token)
    return token


def revoke_token(tx: Transaction, user_id: int) -> None:
    """Leave the account without a personal token."""
    tx.run(_SET_TOKEN, user_id=user_id, token=None)


def enrol(call: Call, user_id: int, secret: str, code: str) -> bool:
    """Switch the second factor on, once a code shows that the person's device has the secret.

    False, with nothing changed, when the code is wrong or was used, or the account has a second factor already.
    """
    return use(call.tx, secret, code, call.now) and call.tx.run(_ENROL, user_id=user_id, secret=secret) > 0


def remove_second_factor(tx: Transaction, user_id: int) -> None:
    """Switch the second factor off and forget its secret."""
    tx.run(_REMOVE_FACTOR, user_id=user_id)
