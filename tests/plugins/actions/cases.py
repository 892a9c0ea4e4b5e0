"""What each action on a single task does: the table of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

CREATED, UPDATED, BOTH = "task.create", "task.update", "task.create_update"
REASSIGNED, CLOSED = "task.assignee_change", "task.close"
COLUMN, SWIMLANE, LINKED = "task.move.column", "task.move.swimlane", "task_internal_link.create_update"
ON_CREATION, ON_UPDATE = (BOTH, CREATED), (BOTH, UPDATED)

#: a field that holds this is about now
NOW = object()


@dataclass(frozen=True, slots=True)
class Days:
    """A field that holds the moment so many days from now."""

    count: int


@dataclass(frozen=True, slots=True)
class Case:
    """An action, what happens, and what becomes of the task."""

    action: str
    event: str
    params: dict[str, Any]
    #: the call that raises the event: a procedure and its arguments
    does: tuple[Any, ...]
    #: fields of the task afterwards, that are otherwise without the action
    becomes: dict[str, Any]
    #: events of the action, which come after those of the call
    raises: Sequence[str] = ()
    #: params with which nothing happens; those that differ
    unless: dict[str, Any] = field(default_factory=dict)
    #: the fields of the task before
    before: dict[str, Any] = field(default_factory=dict)
    #: whether bob calls, and not the application
    by_bob: bool = False


def moved(column: str, lane: str = "@lane") -> tuple[Any, ...]:
    return ("moveTaskPosition", "@project", "@task", column, 1, lane)


def updated(**fields: Any) -> tuple[Any, ...]:
    return ("updateTask", {"id": "@task", **fields})


def created(**fields: Any) -> tuple[Any, ...]:
    return ("createTask", {"title": "New", "project_id": "@project", **fields})


CLOSE = ("closeTask", "@task")
RED = {"color_id": "red"}

CASES = [
    # colours
    Case(
        "TaskAssignColorColumn",
        COLUMN,
        {"column_id": "@ready", **RED},
        moved("@ready"),
        RED,
        unless={"column_id": "@done"},
    ),
    Case(
        "TaskAssignColorColumn",
        CREATED,
        {"column_id": "@ready", **RED},
        created(column_id="@ready"),
        RED,
        unless={"column_id": "@done"},
    ),
    Case(
        "TaskAssignColorSwimlane",
        SWIMLANE,
        {"swimlane_id": "@low", **RED},
        moved("@backlog", "@low"),
        RED,
        unless={"swimlane_id": "@lane"},
    ),
    Case(
        "TaskAssignColorSwimlane",
        CREATED,
        {"swimlane_id": "@low", **RED},
        created(swimlane_id="@low"),
        RED,
        unless={"swimlane_id": "@lane"},
    ),
    Case(
        "TaskAssignColorUser",
        REASSIGNED,
        {"user_id": "@eve", **RED},
        updated(owner_id="@eve"),
        RED,
        unless={"user_id": "@bob"},
    ),
    Case("TaskAssignColorUser", CREATED, {"user_id": 0, **RED}, created(), RED, unless={"user_id": ""}),
    Case(
        "TaskAssignColorCategory",
        BOTH,
        {"category_id": "@bug", **RED},
        updated(category_id="@bug"),
        RED,
        unless={"category_id": "@idea"},
    ),
    Case(
        "TaskAssignColorPriority", BOTH, {"priority": "02", **RED}, updated(priority=2), RED, unless={"priority": "2x"}
    ),
    Case("TaskAssignColorPriority", BOTH, {"priority": 0, **RED}, created(), RED, unless={"priority": ""}),
    Case(
        "TaskAssignColorLink",
        LINKED,
        {"link_id": 2, **RED},
        ("createTaskLink", "@task", "@friend", 2),
        RED,
        unless={"link_id": 1},
    ),
    Case(
        "TaskAssignColorLink",
        LINKED,
        {"link_id": 3, **RED},
        ("createTaskLink", "@friend", "@task", 2),
        RED,
        unless={"link_id": 2},
    ),
    # categories and priorities
    Case(
        "TaskAssignCategoryColor",
        BOTH,
        {"category_id": "@bug", **RED},
        updated(color_id="red"),
        {"category_id": "@bug"},
        ON_UPDATE,
        unless={"color_id": "blue"},
        before={"category_id": "@idea"},
    ),
    Case(
        "TaskAssignCategorySwimlaneChange",
        SWIMLANE,
        {"swimlane_id": "@low", "category_id": "@bug"},
        moved("@backlog", "@low"),
        {"category_id": "@bug"},
        unless={"swimlane_id": "@lane"},
    ),
    Case(
        "TaskAssignCategoryLink",
        LINKED,
        {"link_id": 2, "category_id": "@bug"},
        ("createTaskLink", "@task", "@friend", 2),
        {"category_id": "@bug"},
        ON_UPDATE,
        unless={"link_id": 4},
    ),
    Case(
        "TaskAssignPrioritySwimlane",
        SWIMLANE,
        {"swimlane_id": "@low", "priority": 3},
        moved("@backlog", "@low"),
        {"priority": 3},
        ON_UPDATE,
        unless={"swimlane_id": "@lane"},
    ),
    # assignment
    Case(
        "TaskAssignSpecificUser",
        COLUMN,
        {"column_id": "@ready", "user_id": "@eve"},
        moved("@ready"),
        {"owner_id": "@eve"},
        [REASSIGNED],
        unless={"column_id": "@done"},
        before={"owner_id": "@bob"},
    ),
    Case(
        "TaskAssignSpecificUser",
        BOTH,
        {"column_id": "@backlog", "user_id": "@eve"},
        updated(title="Other"),
        {"owner_id": "@eve"},
        [REASSIGNED],
        unless={"user_id": "somebody"},
    ),
    Case(
        "TaskAssignUserSwimlaneChange",
        SWIMLANE,
        {"swimlane_id": "@low", "user_id": "@eve"},
        moved("@backlog", "@low"),
        {"owner_id": "@eve"},
        unless={"swimlane_id": "@lane"},
    ),
    Case(
        "TaskAssignCreator",
        COLUMN,
        {"column_id": "@ready"},
        moved("@ready"),
        {"owner_id": "@bob"},
        [REASSIGNED],
        unless={"column_id": "@done"},
        before={"owner_id": "@eve"},
    ),
    Case(
        "TaskAssignToUserOnCreationInColumn",
        CREATED,
        {"column_id": "@ready"},
        created(column_id="@ready", creator_id="@eve"),
        {"owner_id": "@eve"},
        [REASSIGNED],
        unless={"column_id": "@done"},
    ),
    Case(
        "TaskAssignCurrentUser", CREATED, {}, created(owner_id="@eve"), {"owner_id": "@bob"}, [REASSIGNED], by_bob=True
    ),
    Case(
        "TaskAssignCurrentUserColumn",
        COLUMN,
        {"column_id": "@ready"},
        moved("@ready"),
        {"owner_id": "@bob"},
        [REASSIGNED],
        unless={"column_id": "@done"},
        before={"owner_id": "@eve"},
        by_bob=True,
    ),
    Case(
        "TaskAssignCurrentUserColumnIfNoUserAlreadySet",
        COLUMN,
        {"column_id": "@ready"},
        moved("@ready"),
        {"owner_id": "@bob"},
        [REASSIGNED],
        unless={"column_id": "@done"},
        by_bob=True,
    ),
    # dates
    Case(
        "TaskAssignDueDateOnCreation",
        CREATED,
        {"duration": 3},
        created(date_due="2030-01-01 10:00"),
        {"date_due": Days(3)},
        unless={"duration": "three"},
    ),
    Case(
        "TaskAssignDueDateOnCreation",
        CREATED,
        {"duration": -2},
        created(),
        {"date_due": Days(-2)},
        unless={"duration": "1.5"},
    ),
    Case(
        "TaskAssignDueDateOnCreation",
        CREATED,
        {"duration": "0"},
        created(),
        {"date_due": Days(0)},
        unless={"duration": ""},
    ),
    Case(
        "TaskAssignDueDateOnMoveColumn",
        COLUMN,
        {"column_id": "@backlog", "duration": 1},
        moved("@ready"),
        {"date_due": Days(1)},
        unless={"column_id": "@ready"},
    ),
    Case(
        "TaskUpdateStartDate",
        COLUMN,
        {"column_id": "@ready"},
        moved("@ready"),
        {"date_started": NOW},
        unless={"column_id": "@backlog"},
        before={"date_started": "2020-01-01 10:00"},
    ),
    Case(
        "TaskUpdateStartDateOnMoveColumn",
        COLUMN,
        {"column_id": "@backlog"},
        moved("@ready"),
        {"date_started": NOW},
        unless={"column_id": "@ready"},
    ),
    # closing
    Case(
        "TaskCloseColumn",
        COLUMN,
        {"column_id": "@done"},
        moved("@done"),
        {"is_active": 0, "date_completed": NOW},
        [CLOSED],
        unless={"column_id": "@ready"},
    ),
    # moving
    Case(
        "TaskMoveColumnAssigned",
        REASSIGNED,
        {"src_column_id": "@backlog", "dest_column_id": "@doing"},
        updated(owner_id="@eve"),
        {"column_id": "@doing"},
        unless={"src_column_id": "@ready"},
    ),
    Case(
        "TaskMoveColumnAssigned",
        UPDATED,
        {"src_column_id": "@backlog", "dest_column_id": "@doing"},
        updated(owner_id="@eve", title="Other"),
        {"column_id": "@doing"},
        unless={"src_column_id": "@ready"},
    ),
    Case(
        "TaskMoveColumnUnAssigned",
        REASSIGNED,
        {"src_column_id": "@backlog", "dest_column_id": "@doing"},
        updated(owner_id=0),
        {"column_id": "@doing"},
        unless={"src_column_id": "@ready"},
        before={"owner_id": "@eve"},
    ),
    Case(
        "TaskMoveColumnCategoryChange",
        UPDATED,
        {"dest_column_id": "@doing", "category_id": "@bug"},
        updated(category_id="@bug"),
        {"column_id": "@doing"},
        unless={"category_id": "@idea"},
    ),
    Case(
        "TaskMoveColumnCategoryChange",
        CREATED,
        {"dest_column_id": "@doing", "category_id": "@bug"},
        created(category_id="@bug"),
        {"column_id": "@doing"},
        unless={"dest_column_id": "@backlog"},
    ),
    Case(
        "TaskMoveColumnClosed",
        CLOSED,
        {"dest_column_id": "@done"},
        CLOSE,
        {"column_id": "@done", "position": 1},
        [COLUMN],
        unless={"dest_column_id": "@backlog"},
    ),
    Case(
        "TaskMoveSwimlaneAssigned",
        REASSIGNED,
        {"user_id": "@eve", "dest_swimlane_id": "@low"},
        updated(owner_id="@eve"),
        {"swimlane_id": "@low", "column_id": "@backlog"},
        [SWIMLANE],
        unless={"dest_swimlane_id": "@lane"},
    ),
    Case(
        "TaskMoveSwimlaneCategoryChange",
        UPDATED,
        {"dest_swimlane_id": "@low", "category_id": "@bug"},
        updated(category_id="@bug"),
        {"swimlane_id": "@low", "column_id": "@backlog"},
        unless={"category_id": "@idea"},
    ),
    # other projects
    Case(
        "TaskMoveAnotherProject",
        CLOSED,
        {"column_id": "@backlog", "project_id": "@other"},
        CLOSE,
        {"project_id": "@other", "column_id": "@other_backlog", "is_active": 1, "date_completed": NOW},
        ["task.move.project"],
        unless={"project_id": "@project"},
    ),
    Case(
        "TaskMoveAnotherProject",
        COLUMN,
        {"column_id": "@done", "project_id": "@other"},
        moved("@done"),
        {"project_id": "@other", "column_id": "@other_done", "owner_id": "@bob"},
        ["task.move.project"],
        unless={"project_id": 999},
        before={"owner_id": "@bob"},
    ),
]
