"""Hook specifications: everything a plugin can take part in, with when, with what, in which thread and transaction.

A plugin is a module (usually a package's ``__init__``) named by an entry point of the group ``kanboard.plugins``. It
implements any of these functions, decorated with ``hookimpl``, and may name in ``requires`` the plugins it builds on.
Implementations take as many of the arguments as they need. Arguments are only ever added.

What a plugin brings (``register_...``) is asked once at start-up; an exception leaves the plugin out, and those that
require it. Whatever else it takes part in runs in the thread and the transaction of a call. The part of a built-in
plugin belongs to the call: an exception undoes both. Another plugin's runs in a savepoint of its own: an exception is
undone, logged and reported, and the call goes on. ``ProcedureError``, ``Forbidden`` and ``InvalidParams`` are answers
to the caller and undo the call, whoever raises them. Plugins that require others are called before those; an
implementation marked ``hookimpl(tryfirst=True)`` is called before all others, one with ``trylast=True`` after them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from kanboard_core.database import Model, Row, Statement

if TYPE_CHECKING:
    import click

    from kanboard_core.actions import Action, FurtherEvents
    from kanboard_core.backends import Backend
    from kanboard_core.calls import Call
    from kanboard_core.carriers import Carrier
    from kanboard_core.configuration.options import Section
    from kanboard_core.daily import DailyJob
    from kanboard_core.database.migrations import Migration
    from kanboard_core.events import BoundReaction, EventType
    from kanboard_core.extensions import Extension
    from kanboard_core.external_links import ExternalLinkProvider
    from kanboard_core.file_storage import FileArea, FileStorage
    from kanboard_core.health import HealthCheck
    from kanboard_core.notifications import NotificationType, ProjectNotificationType
    from kanboard_core.procedures import Procedure
    from kanboard_core.routes import Route
    from kanboard_core.search_filters import SearchFilter
    from kanboard_core.server import Server

PROJECT = "kanboard"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class TaskDetail:
    """A key that boards and dashboards show for a task, contributed by the plugin that owns the rows.

    ``statement`` is executed once for all tasks shown, with the parameter ``ids``; its rows have ``task_id`` and
    ``value``. With ``many`` the value of a task is the list of its rows (all columns); else that of its one row.
    Tasks without a row get ``default``, or the empty list. When the statement of a plugin that isn't built in fails,
    all tasks do; that is logged and reported.
    """

    __slots__ = ("built_in", "default", "key", "many", "plugin", "statement")

    def __init__(self, key: str, statement: Statement, *, default: Any = 0, many: bool = False) -> None:
        self.key = key
        self.statement = statement
        self.default = default
        self.many = many
        #: who contributes it; set when it is registered
        self.plugin = ""
        self.built_in = False

    def registered_by(self, plugin: str, *, built_in: bool) -> TaskDetail:
        """A copy that belongs to a plugin of one server."""
        registered = TaskDetail(self.key, self.statement, default=self.default, many=self.many)
        registered.plugin = plugin
        registered.built_in = built_in
        return registered


@hookspec
def register_configuration() -> Section:
    """Answer the section of the plugin in the configuration, which bears the plugin's name.

    Once at start-up, in the main thread, before the configuration is read. Its values are then at hand as
    ``server.configuration.text("NAME", "option")``. Also asked of disabled built-in plugins.
    """
    raise NotImplementedError


@hookspec
def register_models() -> Iterable[type[Model]]:
    """Answer the peewee models of the plugin's tables.

    Once at start-up, in the main thread. Also asked of disabled built-in plugins: their tables stay.
    """
    raise NotImplementedError


@hookspec
def register_migrations() -> Iterable[Migration]:
    """Answer the steps that make the plugin's tables, versions 1, 2, 3, ...

    Once at start-up, in the main thread. The steps that a database hasn't seen run before it is opened for calls, in a
    thread, each in a transaction of its own; one that fails leaves the plugin out. Not asked of a disabled plugin.
    """
    raise NotImplementedError


@hookspec
def register_procedures(server: Server) -> Iterable[Procedure]:
    """Answer the procedures to serve, usually ``declared_in(procedures)``.

    Once at start-up, in the main thread, before the database is open. Not asked of a disabled plugin. Two plugins with
    the same procedure stop the start, unless one declares that it overrides.
    """
    raise NotImplementedError


@hookspec
def register_extensions(server: Server) -> Iterable[Extension]:
    """Answer what is added to procedures of other plugins, made with ``extension(function, "getTask", ...)``.

    Once at start-up, in the main thread. The functions run after the procedure, in its thread and transaction, each in
    a savepoint of its own: one that raises is undone, logged and reported, and the answer goes out without it. Not
    asked of a disabled plugin.
    """
    raise NotImplementedError


@hookspec
def register_events() -> Iterable[EventType]:
    """Answer the kinds of events that the plugin raises.

    Once at start-up, in the main thread. Also asked of disabled built-in plugins.
    """
    raise NotImplementedError


@hookspec
def register_reactions(server: Server) -> Iterable[BoundReaction]:
    """Answer what is to run when events are raised, made with ``reaction(function, "task.create", ...)``.

    Once at start-up, in the main thread. The reactions themselves run in the writer's thread, in the transaction of
    the call that raised the event, each in a savepoint of its own. Not asked of a disabled plugin.
    """
    raise NotImplementedError


@hookspec
def register_actions(server: Server) -> Iterable[Action | FurtherEvents]:
    """Answer automatic actions that projects can be given, and further events for those of other plugins.

    Once at start-up, in the main thread. An action runs in the writer's thread, in the transaction of the call that
    raised its event, after the reactions of all plugins but those that come last, in a savepoint of its own: when it
    raises, what it did is undone, logged and reported, and the call and the other actions stand. A name that another
    plugin's action has leaves the plugin out. Not asked of a disabled plugin.
    """
    raise NotImplementedError


@hookspec
def register_authentication_backends(server: Server) -> Iterable[Backend]:
    """Answer ways to sign in, as an account or as the application; they are tried after the built-in ones.

    Once at start-up, in the main thread. An account back end's ``verify``, a directory's ``ask`` and a page back end's
    ``username`` run on the event loop, outside any transaction, and must not block it; the other methods run inside a
    database job. One that raises is no way in. Directories come last, and may let in names that no account has, for
    which they make one. Not asked of a disabled plugin.
    """
    raise NotImplementedError


@hookspec
def register_task_details(server: Server) -> Iterable[TaskDetail]:
    """Answer keys that boards show for a task: counts, labels, lists.

    Once at start-up, in the main thread. Also asked of disabled built-in plugins: the keys of answers never change.
    """
    raise NotImplementedError


@hookspec
def register_external_link_providers(server: Server) -> Iterable[ExternalLinkProvider]:
    """Answer kinds of addresses that tasks are linked to, beside files, attachments and web pages.

    Once at start-up, in the main thread. They are tried in the order of the plugins, the built-in ones last. Their
    methods run on the event loop, outside any transaction, and must not block it; one that raises accepts nothing, or
    the address becomes the title, which is logged and reported. A type that another plugin has leaves the plugin out.
    Also asked of disabled built-in plugins: the names of types in answers stay.
    """
    raise NotImplementedError


@hookspec
def register_notification_types(server: Server) -> Iterable[NotificationType | ProjectNotificationType]:
    """Answer ways in which accounts, or channels of projects, are told of events.

    Once at start-up, in the main thread. They are told by the plugin ``notifications``, in the writer's thread, in the
    transaction of the call that raised the event, each type in a savepoint of its own. A name that another plugin has
    leaves the plugin out. Not asked of a disabled plugin.
    """
    raise NotImplementedError


@hookspec
def register_search_filters() -> Iterable[SearchFilter]:
    """Answer what keys of the query language of ``searchTasks`` mean, such as ``tag`` in ``tag:urgent``.

    Once at start-up, in the main thread. Several plugins may contribute to one key: what one of them finds is found.
    Also asked of disabled built-in plugins: queries never change their meaning.
    """
    raise NotImplementedError


@hookspec
def register_file_storage(server: Server) -> FileStorage:
    """Answer a place for attachments, such as an object store.

    Once at start-up, in the main thread. It is used when ``[files] storage`` names the plugin. Its methods run in
    threads, outside any transaction. Also asked of disabled built-in plugins.
    """
    raise NotImplementedError


@hookspec
def register_file_areas() -> Iterable[FileArea]:
    """Answer which keys of the storage are the plugin's, and which rows name them: ``files check`` compares both.

    Once at start-up, in the main thread. Also asked of disabled built-in plugins.
    """
    raise NotImplementedError


@hookspec
def register_routes(server: Server) -> Iterable[Route]:
    """Answer pages to serve beside the JSON-RPC endpoint.

    Once at start-up, in the main thread. Their handlers run on the event loop, outside any transaction. Not asked of a
    disabled plugin. Two routes for the same requests stop the start.
    """
    raise NotImplementedError


@hookspec
def register_health_checks(server: Server) -> Iterable[HealthCheck]:
    """Answer what ``/ready`` is to look at.

    Once at start-up, in the main thread. The checks run on the event loop, outside any transaction, for at most five
    seconds. Not asked of a disabled plugin.
    """
    raise NotImplementedError


@hookspec
def register_carriers(server: Server) -> Iterable[Carrier]:
    """Answer what delivers messages of the outbox, each for one kind of them.

    Once at start-up, in the main thread. Their methods run on the event loop of the one process that delivers, outside
    any transaction, and must not block it. A kind that another plugin has leaves the plugin out. Not asked of a
    disabled plugin: messages of its kinds wait.
    """
    raise NotImplementedError


@hookspec
def register_daily_jobs(server: Server) -> Iterable[DailyJob]:
    """Answer what is to be done once a day.

    Once at start-up, in the main thread. The jobs run in their order, each in a transaction of its own, by
    ``kanboard-server cron`` in its process or in the writer's thread of one of the servers. One that raises is undone,
    logged and reported, and the others run. Not asked of a disabled plugin.
    """
    raise NotImplementedError


@hookspec
def register_commands() -> Iterable[click.Command]:
    """Answer commands, offered as ``kanboard-server NAME``.

    In the main thread of that process, when a command isn't one of the core's or when they are listed; no server runs
    in it. Not asked of a disabled plugin.
    """
    raise NotImplementedError


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


@hookspec
def server_started(server: Server) -> Awaitable[None] | None:
    """The database is open and calls are about to be accepted: open what the plugin needs, start its tasks.

    On the event loop, outside any transaction; must not block it. May be ``async``. With several workers it is called
    in each of their processes, as ``server_stopping`` is, while everything that comes before runs once, in their
    parent. Also called in disabled built-in plugins. An exception is logged and reported.
    """


@hookspec
def server_stopping(server: Server) -> Awaitable[None] | None:
    """No call is running any more, the database is still open: finish and close what ``server_started`` opened.

    On the event loop, outside any transaction; must not block it. May be ``async``. Also called in disabled built-in
    plugins. An exception is logged and reported.
    """
