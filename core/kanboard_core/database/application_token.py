"""The application token as it is stored in the settings."""

from __future__ import annotations

import contextlib
import time

from kanboard_core.database.engine import Engine
from kanboard_core.database.statements import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Setting

#: seconds that another process is waited for
_PATIENCE = 5.0

_REPLACE = statement(
    Setting.update(
        {Setting.value: param("token"), Setting.changed_by: param("changed_by"), Setting.changed_on: param("now")}
    ).where(Setting.option == "api_token")
)


def stored(engine: Engine) -> str:
    """The token; "" when there is none."""
    with contextlib.closing(engine.session(writable=False)) as session, session.work(_PATIENCE) as transaction:
        return transaction.setting("api_token")


def replace(engine: Engine, token: str) -> str:
    """Store another token; answers it. Raises Busy when another process holds the database for too long."""
    with contextlib.closing(engine.session(writable=True)) as session, session.work(_PATIENCE) as transaction:
        store(transaction, token, changed_by=0, now=int(time.time()))
    return token


def store(transaction: Transaction, token: str, *, changed_by: int, now: int) -> None:
    """Store another token, in a transaction that writes. ``changed_by``: the account that does; 0: the command line."""
    transaction.run(_REPLACE, token=token, changed_by=changed_by, now=now)
