"""Accounts that a text mentions: ``@ada``. Source: spec page "events", "Mentions"."""

from __future__ import annotations

import re

from kanboard_core.calls import Call
from kanboard_core.database import Row, one_of, param, statement
from kanboard_core.membership import user_has_role
from kanboard_core.models import User

_NAME = re.compile(r"@([^\s,!:?]+)", re.ASCII)

_ACCOUNTS = statement(
    User.select(User.id, User.username, User.name, User.email, User.language)
    .where(
        one_of(User.username, "names")
        & (User.notifications_enabled == 1)
        & (User.id != param("caller_id"))
        & user_has_role()
    )
    .order_by(User.username)
)


def names_in(text: str) -> set[str]:
    """What stands after each ``@`` in a text, up to a blank or one of ``, ! : ?``, without dots at the end."""
    return {name.rstrip(".") for name in _NAME.findall(text)}


def mentioned(call: Call, text: str | None, project_id: int) -> list[Row]:
    """The accounts that a text in a project mentions by their exact user names, each once, by user name.

    They have a role in the project and notifications on, disabled ones too; the caller isn't among them. Each has
    ``id``, ``username``, ``name``, ``email`` and ``language``, as the ``mention`` of an event.
    """
    names = names_in(text or "")
    if not names:
        return []
    return call.tx.all(_ACCOUNTS, names=sorted(names), caller_id=call.caller.user_id, project_id=project_id)
