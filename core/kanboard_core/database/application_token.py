"""The application token as it is stored in the settings."""

from __future__ import annotations

import contextlib
import time

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
    """Store another token; answers it."""
    with contextlib.closing(engine.session(writable=True)) as session:
        session.begin("IMMEDIATE")
        session.transaction(10).run(_REPLACE, token=token, now=int(time.time()))
        session.end("COMMIT")
    return token
