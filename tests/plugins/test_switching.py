"""Every built-in plugin, switched off: its procedures are closed, and nothing else changes for anybody.

The plugins are found as the server finds them, so that a new one is covered without a line here.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.conformance.replay import Replay, load, names
from tests.plugins import furnished

from kanboard_core import models
from kanboard_core.calls import Call
from kanboard_core.configuration import load as load_configuration
from kanboard_core.database import Model
from kanboard_core.events import BoundReaction, Event, Reactions, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugin, Plugins, discovery
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.server import Server
from kanboard_core.testing import TOKEN, Client, RpcError, RunningServer, copy_database, running
from kanboard_plugins.tasks.procedures import create_task

# What a plugin looks after is the same on every engine, and found out about on one.
pytestmark = pytest.mark.sqlite

UNKNOWN = -32601
SETTINGS = ["authentication.api_failures=0", "server.base_url=http://kanboard.example/"]

ALL = discovery.load()
NAMES = sorted(plugin.name for plugin in ALL if plugin.built_in)

every_plugin = pytest.mark.parametrize("name", NAMES)


def put_together(plugins: Plugins) -> Server:
    """A server that never runs: what its plugins register."""
    return Server(load_configuration(environment={}, schema=plugins.schema), plugins)


@cache
def everything() -> Server:
    """The server with all plugins."""
    return put_together(ALL)


@cache
def without(*names: str) -> Plugins:
    """The plugins, these ones disabled."""
    return discovery.load(disabled=names)


def procedures_of(*names: str) -> list[Procedure]:
    return [served for served in everything().registry if served.plugin in names]


def others_than(name: str) -> list[Procedure]:
    return [served for served in everything().registry if served.plugin != name]


async def asked(server: RunningServer, calls: list[tuple[Procedure, Any]]) -> list[Any]:
    """The answers to calls; bob makes those that are closed to the application."""
    answers: list[Any] = [None] * len(calls)
    for username, password, users_only in (("jsonrpc", TOKEN, False), ("bob", furnished.TOKEN, True)):
        chosen = {
            number: (called.name, arguments)
            for number, (called, arguments) in enumerate(calls)
            if called.access.users_only == users_only
        }
        if chosen:
            _, told = await server.client(username, password).send(
                [
                    {"jsonrpc": "2.0", "id": number, "method": method, "params": arguments}
                    for number, (method, arguments) in chosen.items()
                ]
            )
            for answer in told:
                answers[answer["id"]] = answer.get("error", answer.get("result"))
    return answers


async def ready(server: RunningServer) -> tuple[int, Any]:
    async with server.session.get(server.base_url + "ready") as response:
        return response.status, await response.json()


# A database with something everywhere


@pytest.fixture
def usual(furnished_database: Path, tmp_path: Path) -> Path:
    """A copy of the furnished database for a server with every plugin."""
    return Path(shutil.copyfile(furnished_database, tmp_path / "usual.sqlite"))


@pytest.fixture
def switched(furnished_database: Path, tmp_path: Path) -> Path:
    """A copy of the furnished database for a server without one."""
    return Path(shutil.copyfile(furnished_database, tmp_path / "switched.sqlite"))


#: arguments of reading calls about the first set of rows, by the parameter's name
READING = {
    "column_id": 1,
    "email": "bob@example.org",
    "group_id": 1,
    "identifier": "ID1",
    "label": "relates to",
    "name": "Project 1",
    "project_ids": [1, 2],
    "query": "status:open",
    "reference": "ref 1",
    "user_id": 2,
    "username": "bob",
}


def readings(found: list[Procedure]) -> list[tuple[Procedure, Any]]:
    """A call of each procedure that reads."""
    return [
        (served, [READING.get(parameter.name, 1) for parameter in served.parameters.all if parameter.required])
        for served in found
        if served.effect.value == "reads"
    ]


def guest(*requires: str, **hooks: Any) -> Plugin:
    """A third party's plugin."""
    module = SimpleNamespace(requires=requires, **{hook: hookimpl(function) for hook, function in hooks.items()})
    return Plugin("guest", module, built_in=False, enabled=True, version="1", distribution="kanboard-guest")


