"""What a plugin brings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kanboard_core.database import Model
from kanboard_core.hooks.markers import hookspec

if TYPE_CHECKING:
    import click

    from kanboard_core.actions import Action, FurtherEvents
    from kanboard_core.backends import Backend
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
    from kanboard_core.task_details import TaskDetail


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
