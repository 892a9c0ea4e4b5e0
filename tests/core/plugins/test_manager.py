"""The plugin manager: order, states, and that a plugin that fails takes nobody down but those that require it."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from kanboard_core.calls import AsyncCall, Call, ProcedureError
from kanboard_core.configuration.options import Option, Section
from kanboard_core.database import param, statement
from kanboard_core.events import BoundReaction, Event, reaction
from kanboard_core.health import HealthCheck
from kanboard_core.hooks import hookimpl
from kanboard_core.models import Project
from kanboard_core.permissions import ANYONE, members
from kanboard_core.plugins import Plugin, PluginError, Plugins, discovery
from kanboard_core.procedures import Effect, Procedure, declaration, procedure
from kanboard_core.routes import Route
from kanboard_core.testing import Client, Location, RpcError, running

ROOT = Path(__file__).parents[3]


class Quiet:
    """A plugin that does nothing, and requires others."""

    def __init__(self, *requires: str) -> None:
        self.requires = requires

    @hookimpl
    def server_started(self) -> None:
        pass


def plugin(name: str, module: object, *, enabled: bool = True, built_in: bool = False) -> Plugin:
    return Plugin(name, module, built_in=built_in, enabled=enabled, version="1", distribution=f"kanboard-{name}")


def hook(function: Any) -> Any:
    """A plugin whose only hook is a function."""
    return SimpleNamespace(**{function.__name__: hookimpl(function)})


def states(plugins: Plugins) -> dict[str, str]:
    return {found.name: found.state for found in plugins}


# Order and requirements


def test_each_comes_after_those_it_requires() -> None:
    ordered = Plugins(
        [plugin("tasks", Quiet("columns")), plugin("columns", Quiet("projects")), plugin("projects", Quiet())]
    )

    assert [found.name for found in ordered] == ["projects", "columns", "tasks"]


def test_a_requirement_that_is_not_installed_stops_the_start_with_a_suggestion() -> None:
    message = """plugin tasks requires the plugin 'colums', which isn't installed; did you mean "columns"?"""
    with pytest.raises(PluginError, match=message.replace("?", "[?]")):
        Plugins([plugin("tasks", Quiet("colums")), plugin("columns", Quiet())])


def test_a_requirement_of_a_third_party_that_is_off_stops_the_start() -> None:
    with pytest.raises(PluginError, match="plugin votes requires the plugin 'polls', which isn't enabled"):
        Plugins([plugin("votes", Quiet("polls")), plugin("polls", None, enabled=False)])


def test_a_disabled_built_in_plugin_meets_a_requirement() -> None:
    found = Plugins([plugin("votes", Quiet("tasks")), plugin("tasks", Quiet(), enabled=False, built_in=True)])

    assert states(found) == {"tasks": "off", "votes": "on"}


def test_plugins_that_require_each_other_stop_the_start() -> None:
    with pytest.raises(PluginError, match=r"plugins require each other in a circle: a -> b -> a|b -> a -> b"):
        Plugins([plugin("a", Quiet("b")), plugin("b", Quiet("a"))])


# What isn't a plugin


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (5, "isn't a plugin: it implements no hook"),
        (Quiet, "isn't a plugin: it's a class"),
        (SimpleNamespace(register_procedures=list), "isn't a plugin: it implements no hook"),
        (SimpleNamespace(requires="tasks"), '"requires" must be a tuple of names of plugins'),
    ],
    ids=["number", "class", "no marker", "requirements as a text"],
)
def test_an_entry_point_that_is_no_plugin_is_left_out(module: object, reason: str) -> None:
    found = Plugins([plugin("odd", module), plugin("sound", Quiet())])

    assert states(found) == {"odd": "failed", "sound": "on"}
    failure = found.get("odd").failure
    assert failure is not None
    assert failure.stage == "registration"
    assert reason in failure.reason


def test_a_misspelt_hook_is_told_with_a_suggestion() -> None:
    def register_procedure() -> list[Procedure]:
        return []

    failure = Plugins([plugin("votes", hook(register_procedure))]).get("votes").failure

    assert failure is not None
    assert failure.reason == 'there is no hook register_procedure; did you mean "register_procedures"?'


