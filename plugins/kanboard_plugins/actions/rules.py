"""The automatic actions that projects have: finding, adding and removing them. Source: spec page "actions"."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from peewee import JOIN

from kanboard_core import validation
from kanboard_core.actions import Rule
from kanboard_core.arguments import InvalidParams, to_text
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.actions.models import StoredRule, StoredValue

_VALUES = (StoredValue.name, StoredValue.value)
_RULES = StoredRule.select(StoredRule.id, StoredRule.action_name, *_VALUES)
_RULES_WITH_EVENTS = StoredRule.select(StoredRule.id, StoredRule.event_name, StoredRule.action_name, *_VALUES)


def _in_project(query: Any) -> Any:
    """The query with the values of parameters, for one project and in order."""
    return (
        query.join(StoredValue, JOIN.LEFT_OUTER, on=(StoredValue.action_id == StoredRule.id))
        .where(StoredRule.project_id == param("project_id"))
        .order_by(StoredRule.id, StoredValue.id)
    )


_OF_PROJECT = statement(_in_project(_RULES_WITH_EVENTS))
_OF_EVENT = statement(_in_project(_RULES).where(StoredRule.event_name == param("event_name")))
_PROJECTS = statement(
    StoredRule.select(StoredRule.project_id)
    .where(StoredRule.event_name == param("event_name"))
    .distinct()
    .order_by(StoredRule.project_id)
)
_INSERT = insertion(StoredRule, "project_id", "event_name", "action_name")
_INSERT_VALUE = insertion(StoredValue, "action_id", "name", "value")
_DELETE = statement(StoredRule.delete().where(StoredRule.id == param("id")))


def of_project(tx: Transaction, project_id: int) -> tuple[Rule, ...]:
    """The actions of a project, in the order in which they were added, which is that of their ids."""
    found: list[Rule] = []
    for row in tx.all(_OF_PROJECT, project_id=project_id):
        if not found or found[-1].id != row["id"]:
            values: dict[str, str] = {}
            found.append(Rule(row["id"], project_id, row["event_name"], row["action_name"], values))
        if row["name"] is not None:
            values[row["name"]] = row["value"]
    return tuple(found)


def of_event(tx: Transaction, project_id: int, event_name: str) -> tuple[Rule, ...]:
    """The actions of a project that are bound to an event, by id; the same objects for the same rows."""
    rows = tx.all(_OF_EVENT, project_id=project_id, event_name=event_name)
    return _together(project_id, event_name, tuple([tuple(row.values()) for row in rows])) if rows else ()


def projects_with(tx: Transaction, event_name: str) -> list[int]:
    """The ids of the projects that have an action bound to an event, ascending."""
    return tx.column(_PROJECTS, event_name=event_name)


def create(
    call: Call, project: Any, event_name: str | None, action_name: str | None, given: Mapping[str, Any]
) -> int | None:
    """Give a project an action, of a client's values; answers its id.

    None, and nothing is written, when there is no such project, action or event, when the action can't be bound to the
    event, and when a parameter is missing or null or isn't one of the action's. What the values mean isn't looked at.
    Raises InvalidParams when one is an array or an object.
    """
    if any(isinstance(value, (list, dict)) for value in given.values()):
        raise InvalidParams("Argument params must not hold arrays or objects")
    project_id = validation.integer(project)
    found = call.server.actions.find(action_name or "")
    if project_id is None or found is None or event_name not in found.events:
        return None
    values = {name: to_text(value) for name, value in given.items()}
    if values.keys() != {*found.action.parameters} or None in values.values():
        return None
    try:
        rule_id = call.tx.insert(_INSERT, project_id=project_id, event_name=event_name, action_name=action_name)
    except Conflict:
        return None
    call.tx.run_many(
        _INSERT_VALUE, [{"action_id": rule_id, "name": name, "value": value} for name, value in values.items()]
    )
    return rule_id


def remove(tx: Transaction, rule_id: int) -> bool:
    """Take an action away from its project, with its values; false when there is none."""
    return tx.run(_DELETE, id=rule_id) > 0


@functools.lru_cache(512)
def _together(project_id: int, event_name: str, rows: tuple[tuple[Any, ...], ...]) -> tuple[Rule, ...]:
    """Rules, of rows with a value each; made once, for they seldom change and are read whenever a task does."""
    found: list[Rule] = []
    for rule_id, action_name, name, value in rows:
        if not found or found[-1].id != rule_id:
            values: dict[str, str] = {}
            found.append(Rule(rule_id, project_id, event_name, action_name, values))
        if name is not None:
            values[name] = value
    return tuple(found)
