"""The procedures of the group Task.

A task is an object with the columns of its row: `id`, `title`, `description`, `date_creation`, `color_id`,
`project_id`, `column_id`, `owner_id` (the assignee, 0: nobody), `position` (from 1, in its column and swimlane),
`is_active` (1: open, 0: closed), `date_completed`, `score`, `date_due`, `category_id` (0: none), `creator_id`,
`date_modification`, `reference`, `date_started`, `time_spent` and `time_estimated` (hours), `swimlane_id`,
`date_moved`, `recurrence_status`, `recurrence_trigger`, `recurrence_factor`, `recurrence_timeframe`,
`recurrence_basedate`, `recurrence_parent`, `recurrence_child`, `priority`, `external_provider`, `external_uri`; dates
are in Unix seconds. Where the description says so, also `url` and `color`, an object with `name`, `background` and
`border`.

A task that is found is an object with the same columns but the last two, and with those that tasks on boards have (see
`getBoard`) without `tags` and `is_draggable`.

An overdue task is an object with `id`, `title`, `date_due`, `project_id`, `creator_id`, `owner_id`, `project_name`,
`assignee_username` and `assignee_name`.

Source: spec page "tasks".
"""

from __future__ import annotations

from typing import Any, Literal

from kanboard_core import validation
from kanboard_core.arguments import Array, Id, Scalar, Text
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.permissions import ADMINISTRATORS, PROJECT, members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.application.colors import color_of
from kanboard_plugins.tasks import creation, duplication, fields, overdue, positions, removal, status, transfer, updates
from kanboard_plugins.tasks.fields import Refused
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.scopes import TASK
from kanboard_plugins.tasks.search import finding
from kanboard_plugins.tasks.search.finding import Query

_TASK = statement(Task.select().where(Task.id == param("id")))
_BY_REFERENCE = statement(
    Task.select()
    .where((Task.project_id == param("project_id")) & (Task.reference == param("reference")))
    .order_by(Task.id)
    .limit(1)
)
_InProject = Task.alias()
# The ids are looked for first: to put whole rows in order costs more.
_TASKS = statement(
    Task.select()
    .where(
        Task.id.in_(
            _InProject.select(_InProject.id).where(
                (_InProject.project_id == param("project_id")) & (_InProject.is_active == param("is_active"))
            )
        )
    )
    .order_by(Task.id)
)

_NO_TAGS: list[Any] = []


@procedure("createTask", access=members())
def create_task(
    call: Call,
    title: Scalar,
    project_id: Scalar,
    color_id: Scalar = "",
    column_id: Scalar = 0,
    owner_id: Scalar = 0,
    creator_id: Scalar = 0,
    date_due: Scalar = "",
    description: Scalar = "",
    category_id: Scalar = 0,
    score: Scalar = 0,
    swimlane_id: Scalar = None,
    priority: Scalar = 0,
    recurrence_status: Scalar = 0,
    recurrence_trigger: Scalar = 0,
    recurrence_factor: Scalar = 0,
    recurrence_timeframe: Scalar = 0,
    recurrence_basedate: Scalar = 0,
    reference: Scalar = "",
    tags: Array = _NO_TAGS,
    date_started: Scalar = "",
    time_spent: Scalar = None,
    time_estimated: Scalar = None,
) -> int | Literal[False]:
    """Add a task at the end of a column and swimlane; answers its id.

    Without ``column_id`` it is the first column, without ``swimlane_id`` the first active swimlane. ``date_due`` and
    ``date_started`` are texts such as ``2030-05-01 10:30`` in the application's time zone; ``time_spent`` and
    ``time_estimated`` are hours; ``tags`` are names. Answers false when a value breaks a rule (owner and creator must
    be assignable in the project), 0 when the project, the column or the swimlane doesn't exist.

    Emits ``task.create_update`` and ``task.create``, and ``task.user.mention`` for each account that the description
    mentions as ``@username``: one with notifications on and a role in the project, other than the caller.
    """
    names = fields.tag_names(tags)
    given = {
        "title": title,
        "project_id": project_id,
        "color_id": color_id,
        "column_id": column_id,
        "owner_id": owner_id,
        "creator_id": creator_id,
        "date_due": date_due,
        "description": description,
        "category_id": category_id,
        "score": score,
        "swimlane_id": swimlane_id,
        "priority": priority,
        "recurrence_status": recurrence_status,
        "recurrence_trigger": recurrence_trigger,
        "recurrence_factor": recurrence_factor,
        "recurrence_timeframe": recurrence_timeframe,
        "recurrence_basedate": recurrence_basedate,
        "reference": reference,
        "date_started": date_started,
        "time_spent": time_spent,
        "time_estimated": time_estimated,
    }
    try:
        return creation.create(call, given, names)
    except Refused:
        return False


