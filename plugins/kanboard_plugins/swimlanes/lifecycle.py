"""A swimlane's life: it is added, changed, removed. Source: spec page "swimlanes".

Names are unique in a project, by exact comparison.
"""

from __future__ import annotations

from typing import Any

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.projects.lookup import PROJECT_BY_ID
from kanboard_plugins.swimlanes import order
from kanboard_plugins.swimlanes.models import Swimlane

#: the swimlane that every new project has; afterwards it is one like any other
DEFAULT_NAME = "Default swimlane"
#: in characters; only a change is checked
LONGEST_NAME = 191

_BY_ID = Swimlane.id == param("swimlane_id")
_IN_PROJECT = Swimlane.project_id == param("project_id")

_SWIMLANE = statement(Swimlane.select().where(_BY_ID))
_SWIMLANE_OF_PROJECT = statement(Swimlane.select(Swimlane.id).where(_BY_ID & _IN_PROJECT))
_BY_NAME = statement(Swimlane.select().where(_IN_PROJECT & (Swimlane.name == param("name"))))
_INSERT = insertion(Swimlane, "project_id", "name", "position", "is_active", "description", "task_limit")
# Whoever puts a task in the swimlane, in whatever project and with whatever program, waits, and then there is none.
_TO_BE_REMOVED = statement(Swimlane.select(Swimlane.id).where(_BY_ID & _IN_PROJECT).for_update())
_DELETE = statement(Swimlane.delete().where(_BY_ID))


class UnknownProject(Exception):
    """A swimlane was to be added to a project that there isn't."""


def find(tx: Transaction, swimlane_id: int) -> Row | None:
    """The swimlane, active or not, all table columns; None for an unknown id."""
    return tx.one(_SWIMLANE, swimlane_id=swimlane_id)


def find_by_name(tx: Transaction, project_id: int, name: str | None) -> Row | None:
    """The project's swimlane of exactly that name, active or not; None when there is none."""
    return tx.one(_BY_NAME, project_id=project_id, name=name)


def is_in_project(tx: Transaction, project_id: int, swimlane_id: int) -> bool:
    """Whether the project has that swimlane, active or not."""
    return tx.scalar(_SWIMLANE_OF_PROJECT, project_id=project_id, swimlane_id=swimlane_id) is not None


def add(tx: Transaction, project_id: int, name: str | None, description: str | None) -> int | None:
    """Add an active swimlane below the other active ones of the project; answers its id.

    None when there is no name or the project has a swimlane of that name. Raises UnknownProject.
    """
    tx.lock_projects(project_id)
    if tx.one(PROJECT_BY_ID, id=project_id) is None:
        raise UnknownProject
    # Looked for first: an insert that fails uses up an id on PostgreSQL.
    if name is None or find_by_name(tx, project_id, name) is not None:
        return None
    try:
        return tx.insert(
            _INSERT,
            project_id=project_id,
            name=name,
            position=order.next_position(tx, project_id),
            is_active=1,
            description=description,
            task_limit=0,
        )
    except Conflict:
        return None


def change(tx: Transaction, project_id: int, swimlane_id: int, name: str | None, description: str | None) -> bool:
    """Write name and description; a description of None is left as it is.

    False when the project has no such swimlane, or the name is missing, empty, too long or another's.
    """
    if not name or len(name) > LONGEST_NAME or not is_in_project(tx, project_id, swimlane_id):
        return False
    values: dict[str, Any] = {"name": name}
    if description is not None:
        values["description"] = description
    try:
        return tx.update(Swimlane, swimlane_id, values) > 0
    except Conflict:
        return False


def remove(call: Call, project_id: int, swimlane_id: int) -> bool:
    """Remove a swimlane; the active ones close up.

    False when the project has no such swimlane or something (a task, open or closed) is in it.
    """
    call.tx.lock_projects(project_id)
    if call.tx.scalar(_TO_BE_REMOVED, project_id=project_id, swimlane_id=swimlane_id) is None:
        return False
    if any(call.server.plugins.call("swimlane_in_use", call=call, swimlane_id=swimlane_id)):
        return False
    call.tx.run(_DELETE, swimlane_id=swimlane_id)
    order.close_up(call.tx, project_id)
    return True
