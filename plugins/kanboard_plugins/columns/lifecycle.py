"""A column's life: it is added, changed, removed. Source: spec page "columns".

Titles are unique in a project, by exact comparison; nothing else is asked of them but to be there.
"""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.columns import order
from kanboard_plugins.columns.models import Column
from kanboard_plugins.columns.scopes import PROJECT_OF_COLUMN

_BY_ID = Column.id == param("column_id")

_COLUMN = statement(Column.select().where(_BY_ID))
_INSERT = insertion(Column, "project_id", "title", "position", "task_limit", "description", "hide_in_dashboard")
_CHANGE = statement(
    Column.update(
        {
            Column.title: param("title"),
            Column.task_limit: param("task_limit"),
            Column.description: param("description"),
            Column.hide_in_dashboard: 0,
        }
    ).where(_BY_ID)
)
# Whoever puts a task in the column, in whatever project and with whatever program, waits, and then there is no column.
_TO_BE_REMOVED = statement(Column.select(Column.id).where(_BY_ID).for_update())
_DELETE = statement(Column.delete().where(_BY_ID))
# Looked for first: an insert that fails uses up an id on PostgreSQL.
_TITLED = statement(
    Column.select(Column.id).where((Column.project_id == param("project_id")) & (Column.title == param("title")))
)


def find(tx: Transaction, column_id: int) -> Row | None:
    """The column, all table columns; None for an unknown id."""
    return tx.one(_COLUMN, column_id=column_id)


def add(tx: Transaction, project_id: int, title: str | None, task_limit: int, description: str | None) -> int | None:
    """Add a column behind the others of the project; answers its id.

    None when there is no title, the project has a column of that title, or there is no such project.
    """
    if title is None:
        return None
    tx.lock_projects(project_id)
    if tx.scalar(_TITLED, project_id=project_id, title=title) is not None:
        return None
    try:
        return tx.insert(
            _INSERT,
            project_id=project_id,
            title=title,
            position=order.next_position(tx, project_id),
            task_limit=task_limit,
            description=description,
            hide_in_dashboard=0,
        )
    except Conflict:
        return None


def change(tx: Transaction, column_id: int, title: str | None, task_limit: int, description: str | None) -> bool:
    """Write title, limit and description; the column is shown on dashboards again.

    False when there is no title or another column of the project has it. An unknown column is no failure, whatever it
    is to be called.
    """
    try:
        tx.run(_CHANGE, column_id=column_id, title=title, task_limit=task_limit, description=description)
    except Conflict:
        return False
    return True


def remove(call: Call, column_id: int) -> bool:
    """Remove a column; transitions, statistics and restrictions go with it, the other positions stay.

    False when there is no such column or something (a task, open or closed) is in it.
    """
    call.tx.lock_projects_of(PROJECT_OF_COLUMN, value=column_id)
    if call.tx.scalar(_TO_BE_REMOVED, column_id=column_id) is None:
        return False
    if any(call.server.plugins.call("column_in_use", call=call, column_id=column_id)):
        return False
    call.tx.run(_DELETE, column_id=column_id)
    return True
