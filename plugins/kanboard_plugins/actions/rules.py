"""The automatic actions that projects have: finding, adding and removing them. Source: spec page "actions"."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from peewee import JOIN, fn

from kanboard_core import validation
from kanboard_core.actions import Rule
from kanboard_core.arguments import InvalidParams, to_text
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.actions.models import StoredRule, StoredValue

# A row for each value of a parameter, one without for an action that has none.
_IN_PROJECT = (
    StoredRule.select(StoredRule.id, StoredRule.event_name, StoredRule.action_name, StoredValue.name, StoredValue.value)
    .join(StoredValue, JOIN.LEFT_OUTER, on=(StoredValue.action_id == StoredRule.id))
    .where(StoredRule.project_id == param("project_id"))
    .order_by(StoredRule.id, StoredValue.id)
)
_OF_PROJECT = statement(_IN_PROJECT)
_OF_EVENT = statement(_IN_PROJECT.where(StoredRule.event_name == param("event_name")))
_PROJECTS = statement(
    StoredRule.select(StoredRule.project_id)
    .where(StoredRule.event_name == param("event_name"))
    .group_by(StoredRule.project_id)
    .order_by(fn.MIN(StoredRule.id))
)
_INSERT = insertion(StoredRule, "project_id", "event_name", "action_name")
_INSERT_VALUE = insertion(StoredValue, "action_id", "name", "value")
_DELETE = statement(StoredRule.delete().where(StoredRule.id == param("id")))


def of_project(tx: Transaction, project_id: int) -> tuple[Rule, ...]:
    """The actions of a project, in the order in which they were added, which is that of their ids."""
    return _rules(project_id, tx.all(_OF_PROJECT, project_id=project_id))


def of_event(tx: Transaction, project_id: int, event_name: str) -> tuple[Rule, ...]:
    """The actions of a project that are bound to an event, by id; the same objects for the same rows."""
    return _rules(project_id, tx.all(_OF_EVENT, project_id=project_id, event_name=event_name))


def projects_with(tx: Transaction, event_name: str) -> list[int]:
    """The ids of the projects that have an action bound to an event, in the order of the first action of each."""
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


def _rules(project_id: int, rows: list[Row]) -> tuple[Rule, ...]:
    return _together(project_id, tuple([tuple(row.values()) for row in rows])) if rows else ()


@functools.lru_cache(512)
def _together(project_id: int, rows: tuple[tuple[Any, ...], ...]) -> tuple[Rule, ...]:
    """Rules, of rows with a value each; made once, for they seldom change and are read whenever a task does."""
    found: list[Rule] = []
    for rule_id, event_name, action_name, name, value in rows:
        if not found or found[-1].id != rule_id:
            values: dict[str, str] = {}
            found.append(Rule(rule_id, project_id, event_name, action_name, values))
        if name is not None:
            values[name] = value
    return tuple(found)