def test_an_argument_that_a_hook_does_not_have_is_told() -> None:
    def task_closing(call: Call, tusk_id: int) -> None:
        pass

    failure = Plugins([plugin("votes", hook(task_closing))]).get("votes").failure

    assert failure is not None
    assert "tusk_id" in failure.reason


def test_wrappers_are_refused_for_they_cannot_be_contained() -> None:
    @hookimpl(wrapper=True)
    def task_closing(call: Call) -> Any:
        return (yield)

    failure = Plugins([plugin("votes", SimpleNamespace(task_closing=task_closing))]).get("votes").failure

    assert failure is not None
    assert failure.reason == "task_closing is a wrapper, and wrappers can't be contained"


# Sections of the configuration


def test_a_section_bears_the_name_of_its_plugin() -> None:
    def register_configuration() -> Section:
        return Section("server", "Mine.", (Option("host", "", "Mine."),))

    failure = Plugins([plugin("votes", hook(register_configuration))]).get("votes").failure

    assert failure is not None
    assert failure.reason == "its section must be called [votes], not [server]"


def test_sections_complete_the_schema() -> None:
    section = Section("votes", "Votes.", (Option("most", 3, "Most votes of one person."),))

    def register_configuration() -> Section:
        return section

    found = Plugins([plugin("votes", hook(register_configuration)), plugin("polls", None, enabled=False)])

    assert found.schema.section("votes") is section
    assert found.unconfigured == {"polls"}, "its section, if there is one, can't be known"


# Failures at the start


def test_whoever_requires_a_failed_plugin_fails_with_it(caplog: pytest.LogCaptureFixture) -> None:
    found = Plugins([plugin("polls", 5), plugin("votes", Quiet("polls")), plugin("sound", Quiet())])

    assert states(found) == {"polls": "failed", "votes": "failed", "sound": "on"}
    failure = found.get("votes").failure
    assert failure is not None
    assert (failure.stage, failure.reason) == ("requirement", "it requires polls, which failed")
    assert "plugin polls is left out, it failed at registration" in caplog.text


async def test_a_plugin_that_raises_at_registration_registers_nothing(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    class Half:
        @hookimpl
        def register_procedures(self) -> list[Procedure]:
            return [declaration(mine)]

        @hookimpl
        def register_reactions(self) -> list[BoundReaction]:
            raise RuntimeError("the password is hunter2")

    @procedure("countVotes", access=ANYONE, effect=Effect.NONE)
    def mine(call: Call) -> int:
        return 0

    half = Plugins([*plugins, plugin("votes", Half()), plugin("polls", Quiet("votes"))])
    async with running(database, plugins=half, failures=True) as server:
        with pytest.raises(RpcError) as refused:
            await server.client().countVotes()
        assert refused.value.code == -32601
        assert await server.client().createProject("One"), "the others serve"
        async with server.session.get(server.base_url + "ready") as response:
            told = await response.json()
    assert (told["status"], told["plugins"]["votes"]) == ("ready", "failed at registration")
    assert told["plugins"]["polls"] == "failed at requirement"
    assert told["plugins"]["tasks"] == "on"
    assert "hunter2" not in str(told), "reasons are for the log"
    assert "plugin votes is left out, it failed at registration: RuntimeError: the password is hunter2" in caplog.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (5, "register_procedures must answer a list, not 5"),
        ([5], "register_procedures must answer objects of the kind Procedure, not 5"),
    ],
)
async def test_a_registration_of_something_else(database: Location, answer: Any, reason: str) -> None:
    def register_procedures() -> Any:
        return answer

    found = Plugins([plugin("votes", hook(register_procedures))])
    async with running(database, plugins=found, failures=True) as server:
        failure = server.server.plugins.get("votes").failure
    assert failure is not None
    assert failure.reason == reason


# Two plugins with the same procedure


