"""Pictures of people, which Kanboard keeps among the attachments. Source: spec page "storage", section 10."""

from __future__ import annotations

import re

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.models import User
from kanboard_plugins.files import storing

_KEY = statement(User.select(User.avatar_path).where(User.id == param("user_id")))


def remove_with_account(call: Call, user_id: int) -> None:
    """Remove the avatar of an account that is about to go, after the commit; one that is missing is passed over.

    Only the account's own: a row that names something else removes nothing.
    """
    key: str | None = call.tx.scalar(_KEY, user_id=user_id)
    if key and re.fullmatch(rf"avatars/{user_id}/[0-9a-f]+", key):
        call.after_commit(storing.discard, call.server, [(key, False)])