def visitor(*requires: str) -> Plugin:
    """A third party's plugin that calls the functions of the plugins it requires, those that read."""

    @procedure("visit", access=ANYONE)
    def visit(call: Call, name: str) -> list[Any]:
        return [found.declared(call, *values) for found, values in readings(procedures_of(name)) if not found.is_async]

    def register_procedures() -> list[Procedure]:
        return [declaration(visit)]

    return guest(*requires, register_procedures=register_procedures)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def usual_answers(furnished_database: Path) -> dict[str, Any]:
    """What is answered when every plugin is on: by procedure, and by plugin what a visitor gets."""
    async with running(furnished_database, plugins=Plugins([*ALL, visitor(*NAMES)]), settings=SETTINGS) as server:
        calls = readings([*everything().registry])
        answers = await asked(server, calls)
        bob = server.client("bob", furnished.TOKEN)
        visits = {name: await bob.visit(name) for name in NAMES}
    return {**dict(zip((called.name for called, _ in calls), answers, strict=True)), **visits}


def test_the_furnished_database_has_rows_everywhere_and_answers_everything(
    furnished_database: Path, usual_answers: dict[str, Any]
) -> None:
    rows = furnished.contents(furnished_database, since=time.time())
    assert {table for table, found in rows.items() if not found} == {
        "kanboard_server_leases",
        "kanboard_server_outbox",
        "kanboard_server_pending_days",
    }
    assert furnished.dangling(furnished_database) == set()
    refused = {name: told for name, told in usual_answers.items() if isinstance(told, dict) and "code" in told}
    assert refused == {}
    [task, *_] = usual_answers["getBoard"][0]["columns"][0]["tasks"]
    assert (task["title"], len(task["tags"]), usual_answers["getMe"]["username"]) == ("Task 1", 1, "bob")
    assert usual_answers["columns"] == [usual_answers["getColumns"], usual_answers["getColumn"]]


# At the wire


@every_plugin
async def test_its_procedures_are_closed_and_all_others_are_served(name: str, database: Path) -> None:
    async with running(database, plugins=without(name), settings=SETTINGS) as server:
        application = server.client()
        calls = [(served, {"no such parameter": 1}) for served in everything().registry]
        for users_only in (False, True):  # a refused call would take the others in a batch with it
            chosen = [served for served, _ in calls if served.access.users_only == users_only]
            codes = await _codes(application, chosen, together=not users_only)
            assert codes.keys() == {served.name for served in chosen}
            assert {closed for closed, code in codes.items() if code == UNKNOWN} == {
                served.name for served in chosen if served.plugin == name
            }
        told = await application.call("rpc.discover")
        assert {method["name"] for method in told["methods"]} == {served.name for served in others_than(name)}
        status, states = await ready(server)
        assert (status, states["status"]) == (200, "ready")
        assert states["plugins"] == {other: "off" if other == name else "on" for other in NAMES}


async def _codes(client: Client, chosen: list[Procedure], *, together: bool) -> dict[str, int | None]:
    messages = [
        {"jsonrpc": "2.0", "id": served.name, "method": served.name, "params": {"no such parameter": 1}}
        for served in chosen
    ]
    answers = (await client.send(messages))[1] if together else [(await client.send(one))[1] for one in messages]
    return {served.name: answer.get("error", {}).get("code") for served, answer in zip(chosen, answers, strict=True)}


# Recordings

#: a recording with more exchanges takes too long
_EXCHANGES = 30
_RECORDINGS = 3