def rival(*, overrides: bool) -> Any:
    @procedure("GETVERSION", access=ANYONE, effect=Effect.NONE, overrides=overrides)
    def get_version(call: Call) -> str:
        return "mine"

    def register_procedures() -> list[Procedure]:
        return [declaration(get_version)]

    return hook(register_procedures)


async def test_two_plugins_with_the_same_procedure_stop_the_start(database: Location, plugins: Plugins) -> None:
    with pytest.raises(PluginError, match="GETVERSION is declared by the plugins 'application' and 'rival': switch"):
        async with running(database, plugins=Plugins([*plugins, plugin("rival", rival(overrides=False))])):
            pass


@pytest.mark.parametrize("first", ["rival", "application"])
async def test_unless_one_says_that_it_overrides(database: Location, plugins: Plugins, first: str) -> None:
    mine = plugin("rival", rival(overrides=True))
    together = [mine, *plugins] if first == "rival" else [*plugins, mine]
    async with running(database, plugins=Plugins(together)) as server:
        assert await server.client().getVersion() == "mine"
        assert len([served for served in server.server.registry if served.name.lower() == "getversion"]) == 1


async def test_two_that_override_the_same_stop_the_start(database: Location, plugins: Plugins) -> None:
    both = [plugin("rival", rival(overrides=True)), plugin("other", rival(overrides=True))]
    with pytest.raises(PluginError, match=r"'rival' and 'other'|'other' and 'rival'"):
        async with running(database, plugins=Plugins([*plugins, *both])):
            pass


def test_an_access_rule_is_always_stated() -> None:
    with pytest.raises(TypeError, match="access"):
        procedure("open")  # type: ignore[call-arg]


@pytest.mark.parametrize("rule", [None, True, "ANYONE", members])
async def test_a_plugin_with_a_procedure_that_nothing_guards_is_left_out(
    database: Location, plugins: Plugins, rule: Any
) -> None:
    def register_procedures() -> list[Procedure]:
        @procedure("countVotes", access=rule, effect=Effect.NONE)
        def count_votes(call: Call) -> int:
            return 0

        return [declaration(count_votes)]

    found = Plugins([*plugins, plugin("votes", hook(register_procedures))])
    async with running(database, plugins=found, failures=True) as server:
        failure = server.server.plugins.get("votes").failure
        with pytest.raises(RpcError) as unknown:
            await server.client().countVotes()
        assert unknown.value.code == -32601
        assert await server.client().createProject("One"), "the others serve"
    assert failure is not None
    assert "countVotes: access must be a rule such as ANYONE or members(), not " in failure.reason


# Failures while it runs

_RENAME = statement(Project.update({Project.name: param("name")}).where(Project.id == param("id")))


