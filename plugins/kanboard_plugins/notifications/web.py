"""What the web interface shows to accounts. Source: spec page "notifications", section "Web notifications"."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, one_of, param, statement
from kanboard_core.events import Event
from kanboard_core.membership import members_first
from kanboard_core.models import User
from kanboard_core.notifications import NotificationType, Recipient
from kanboard_plugins.notifications.models import UnreadNotification

#: for those of the accounts that are (still) there, in the order in which a project's people are told
_INSERT = statement(
    UnreadNotification.insert_from(
        User.select(User.id, param("now"), param("event_name"), param("event_data"))
        .where(one_of(User.id, "user_ids"))
        .order_by(*members_first()),
        fields=[
            UnreadNotification.user_id,
            UnreadNotification.date_creation,
            UnreadNotification.event_name,
            UnreadNotification.event_data,
        ],
    )
)


class WebNotification(NotificationType):
    """Rows that the web interface shows until they have been read."""

    name = "web"

    def notify(self, call: Call, recipients: Sequence[Recipient], event: Event) -> None:
        """Leave a row with the event's payload for each of the accounts."""
        values = {
            "project_id": event.payload.get("task", {}).get("project_id", 0),
            "user_ids": [recipient.id for recipient in recipients],
            "now": call.now,
            "event_name": event.name,
            "event_data": orjson.dumps(event.payload).decode(),
        }
        try:
            call.tx.run(_INSERT, **values)
        except Conflict:  # one of them was just being removed, and is gone now
            call.tx.run(_INSERT, **values)