@cache
def exchanges_of(recording: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = load(recording)["exchanges"]
    return found


@cache
def called_in(recording: str) -> frozenset[str]:
    """The procedures that a recording calls, in lower case, as names are found without regard to case."""
    return frozenset(_calls_in(recording))


def _calls_in(recording: str) -> Iterator[str]:
    for exchange in exchanges_of(recording):
        request = exchange.get("request")
        if "raw" in exchange:
            try:
                request = json.loads(exchange["raw"])
            except ValueError:
                continue
        for message in request if isinstance(request, list) else [request]:
            if isinstance(message, dict) and isinstance(message.get("method"), str):
                yield message["method"].lower()


@cache
def cheap() -> list[str]:
    """Recordings that are fast: without pauses, and without passwords that have to be checked or kept."""
    matching = []
    for recording in names():
        exchanges = exchanges_of(recording)
        waits = any(exchange.get("wait") for exchange in exchanges)
        passwords = any((exchange.get("auth") or ["jsonrpc"])[0] != "jsonrpc" for exchange in exchanges)
        if len(exchanges) <= _EXCHANGES and not waits and not passwords and "createuser" not in called_in(recording):
            matching.append(recording)
    return matching


def names_of(found: list[Procedure]) -> set[str]:
    return {served.name.lower() for served in found}


def independent(name: str) -> Iterator[str]:
    """Recordings that call nothing of a plugin, and can't see whether it reacts.

    Who reacts writes rows, which only a recording sees that looks into the database itself after it called a plugin
    that raises such events.
    """
    parts = {part.plugin.name: part for part in everything().registrations}
    reacts_to = {event for bound in parts[name].reactions for event in bound.events}
    raising = {other for other, part in parts.items() if reacts_to & {event.name for event in part.events}}
    for recording in cheap():
        looks = any("sql" in exchange or "query" in exchange for exchange in exchanges_of(recording))
        called = called_in(recording)
        if called & names_of(procedures_of(name)) or (looks and called & names_of(procedures_of(*raising))):
            continue
        yield recording


def chosen(name: str) -> list[str]:
    """Of a few groups the recording that calls the most procedures; first come neighbours of the plugin."""
    plugin = ALL.get(name)
    neighbours = {*plugin.requires, *(other.name for other in ALL if name in other.requires)}
    nearby = names_of(procedures_of(*neighbours))
    by_group: dict[str, str] = {}
    for recording in sorted(independent(name), key=lambda found: (-len(called_in(found)), found)):
        by_group.setdefault(recording.partition("/")[0], recording)
    return sorted(by_group.values(), key=lambda found: (-len(called_in(found) & nearby), found))[:_RECORDINGS]


@pytest.mark.parametrize(("name", "recording"), [(name, recording) for name in NAMES for recording in chosen(name)])
async def test_recordings_without_it_match(name: str, recording: str, database: Path) -> None:
    async with running(database, plugins=without(name), settings=SETTINGS[:1]) as server:
        server.sql("UPDATE settings SET value = ? WHERE option = 'application_url'", server.base_url)
        lines = await Replay(server).differences(load(recording))
    assert not lines, "\n".join([load(recording)["about"], *lines])


def test_there_are_recordings_for_every_plugin() -> None:
    assert {name for name in NAMES if len(chosen(name)) < 3} == set()


# Answers and data


@every_plugin
async def test_boards_and_all_other_answers_stay_the_same(
    name: str, switched: Path, usual_answers: dict[str, Any]
) -> None:
    calls = readings(others_than(name))
    async with running(switched, plugins=without(name), settings=SETTINGS) as server:
        answers = await asked(server, calls)
    for (called, arguments), answer in zip(calls, answers, strict=True):
        assert answer == usual_answers[called.name], f"{called.name}{arguments}"


#: what is done about the first and the third set, one stage after the other; arguments by name are a mapping
STAGES: list[list[tuple[Any, ...]]] = [
    [
        ("createProject", "New"),
        ("createUser", "ann", "secret"),
        ("createTask", {"title": "New", "project_id": 1, "tags": ["new"], "category_id": 1}),
        ("updateTask", {"id": 3, "tags": ["urgent", "newer"]}),
        ("duplicateTaskToProject", 3, 2),
        ("moveTaskToProject", 3, 2),
        ("closeTask", 1),
        ("disableUser", 2),
    ],
    [
        ("removeTask", 1),
        ("removeCategory", 1),
        ("removeTag", 1),
        ("removeColumn", 13),
        ("removeSwimlane", 1, 4),
    ],
    [("removeUser", 2), ("removeGroup", 1)],
    [("removeProject", 1)],
]
#: what can't be removed, for there are tasks in it, or its content or the other half of a pair is missing
KEPT: list[tuple[Any, ...]] = [
    ("removeAllProjectFiles", 2),
    ("removeAllTaskFiles", 2),
    ("removeColumn", 5),
    ("removeProjectFile", 2, 2),
    ("removeSwimlane", 2, 2),
    ("removeTaskFile", 2),
    ("removeTaskLink", 2),
]

#: what Kanboard itself leaves. Source: spec page "storage", section 5
LEFT_BEHIND = {
    ("custom_filters", "project_id"),
    ("custom_filters", "user_id"),
    ("invites", "project_id"),
    ("project_has_files", "user_id"),
    ("projects", "owner_id"),
    ("tags", "project_id"),  # of the private projects that go with their owner
    ("task_has_external_links", "creator_id"),
    ("task_has_files", "user_id"),
    ("tasks", "creator_id"),
}


def stages(name: str) -> Iterator[list[tuple[Procedure, Any]]]:
    """The calls of each stage, as far as they are open; everything else that can be removed goes in the second."""
    registry = everything().registry
    known = {called for calls in STAGES for called, *_ in calls}
    others = [
        (served.name, *(_removed(parameter.name) for parameter in served.parameters.all if parameter.required))
        for served in sorted(registry, key=lambda served: served.name)
        if served.name.startswith("remove") and served.name not in known
    ]
    for number, calls in enumerate(STAGES):
        chosen = []
        for called, *arguments in [*KEPT, *others, *calls] if number == 1 else calls:
            served = registry.find(called)
            assert served, called
            named = arguments and isinstance(arguments[0], dict)
            if served.plugin != name:
                chosen.append((served, arguments[0] if named else arguments))
        yield chosen


def _removed(parameter: str) -> int | str:
    """An argument that leads to the second set."""
    return "name 2" if parameter == "name" else 3 if parameter == "user_id" else 2


@cache
def owned_tables() -> set[str]:
    """The tables that somebody looks after: the core or one of the plugins."""
    found = [model for part in everything().registrations for model in part.models]
    found += [value for value in vars(models).values() if isinstance(value, type) and issubclass(value, Model)]
    return {model._meta.table_name for model in found}


#: what this plugin writes about events, it writes after the calls, and how often depends on the time they take
IN_ITS_OWN_TIME = "statistics"


@asynccontextmanager
async def both(usual: Path, switched: Path, name: str) -> AsyncIterator[tuple[RunningServer, RunningServer]]:
    """A server in which a plugin has only lost its reactions, and one in which it is disabled."""
    async with (
        running(usual, plugins=ALL, settings=SETTINGS) as open_one,
        running(switched, plugins=without(name), settings=SETTINGS) as closed_one,
    ):
        for one in (open_one, closed_one):
            one.server.reactions = Reactions(
                bound
                for part in one.server.registrations
                if part.plugin.name not in (name, IN_ITS_OWN_TIME)
                for bound in part.reactions
            )
        yield open_one, closed_one


@every_plugin
async def test_copying_and_removing_leaves_nothing_behind(name: str, usual: Path, switched: Path) -> None:
    since = time.time()
    async with both(usual, switched, name) as servers:
        for calls in stages(name):
            expected, answers = [await asked(server, calls) for server in servers]
            for (called, arguments), before, after in zip(calls, expected, answers, strict=True):
                call = (called.name, *arguments)
                assert after == before, call
                assert (after is False) == (call in KEPT), call
                assert not isinstance(after, dict), f"{call}: {after}"
            left = {found for found in furnished.dangling(switched) if found[0] in owned_tables()}
            assert {(table, column) for table, column, _ in left} <= LEFT_BEHIND
            assert left == {found for found in furnished.dangling(usual) if found[0] in owned_tables()}
            before, after = (furnished.contents(path, since=since) for path in (usual, switched))
            assert {table: rows for table, rows in after.items() if rows != before[table]} == {}


# Reactions, and plugins that build on it


@every_plugin
def test_its_reactions_stop(name: str) -> None:
    server = put_together(Plugins(without(name)))
    reacting = {bound.plugin for event in everything().events for bound in server.reactions.to(event)}
    assert reacting == {part.plugin.name for part in everything().registrations if part.reactions} - {name}
    assert server.events.keys() == everything().events.keys(), "the kinds of events stay known"


@every_plugin
async def test_a_plugin_that_requires_it_calls_its_functions(
    name: str, switched: Path, usual_answers: dict[str, Any]
) -> None:
    together = Plugins([*without(name), visitor(name)])
    async with running(switched, plugins=together, settings=SETTINGS) as server:
        assert await server.client("bob", furnished.TOKEN).visit(name) == usual_answers[name]
        _, told = await ready(server)
    assert (told["plugins"][name], told["plugins"]["guest"]) == ("off", "on")


async def test_without_tasks_nobody_raises_their_events(switched: Path) -> None:
    async with running(switched, plugins=without("tasks"), settings=SETTINGS) as server:
        for calls in ([*readings(others_than("tasks"))], *stages("tasks")):
            await asked(server, calls)
        raised = {event.name for event in server.events}
    [part] = [part for part in everything().registrations if part.plugin.name == "tasks"]
    assert raised & {event.name for event in part.events} == set()


async def test_what_a_guest_does_with_tasks_is_told_to_all_but_tasks(switched: Path) -> None:
    told: list[str] = []

    @procedure("createQuietTask", access=ANYONE)
    def create_quiet_task(call: Call) -> int | bool:
        return create_task(call, "Quiet", 1)

    def react(call: Call, event: Event) -> None:
        told.append(event.name)

    def register_procedures() -> list[Procedure]:
        return [declaration(create_quiet_task)]

    def register_reactions() -> list[BoundReaction]:
        return [reaction(react, "task.create")]

    mine = guest("tasks", register_procedures=register_procedures, register_reactions=register_reactions)
    async with running(switched, plugins=Plugins([*without("tasks"), mine]), settings=SETTINGS) as server:
        server.sql("UPDATE projects SET last_modified = 5")
        task_id = await server.client().createQuietTask()
        assert server.sql("SELECT title FROM tasks WHERE id = ?", task_id) == [("Quiet",)]
        assert server.sql("SELECT last_modified FROM projects WHERE id = 1") == [(5,)], "its own reactions are off"
        with pytest.raises(RpcError) as refused:
            await server.client().getTask(task_id)
    assert (told, refused.value.code) == (["task.create"], UNKNOWN)


# Several at once


@pytest.fixture(scope="session")
def lasting_database(tmp_path_factory: pytest.TempPathFactory, prepared_database: Path) -> Path:
    """One that several servers use, one after the other."""
    return copy_database(prepared_database, tmp_path_factory.mktemp("lasting"))


@given(st.sets(st.sampled_from(NAMES), min_size=2))
@example({*NAMES})
@hypothesis_settings(max_examples=8)
async def test_any_of_them_may_be_off_together(lasting_database: Path, disabled: set[str]) -> None:
    enabled = {*NAMES} - disabled
    async with running(lasting_database, plugins=without(*disabled), settings=SETTINGS) as server:
        application = server.client()
        status, told = await ready(server)
        assert (status, told["status"]) == (200, "ready")
        assert {name for name, state in told["plugins"].items() if state == "on"} == enabled
        assert {name for name, state in told["plugins"].items() if state == "off"} == disabled
        document = await application.call("rpc.discover")
        assert {method["name"] for method in document["methods"]} == {
            served.name for served in procedures_of("core", *enabled)
        }
        if "application" in enabled:
            assert await application.getVersion()
        else:
            with pytest.raises(RpcError) as refused:
                await application.getVersion()
            assert refused.value.code == UNKNOWN