async def test_a_hook_that_raises_is_undone_alone(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    def project_created(call: Call, project_id: int) -> None:
        call.tx.run(_RENAME, id=project_id, name="Half done")
        raise RuntimeError("a plugin fails")

    async with running(database, plugins=Plugins([*plugins, plugin("votes", hook(project_created))])) as server:
        application = server.client()
        project_id = await application.createProject("One")
        project = await application.getProjectById(project_id)
        assert project["name"] == "One"
        assert len(await application.getColumns(project_id)) == 4, "the others' part is done"
        async with server.session.get(server.base_url + "ready") as response:
            told = await response.json()
        assert server.incidents == {"votes": "the hook project_created"}
    assert told["plugins"]["votes"] == "on, failed once, last in the hook project_created"
    assert "plugin votes failed in the hook project_created" in caplog.text


async def test_a_hook_may_refuse_the_call(database: Location, plugins: Plugins) -> None:
    def project_created(call: Call, project_id: int) -> None:
        raise ProcedureError(-32000, "No more projects")

    async with running(database, plugins=Plugins([*plugins, plugin("votes", hook(project_created))])) as server:
        with pytest.raises(RpcError, match="No more projects"):
            await server.client().createProject("One")
        assert await server.client().getAllProjects() == [], "it's undone"
        assert server.incidents == {}, "that is an answer, not a failure"


async def test_a_question_that_a_plugin_can_not_answer_is_answered_by_the_others(
    database: Location, plugins: Plugins
) -> None:
    def column_in_use(column_id: int) -> bool:
        raise RuntimeError("a plugin fails")

    async with running(database, plugins=Plugins([*plugins, plugin("votes", hook(column_in_use))])) as server:
        application = server.client()
        columns = await application.getColumns(await application.createProject("One"))
        assert await application.removeColumn(columns[0]["id"]) is True


async def test_a_hook_of_a_built_in_plugin_that_raises_undoes_the_call(database: Location, plugins: Plugins) -> None:
    def project_created() -> None:
        raise RuntimeError("its part of the work is missing")

    mine = plugin("votes", hook(project_created), built_in=True)
    async with running(database, plugins=Plugins([*plugins, mine])) as server:
        with pytest.raises(RpcError, match="Internal error"):
            await server.client().createProject("One")
        assert await server.client().getAllProjects() == []
        assert server.incidents.keys() >= {"votes"}


async def test_a_reaction_that_raises_is_undone_alone(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    def vote(call: Call, event: Event) -> None:
        call.tx.run(_RENAME, id=event.payload["task"]["project_id"], name="Half done")
        raise RuntimeError("a plugin fails")

    def register_reactions() -> list[BoundReaction]:
        return [reaction(vote, "task.create")]

    async with running(database, plugins=Plugins([*plugins, plugin("votes", hook(register_reactions))])) as server:
        application = server.client()
        project_id = await application.createProject("One")
        assert await application.createTask("Task", project_id)
        project = await application.getProjectById(project_id)
        assert project["name"] == "One"
        assert server.incidents == {"votes": "the reaction to task.create"}
    assert "plugin votes failed in the reaction to task.create" in caplog.text


async def test_a_procedure_that_raises_is_reported(database: Location) -> None:
    @procedure("countVotes", access=ANYONE, effect=Effect.NONE)
    def count_votes(call: Call) -> int:
        raise RuntimeError("SELECT secret")

    def register_procedures() -> list[Procedure]:
        return [declaration(count_votes)]

    async with running(database, plugins=Plugins([plugin("votes", hook(register_procedures))])) as server:
        with pytest.raises(RpcError) as refused:
            await server.client().countVotes()
        assert (refused.value.code, refused.value.data) == (-32603, None)
        assert server.incidents == {"votes": "the procedure countVotes"}


class Exiting:
    """A plugin that tries to end the process wherever it is called."""

    @hookimpl
    def register_procedures(self) -> list[Procedure]:
        @procedure("exit", access=ANYONE)
        def leave(call: Call) -> None:
            raise SystemExit(3)

        @procedure("exitLater", access=ANYONE)
        async def leave_later(call: AsyncCall) -> None:
            raise SystemExit(3)

        @procedure("exitInside", access=ANYONE)
        async def leave_inside(call: AsyncCall) -> None:
            await call.read(leave)

        return [declaration(leave), declaration(leave_later), declaration(leave_inside)]

    @hookimpl
    def register_reactions(self) -> list[BoundReaction]:
        def leave(call: Call, event: Event) -> None:
            raise SystemExit(3)

        return [reaction(leave, "task.create")]

    @hookimpl
    def register_health_checks(self) -> list[HealthCheck]:
        async def leave() -> None:
            raise SystemExit(3)

        return [HealthCheck("exit", leave)]

    @hookimpl
    def register_routes(self) -> list[Route]:
        async def leave(call: AsyncCall, request: web.BaseRequest) -> web.Response:
            raise SystemExit(3)

        return [Route("/exit", leave, None)]

    @hookimpl
    def project_created(self) -> None:
        raise SystemExit(3)

    @hookimpl
    def server_started(self) -> None:
        raise SystemExit(3)


async def test_a_plugin_that_ends_the_process_ends_only_its_own_part(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=Plugins([*plugins, plugin("votes", Exiting())])) as server:
        application = server.client()
        for name in ("exit", "exitLater", "exitInside"):
            with pytest.raises(RpcError, match="Internal error"):
                await application.call(name)
        assert await application.createTask("Task", await application.createProject("One"))
        async with server.session.get(server.base_url + "exit") as response:
            assert response.status == 500
        async with server.session.get(server.base_url + "ready") as response:
            told = await response.json()
        assert told["plugins"]["votes"] == "on, failed 7 times, last in the route /exit"
        assert told["checks"]["votes: exit"] == "failed: SystemExit"


async def test_start_and_stop_may_be_async_and_may_fail(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    told = []

    class Open:
        @hookimpl
        async def server_started(self) -> None:
            told.append("started")

        @hookimpl
        async def server_stopping(self) -> None:
            told.append("stopping")
            raise RuntimeError("a plugin fails")

    async with running(database, plugins=Plugins([*plugins, plugin("votes", Open())])) as server:
        assert told == ["started"]
        assert await server.client().getVersion()
    assert told == ["started", "stopping"]
    assert "plugin votes failed in the hook server_stopping" in caplog.text


async def test_an_event_that_nothing_raises_is_told_with_a_suggestion(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    def register_reactions() -> list[BoundReaction]:
        return [reaction(lambda call, event: None, "task.creat")]

    async with running(database, plugins=Plugins([*plugins, plugin("votes", hook(register_reactions))])):
        pass
    expected = 'plugin votes reacts to the event task.creat, which nothing raises; did you mean "task.create"?'
    assert ("kanboard_core.plugins.assembly", logging.WARNING, expected) in caplog.record_tuples


# The trace


async def test_a_trace_has_a_line_for_each_call_and_tells_no_values(database: Location, plugins: Plugins) -> None:
    lines: list[str] = []
    traced = Plugins(plugins, trace=lines.append)
    async with running(database, plugins=traced) as server:
        application: Client = server.client()
        project_id = await application.createProject("Hidden")
        await application.createTask(title="Secret", project_id=project_id, tags=["hunter2"])

    assert any(line.startswith("tasks: register_procedures(server=<Server>) answered <list of ") for line in lines)
    assert any(
        line.startswith("columns: project_created(call=<Call>, project_id=1) answered None in ") for line in lines
    )
    assert any(line.startswith("tasks: reaction to task.create_update done in ") for line in lines)
    assert any(line.startswith("task_tags: task_tags_given(") for line in lines)
    assert "hunter2" not in "".join(lines)


# Disabled plugins


async def test_a_disabled_group_is_closed_at_the_wire_and_keeps_the_data_in_order(database: Location) -> None:
    async with running(database, plugins=discovery.load(disabled=["categories", "columns"])) as server:
        application = server.client()
        with pytest.raises(RpcError) as refused:
            await application.getColumns(1)
        assert refused.value.code == -32601

        project_id = await application.createProject("One")
        task_id = await application.createTask("Task", project_id)
        board = await application.getBoard(project_id)
        assert [column["title"] for column in board[0]["columns"]] == ["Backlog", "Ready", "Work in progress", "Done"]
        assert board[0]["columns"][0]["tasks"][0]["id"] == task_id
        assert await application.removeProject(project_id)
        assert server.sql("SELECT COUNT(*) FROM columns") == [(0,)]


# The arrows between the packages


def _imports(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield path, node.module
            elif isinstance(node, ast.Import):
                yield from ((path, name.name) for name in node.names)


def test_the_core_imports_no_plugin() -> None:
    core = ROOT / "core" / "kanboard_core"

    assert [(path, name) for path, name in _imports(core) if name.startswith("kanboard_plugins")] == []


def test_a_plugin_imports_only_plugins_that_it_requires(plugins: Plugins) -> None:
    requirements = {found.name: set(found.requires) for found in plugins}

    def reachable(name: str) -> set[str]:
        return {name}.union(*(reachable(required) for required in requirements[name]))

    folder = ROOT / "plugins" / "kanboard_plugins"
    strays = []
    for path, module in _imports(folder):
        parts = module.split(".")
        owner = path.relative_to(folder).parts[0]
        if parts[0] == "kanboard_plugins" and len(parts) > 1 and parts[1] not in reachable(owner):
            strays.append(f"{owner} imports {parts[1]} ({path.name})")
    assert strays == []
