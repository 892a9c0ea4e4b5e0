"""What a plugin takes part in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from kanboard_core.database import Row
from kanboard_core.hooks.markers import hookspec

if TYPE_CHECKING:
    from kanboard_core.calls import Call


@hookspec
def project_created(call: Call, project_id: int) -> None:
    """A project was made: add what every new project has in the plugin's tables (columns, a swimlane, ...).

    In the writer's thread, in the transaction of the call. Also called in disabled built-in plugins.
    """


@hookspec
def project_removing(call: Call, project_id: int) -> None:
    """A project is about to be removed: remove what foreign keys don't (tags, files).

    In the writer's thread, in the transaction of the call, while everything still stands. Also called in disabled
    built-in plugins, and for ids that no project has (any more): what is left of them goes too.
    """


@hookspec
def task_tags_given(call: Call, task_id: int, project_id: int, names: Sequence[str], replace: bool) -> None:
    """A task was made or changed with a list of tag names (no empty ones): attach them, making what is missing.

    ``replace``: the names take the place of the tags that the task had. In the writer's thread, in the transaction of
    the call, before the task's events. Also called in disabled built-in plugins.
    """


@hookspec
def task_closing(call: Call, task_id: int) -> None:
    """A task was closed: close what is inside it (subtasks).

    In the writer's thread, in the transaction of the call, before the task's event. Also called in disabled built-in
    plugins.
    """


@hookspec
def task_duplicated(call: Call, task_id: int, copy_id: int) -> None:
    """A task was copied, into its own project or another: copy what belongs to it in the plugin's tables.

    ``copy_id``: the new task, which stands already. In the writer's thread, in the transaction of the call, after the
    events of the copy's creation. Also called in disabled built-in plugins. Plugins that raise events keep Kanboard's
    order: internal links come before files.
    """


@hookspec
def task_recurred(call: Call, task_id: int, copy_id: int) -> None:
    """The next task of a recurring one was made: copy what belongs to every one of them in the plugin's tables.

    ``copy_id``: the next task, which stands already. That is less than ``task_duplicated`` copies. In the writer's
    thread, in the transaction of the call, after the events of the new task. Also called in disabled built-in plugins.
    """


@hookspec
def task_moved_to_project(call: Call, task_id: int, project_id: int) -> None:
    """A task was moved to another project: let what belongs to it in the plugin's tables fit there.

    ``project_id``: the new project, in which the task stands already. In the writer's thread, in the transaction of
    the call, before the task's event. Also called in disabled built-in plugins.
    """


@hookspec
def task_removing(call: Call, task_id: int) -> None:
    """A task is about to be removed: remove what foreign keys don't (files).

    In the writer's thread, in the transaction of the call, while everything still stands. Also called in disabled
    built-in plugins.
    """


@hookspec
def tasks_changing(call: Call, project_id: int, columns: Collection[str]) -> None:
    """Tasks of a project are about to change, come or go, and no event will count that: look at them as they are.

    ``columns``: those of the table of tasks that change. Called for both projects before a task is moved from one to
    the other, and before automatic actions change tasks without an event; a task that is removed has a hook of its own.
    In the writer's thread, in the transaction of the call, which has the lock of the project. Also called in disabled
    built-in plugins.
    """


@hookspec
def subtasks_listed(call: Call, subtasks: Sequence[Row]) -> None:
    """Subtasks are about to be shown, in an answer or an event: write into them what the plugin knows (a timer).

    ``subtasks``: objects as ``getAllSubtasks`` answers them, of one task or several; never none. In the thread and the
    transaction of the call, which may be one that only reads. Also called in disabled built-in plugins.
    """


@hookspec
def user_created(call: Call, user_id: int) -> None:
    """An account was made: add what every new account has in the plugin's tables (notification types, ...).

    In the writer's thread, in the transaction of the call. Also called in disabled built-in plugins.
    """


@hookspec
def user_removing(call: Call, user_id: int) -> None:
    """An account is about to be removed: let go of it where no foreign key does (assignees, authors, private projects).

    In the writer's thread, in the transaction of the call, while the row still stands. Also called in disabled
    built-in plugins.
    """


@hookspec
def user_disabled(call: Call, user_id: int) -> None:
    """An account was disabled: do what goes with it (its private projects are disabled).

    In the writer's thread, in the transaction of the call. Also called in disabled built-in plugins.
    """


@hookspec
def category_removing(call: Call, category_id: int) -> None:
    """A category is about to be removed: let go of it.

    In the writer's thread, in the transaction of the call. Also called in disabled built-in plugins.
    """


@hookspec
def column_in_use(call: Call, column_id: int) -> bool:
    """Answer whether the plugin's rows keep a column from being removed.

    In the writer's thread, in the transaction of the call. One True is enough. Also called in disabled
    built-in plugins.
    """
    raise NotImplementedError


@hookspec
def swimlane_in_use(call: Call, swimlane_id: int) -> bool:
    """Answer whether the plugin's rows keep a swimlane from being removed.

    In the writer's thread, in the transaction of the call. One True is enough. Also called in disabled
    built-in plugins.
    """
    raise NotImplementedError
