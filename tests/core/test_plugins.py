"""Which plugins run: built-in ones unless disabled, each after those it requires."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kanboard_core import plugins as loading
from kanboard_core.calls import Call
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugin, PluginError, Plugins
from kanboard_core.procedures import Effect, Procedure, procedure
from kanboard_core.testing import RpcError, running

ROOT = Path(__file__).parents[2]


class Described:
    """A plugin that requires others."""

    def __init__(self, *requires: str) -> None:
        self.requires = requires


def plugin(name: str, module: object, *, enabled: bool = True) -> Plugin:
    return Plugin(name, module, built_in=True, enabled=enabled, version="1")


def test_each_comes_after_those_it_requires() -> None:
    ordered = Plugins(
        [plugin("tasks", Described("columns")), plugin("columns", Described("projects")), plugin("projects", object())]
    )

    assert [found.name for found in ordered] == ["projects", "columns", "tasks"]


def test_a_missing_requirement_stops_the_start() -> None:
    with pytest.raises(PluginError, match="plugin tasks requires the plugin 'columns'"):
        Plugins([plugin("tasks", Described("columns"))])


def test_plugins_that_require_each_other_stop_the_start() -> None:
    with pytest.raises(PluginError, match="in a circle: "):
        Plugins([plugin("a", Described("b")), plugin("b", Described("a"))])


@pytest.mark.parametrize("where", ["enabled", "disabled"])
def test_a_misspelt_name_stops_the_start_with_a_suggestion(where: str) -> None:
    with pytest.raises(PluginError, match="there is no plugin 'swimlane', did you mean 'swimlanes'"):
        loading.load(**{where: ["swimlane"]})


def test_a_built_in_plugin_is_imported_though_it_is_disabled() -> None:
    found = {found.name: found for found in loading.load(disabled=["categories"])}

    assert not found["categories"].enabled
    assert found["tasks"].enabled, "what requires it runs all the same"


class Rival:
    """Declares a procedure that another plugin has."""

    @hookimpl
    def register_procedures(self) -> list[Procedure]:
        @procedure("GETVERSION", access=ANYONE, effect=Effect.NONE)
        def get_version(call: Call) -> str:
            return "mine"

        return [get_version.__dict__["__kanboard_procedure__"]]


async def test_two_plugins_with_the_same_procedure_stop_the_start(database: Path, plugins: Plugins) -> None:
    with pytest.raises(PluginError, match="GETVERSION is declared by the plugins 'application' and 'rival'"):
        async with running(database, plugins=Plugins([*plugins, plugin("rival", Rival())])):
            pass


def test_a_misspelt_hook_stops_the_start() -> None:
    class Misspelt:
        @hookimpl
        def register_procedure(self) -> list[Procedure]:
            return []

    with pytest.raises(PluginError, match="plugin example: unknown hook 'register_procedure'"):
        Plugins([plugin("example", Misspelt())])


def test_an_access_rule_is_always_stated() -> None:
    with pytest.raises(TypeError, match="access"):
        procedure("open")  # type: ignore[call-arg]


async def test_a_disabled_group_is_closed_at_the_wire_and_keeps_the_data_in_order(database: Path) -> None:
    async with running(database, plugins=loading.load(disabled=["categories", "columns"])) as server:
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
