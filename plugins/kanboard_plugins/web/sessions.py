"""Sessions: what is kept between two requests of a browser. Source: spec page "authentication", section 9.

They are rows of Kanboard's table ``sessions``, in a format of our own. The cookie holds a random id, the row's key is
its digest: nobody who reads the table can sign in, and no cookie of Kanboard's leads to such a row, nor the other way
round. What isn't readable counts as no session.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields

from peewee import fn

from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Session

#: seconds that something is kept for who isn't signed in yet: a captcha, a password that was right
WAITING_SECONDS = 600
#: seconds without a request after which a session is over that lasts as long as the browser
_BROWSER_SECONDS = 1440
#: seconds for which a session isn't prolonged again
_SLACK_SECONDS = 60
#: the key that our rows have in their JSON
_FORMAT = "kanboard-server session 1"

_LOAD = statement(Session.select(Session.data, Session.expire_at).where(Session.id == param("key")))
_INSERT = insertion(Session, "id", "expire_at", "data")
_REPLACE = statement(
    Session.update({Session.data: param("data"), Session.expire_at: param("expire_at")}).where(
        (Session.id == param("key")) & (fn.COALESCE(Session.data, "") == param("known"))
    )
)
_PROLONG = statement(
    Session.update({Session.expire_at: param("expire_at")}).where(
        (Session.id == param("key")) & (Session.expire_at < param("expire_at"))
    )
)
_REMOVE = statement(Session.delete().where(Session.id == param("key")))
_REMOVE_EXPIRED = statement(Session.delete().where(Session.expire_at < param("now")))


@dataclass(frozen=True, slots=True)
class State:
    """What is kept of a session."""

    #: the account, 0: nobody is signed in
    user_id: int = 0
    #: its role and a digest of its password's hash at that time: the session ends when they change
    role: str = ""
    password: str = ""
    #: how the account signed in, as ``last_logins`` has it
    auth_type: str = ""
    #: the code of the second factor is still to come
    code_needed: bool = False
    #: the answer to the captcha; "": it is asked for, but no picture was made yet; "-": it isn't asked for
    captcha: str = "-"
    #: the secret of the second factor that is being set up
    secret: str = ""
    #: what the next page is to show once
    notice: str = ""

    def is_of(self, account: Row) -> bool:
        """Whether the account is still what it was when it signed in."""
        return (
            bool(account["is_active"])
            and account["role"] == self.role
            and hmac.compare_digest(_digest_of_password(account), self.password)
        )


def signed_in(account: Row, *, auth_type: str, code_needed: bool = False) -> State:
    """The state of a session that begins for the account."""
    return State(account["id"], account["role"], _digest_of_password(account), auth_type, code_needed)


def new_id() -> str:
    """A new id, for the cookie."""
    return secrets.token_hex(32)


def seconds(duration: int) -> int:
    """How long a session lasts without a request; ``duration`` as it is configured."""
    return duration or _BROWSER_SECONDS


def load(tx: Transaction, session_id: str, now: int) -> tuple[State, int]:
    """The state and the time (Unix seconds) of expiry; an empty state and 0 when there is no such session."""
    row = tx.one(_LOAD, key=_key(session_id))
    if row is None or row["expire_at"] <= now:
        return State(), 0
    state = _read(row["data"])
    return (state, row["expire_at"]) if state is not None else (State(), 0)


def change(tx: Transaction, session_id: str, now: int, lasting: int, function: Callable[[State], State]) -> State:
    """Put what ``function`` makes of the state in its place; answers the state before.

    The session is made if there is none. It lasts ``lasting`` seconds from now. Of two that change it at once, one
    sees what the other has made of it.
    """
    key = _key(session_id)
    while True:
        row = tx.one(_LOAD, key=key)
        if row is None:
            tx.run(_REMOVE_EXPIRED, now=now)
            try:
                tx.insert(_INSERT, id=key, expire_at=now + lasting, data=_written(function(State())))
            except Conflict:  # somebody else has just made it
                continue
            return State()
        state = (_read(row["data"]) if row["expire_at"] > now else None) or State()
        if tx.run(_REPLACE, key=key, known=row["data"] or "", data=_written(function(state)), expire_at=now + lasting):
            return state


def begin(tx: Transaction, session_id: str, now: int, lasting: int, state: State) -> None:
    """Begin a session under a new id."""
    tx.run(_REMOVE_EXPIRED, now=now)
    tx.insert(_INSERT, id=_key(session_id), expire_at=now + lasting, data=_written(state))


def is_to_be_prolonged(expire_at: int, now: int, lasting: int) -> bool:
    """Whether a session that is used now should be prolonged."""
    return expire_at < now + lasting - _SLACK_SECONDS


def prolong(tx: Transaction, session_id: str, now: int, lasting: int) -> None:
    """Let the session last ``lasting`` seconds from now; one that has ended doesn't come back."""
    tx.run(_PROLONG, key=_key(session_id), expire_at=now + lasting)


def end(tx: Transaction, session_id: str) -> None:
    """End the session."""
    tx.run(_REMOVE, key=_key(session_id))


def _key(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()


def _digest_of_password(account: Row) -> str:
    return hashlib.sha256((account["password"] or "").encode()).hexdigest()


def _written(state: State) -> str:
    return json.dumps({_FORMAT: asdict(state)}, separators=(",", ":"))


def _read(data: str | None) -> State | None:
    """The state that a row holds; None for what isn't ours."""
    try:
        stored = json.loads(data or "null")
    except (ValueError, RecursionError):
        return None
    values = stored.get(_FORMAT) if isinstance(stored, dict) else None
    if not isinstance(values, dict):
        return None
    known = {field.name: type(field.default) for field in fields(State)}
    if values.keys() != known.keys() or any(type(value) is not known[name] for name, value in values.items()):
        return None
    return State(**values)