@procedure("getTask", access=viewers(TASK), effect=READS)
def get_task(call: Call, task_id: Id) -> Row | None:
    """A task: the columns of its row, ``url`` and ``color``. Null when there is none."""
    row = call.tx.one(_TASK, id=task_id)
    return None if row is None else _shown(call, [row])[0]


@procedure("getTaskByReference", access=viewers(), effect=READS)
def get_task_by_reference(call: Call, project_id: Id, reference: Text) -> Row | None:
    """The task of a project with exactly this reference, the oldest of several; null when there is none."""
    row = call.tx.one(_BY_REFERENCE, project_id=project_id, reference=reference)
    return None if row is None else _shown(call, [row])[0]


@procedure("getAllTasks", access=viewers(), effect=READS)
def get_all_tasks(call: Call, project_id: Id, status_id: Id = 1) -> list[Row]:
    """The project's open (``status_id`` 1) or closed (0) tasks by id; an empty list for anything else."""
    return _shown(call, call.tx.all(_TASKS, project_id=project_id, is_active=status_id))


@procedure("getOverdueTasks", access=ADMINISTRATORS, effect=READS)
def get_overdue_tasks(call: Call) -> list[Row]:
    """The open tasks of all enabled projects whose due date has passed, by id."""
    return overdue.overdue_tasks(call.tx, call.now)


@procedure("getOverdueTasksByProject", access=viewers(), effect=READS)
def get_overdue_tasks_by_project(call: Call, project_id: Id) -> list[Row]:
    """The open tasks of a project whose due date has passed, by id; an empty list when it is disabled or unknown."""
    return overdue.overdue_tasks_of_project(call.tx, project_id, call.now)


@procedure("searchTasks", access=viewers(), effect=READS)
def search_tasks(call: Call, project_id: Scalar, query: Query) -> list[Row]:
    """The project's tasks, open and closed, that a query such as ``status:open assignee:me fix`` asks for, by id.

    All of them for an empty query; the language is described in ``docs/search.md``. The application may also name the
    project, with ``%`` and ``_`` as wildcards. An unknown project has no tasks.
    """
    return finding.find(call, project_id, query)


@procedure("updateTask", access=members(TASK.named("id")))
def update_task(
    call: Call,
    id: Scalar,
    title: Scalar = None,
    color_id: Scalar = None,
    owner_id: Scalar = None,
    date_due: Scalar = None,
    description: Scalar = None,
    category_id: Scalar = None,
    score: Scalar = None,
    priority: Scalar = None,
    recurrence_status: Scalar = None,
    recurrence_trigger: Scalar = None,
    recurrence_factor: Scalar = None,
    recurrence_timeframe: Scalar = None,
    recurrence_basedate: Scalar = None,
    reference: Scalar = None,
    tags: Array | None = None,
    date_started: Scalar = None,
    time_spent: Scalar = None,
    time_estimated: Scalar = None,
) -> bool:
    """Change a task; what is null stays as it is. A list of tags replaces the task's.

    True also when nothing differs; false for an unknown id or when a value breaks a rule (nothing is changed then).
    Emits ``task.assignee_change`` when only the owner differs, ``task.create_update`` and ``task.update`` when
    anything else does.
    """
    task_id = validation.integer(id)
    names = None if tags is None else fields.tag_names(tags)
    given = {
        "title": title,
        "color_id": color_id,
        "owner_id": owner_id,
        "date_due": date_due,
        "description": description,
        "category_id": category_id,
        "score": score,
        "priority": priority,
        "recurrence_status": recurrence_status,
        "recurrence_trigger": recurrence_trigger,
        "recurrence_factor": recurrence_factor,
        "recurrence_timeframe": recurrence_timeframe,
        "recurrence_basedate": recurrence_basedate,
        "reference": reference,
        "date_started": date_started,
        "time_spent": time_spent,
        "time_estimated": time_estimated,
    }
    try:
        return task_id is not None and updates.update(
            call, task_id, {name: value for name, value in given.items() if value is not None}, names
        )
    except Refused:
        return False


