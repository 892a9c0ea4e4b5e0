"""What is told, and in what form. Source: spec page "notifications", "Webhook"; the events: spec page "events"."""

from __future__ import annotations

import secrets

import orjson

from kanboard_core.calls import Call
from kanboard_core.events import Event, Origin
from kanboard_plugins.outbox.posting import post

#: the kind of these messages in the outbox
KIND = "webhook"


def tell(call: Call, event: Event) -> None:
    """Have the webhook told of an event, if there is one; those of a project in their order.

    Neither address nor token are kept with the message: those of the moment of the request count.
    """
    if event.origin is Origin.IMPORT or not call.tx.setting("webhook_url"):
        return
    body = {
        "event_name": event.name,
        "event_data": event.payload,
        "event_author": None if call.caller.is_application else call.caller.name,
    }
    message = {"id": secrets.token_hex(16), "body": orjson.dumps(body).decode()}
    post(call, KIND, str(event.payload["task"]["project_id"]), message)
