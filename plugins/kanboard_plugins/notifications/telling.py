"""Telling people and projects of events, by the types that they have chosen. Source: spec page "notifications"."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.events import BoundReaction, Event, Origin, Stage, reaction
from kanboard_core.notifications import Recipient
from kanboard_plugins.notifications.models import ProjectNotificationType
from kanboard_plugins.notifications.recipients import mentioned, recipients, types_of
from kanboard_plugins.tasks.event_types import TOLD

_TYPES_OF_PROJECT = statement(
    ProjectNotificationType.select(ProjectNotificationType.notification_type)
    .where(ProjectNotificationType.project_id == param("project_id"))
    .order_by(ProjectNotificationType.notification_type)
)


def tell(
    call: Call, people: Collection[Recipient], event: Event, types: Mapping[int, Collection[str]] | None = None
) -> None:
    """Tell accounts of an event, each by the types that it has chosen; types that there aren't are passed over.

    ``types``: the choices by account, where they are known already.
    """
    if types is None:
        types = types_of(call.tx, [person.id for person in people])
    known = call.server.notification_types
    for name in sorted({name for person in people for name in types.get(person.id, ())} & known.keys()):
        known[name].notify(call, [person for person in people if name in types.get(person.id, ())], event)


def tell_members(call: Call, event: Event) -> None:
    """Tell whoever belongs to the task's project and wants to be told."""
    if event.origin is not Origin.IMPORT:
        tell(call, recipients(call, event.payload), event)


def tell_mentioned(call: Call, event: Event) -> None:
    """Tell the account that is mentioned."""
    if event.origin is not Origin.IMPORT:
        tell(call, mentioned(call.tx, event.payload), event)


def tell_project(call: Call, event: Event) -> None:
    """Tell the channels of the task's project. Without any type of them nothing is asked for."""
    types = call.server.project_notification_types
    if not types or event.origin is Origin.IMPORT:
        return
    project_id = event.payload["task"]["project_id"]
    for name in call.tx.column(_TYPES_OF_PROJECT, project_id=project_id):
        if name in types:
            types[name].notify(call, project_id, event)


#: bound by the plugin
REACTIONS: tuple[BoundReaction, ...] = (
    reaction(tell_members, *TOLD, stage=Stage.NOTIFICATION),
    reaction(tell_mentioned, "task.user.mention", "comment.user.mention", stage=Stage.NOTIFICATION),
    reaction(tell_project, *TOLD, stage=Stage.PROJECT_NOTIFICATION),
)