@procedure("openTask", access=members(TASK))
def open_task(call: Call, task_id: Id) -> bool:
    """Open a task, also one that is open; false when there is none. Emits ``task.open``."""
    return status.open_task(call, task_id)


@procedure("closeTask", access=members(TASK))
def close_task(call: Call, task_id: Id) -> bool:
    """Close a task, also one that is closed, and its subtasks; false when there is none.

    The next task of one that recurs on closing is made. Emits ``task.close``.
    """
    return status.close_task(call, task_id)


@procedure("removeTask", access=members(TASK))
def remove_task(call: Call, task_id: Id) -> bool:
    """Remove a task and everything inside it; false when there is none. The others keep their positions."""
    return removal.remove(call, task_id)


@procedure("moveTaskPosition", access=members(TASK))
def move_task_position(
    call: Call, project_id: Id, task_id: Id, column_id: Scalar, position: Scalar, swimlane_id: Scalar
) -> bool:
    """Put a task at a position (from 1) of a column and swimlane; the open tasks around it close up.

    A position behind the end is the end; ``swimlane_id`` 0 or null is the task's own swimlane. False when the task
    isn't in the project, stands there already, the position isn't a whole number from 1 on, or column or swimlane
    don't exist; nothing is changed then. The next task of one that recurs on leaving the first column, or on
    reaching the last one, is made. Emits ``task.move.swimlane``, ``task.move.column`` or ``task.move.position``.
    """
    return positions.move_as_asked(call, project_id, task_id, column_id, position, swimlane_id)


@procedure("moveTaskToProject", access=members(TASK, PROJECT))
def move_task_to_project(
    call: Call,
    task_id: Id,
    project_id: Id,
    swimlane_id: Id | None = None,
    column_id: Id | None = None,
    category_id: Id | None = None,
    owner_id: Id | None = None,
) -> bool:
    """Move a task to a project, which may be its own; a closed one is open then.

    ``swimlane_id``, ``column_id`` and ``category_id`` (null: those of the task) may be of any project: what has the
    same name in the destination counts, else its first active swimlane, its first column, no category. ``owner_id``
    (null: that of the task, 0: nobody) stays if the account is active and has a role in the destination, or an
    administrator calls. A priority that the destination doesn't have becomes its default. Tags follow by their names.

    False for an unknown task. True, but nothing is changed, when there is no such project or no column or active
    swimlane in it. Emits ``task.move.project``.
    """
    options = {
        "swimlane_id": swimlane_id,
        "column_id": column_id,
        "category_id": category_id,
        "owner_id": owner_id,
    }
    return transfer.move_to_project(call, task_id, project_id, options)


@procedure("duplicateTaskToProject", access=members(TASK, PROJECT))
def duplicate_task_to_project(
    call: Call,
    task_id: Id,
    project_id: Id,
    swimlane_id: Id | None = None,
    column_id: Id | None = None,
    category_id: Id | None = None,
    owner_id: Id | None = None,
) -> int:
    """Copy a task into a project, which may be its own; answers the id of the copy, which is open.

    Where it goes is decided as by ``moveTaskToProject``; its creator is the caller. Comments, metadata and internal
    links aren't copied, nor are the time spent and when the task was started or completed. Files are shared.

    0 when there is no such task, no such project or no column or active swimlane in it. Emits what ``createTask``
    does, and ``task.file.create`` for each file.
    """
    options = {
        "swimlane_id": swimlane_id,
        "column_id": column_id,
        "category_id": category_id,
        "owner_id": owner_id,
    }
    return duplication.duplicate_to_project(call, task_id, project_id, options)


def _shown(call: Call, rows: list[Row]) -> list[Row]:
    """Rows of the table as clients get them: with ``url`` and ``color``."""
    if not rows:
        return rows
    url = f"{call.base_url}task/"
    shades: dict[str | None, dict[str, str] | None] = {}
    for row in rows:
        color_id = row["color_id"]
        if color_id not in shades:
            shades[color_id] = color_of(call.tx, color_id)
        row["url"] = f"{url}{row['id']}"
        row["color"] = shades[color_id]
    return rows
