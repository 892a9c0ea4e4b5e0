"""The application token as it is stored in the settings."""

from __future__ import annotations

import contextlib
import sqlite3
import time

from kanboard_core.database.errors import Busy
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.statements import param, statement
from kanboard_core.models import Setting

_REPLACE = statement(
    Setting.update({Setting.value: param("token"), Setting.changed_by: 0, Setting.changed_on: param("now")}).where(
        Setting.option == "api_token"
    )
)


def stored(engine: Sqlite) -> str:
    """The token; "" when there is none."""
    with contextlib.closing(engine.session(writable=False)) as session:
        return session.transaction(10).setting("api_token")


def replace(engine: Sqlite, token: str) -> str:
    """Store another token; answers it. Raises Busy when another process holds the database for too long."""
    with contextlib.closing(engine.session(writable=True)) as session:
        session.execute("PRAGMA busy_timeout = 5000")
        try:
            session.begin("IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Busy(f"another process holds the database {engine.path}") from error
        session.transaction(10).run(_REPLACE, token=token, now=int(time.time()))
        session.end("COMMIT")
    return token
