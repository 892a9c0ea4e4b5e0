"""The procedures of the group Action: what a project does by itself when something happens in it.

An action is an object with ``id``, ``project_id``, ``event_name``, ``action_name`` and ``params`` (name -> text; an
empty array when the action has no parameters).

Source: spec page "actions".
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from kanboard_core.arguments import ArgumentType, Id, Scalar, Text
from kanboard_core.calls import Call, ProcedureError
from kanboard_core.permissions import ANYONE, managers
from kanboard_core.procedures import READS, Effect, procedure
from kanboard_plugins.actions import rules
from kanboard_plugins.actions.scopes import ACTION


def _values(sent: Any) -> dict[str, Any]:
    """Values by the names of parameters; those of an array are called "0", "1", ..."""
    if isinstance(sent, list):
        return {str(number): value for number, value in enumerate(sent)}
    if not isinstance(sent, dict):
        raise ValueError("must be an object")
    return sent


_Values = Annotated[dict[str, Any], ArgumentType("object", _values, {"type": "object"})]


@procedure("getAvailableActions", access=ANYONE, effect=Effect.NONE)
def get_available_actions(call: Call) -> dict[str, str]:
    """The actions that projects can be given: name -> description, in the order of the descriptions."""
    return dict(call.server.actions.available)


@procedure("getAvailableActionEvents", access=ANYONE, effect=Effect.NONE)
def get_available_action_events(call: Call) -> dict[str, str]:
    """The events that actions can be bound to: name -> description, in the order of the descriptions."""
    return dict(call.server.actions.events)


@procedure("getCompatibleActionEvents", access=ANYONE, effect=Effect.NONE)
def get_compatible_action_events(call: Call, action_name: Text) -> dict[str, str]:
    """The events that an action can be bound to: name -> description, in the order of the descriptions.

    An unknown action is error 0, ``Automatic Action Not Found``.
    """
    found = call.server.actions.find(action_name or "")
    if found is None:
        raise ProcedureError(0, f"Automatic Action Not Found: {action_name or ''}")
    return dict(found.events)


@procedure("getActions", access=managers(), effect=READS)
def get_actions(call: Call, project_id: Id) -> list[dict[str, Any]]:
    """The actions of a project, in the order in which they were added; an empty list for an unknown one."""
    return [
        {
            "id": rule.id,
            "project_id": rule.project_id,
            "event_name": rule.event_name,
            "action_name": rule.action_name,
            "params": dict(rule.values) or [],
        }
        for rule in rules.of_project(call.tx, project_id)
    ]


@procedure("createAction", access=managers())
def create_action(
    call: Call, project_id: Scalar, event_name: Text, action_name: Text, params: _Values
) -> int | Literal[False]:
    """Give a project an action; answers its id. It counts from the next call on.

    ``params`` has every parameter of the action and no other. Its values become text and are stored as they are: what
    they name need not be there. Two actions may be the same, and both run then.

    False when there is no such project or action, when the action can't be bound to that event, and when a parameter
    is missing, null or unknown.
    """
    return rules.create(call, project_id, event_name, action_name, params) or False


@procedure("removeAction", access=managers(ACTION))
def remove_action(call: Call, action_id: Id) -> bool:
    """Take an action away from its project; false when there is none."""
    return rules.remove(call.tx, action_id)
