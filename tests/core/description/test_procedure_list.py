"""What ``kanboard-server procedures`` prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kanboard_core.configuration import load
from kanboard_core.description.procedure_list import WIDTH, as_json, as_table, matching
from kanboard_core.permissions import managers
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Procedure, Registry
from kanboard_core.server import Server

SERVER = Path(sys.executable).with_name("kanboard-server")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def registry(plugins: Plugins) -> Registry:
    """What the built-in plugins serve."""
    return Server(load(environment={}, schema=plugins.schema), plugins).registry


def named(registry: Registry, *names: str) -> list[Procedure]:
    found = [registry.find(name) for name in names]
    return [procedure for procedure in found if procedure is not None]


class TestChoosing:
    @pytest.mark.parametrize(
        ("pattern", "names"),
        [
            ("TaskTags", ["getTaskTags", "setTaskTags"]),
            ("getTaskB", ["getTaskByReference"]),
            ("GETTASKT", ["getTaskTags"]),
            ("getColumn?", ["getColumns"]),
            ("*Column", ["addColumn", "getColumn", "removeColumn", "updateColumn"]),
            ("[ac]*column*", ["addColumn", "changeColumnPosition"]),
            ("nothing like it", []),
        ],
    )
    def test_by_a_part_of_the_name_or_a_pattern(self, registry: Registry, pattern: str, names: list[str]) -> None:
        assert [procedure.name for procedure in matching(registry, pattern)] == names

    def test_everything_by_default(self, registry: Registry) -> None:
        names = [procedure.name for procedure in matching(registry, "")]
        assert len(names) == len(registry)
        assert names == sorted(names, key=str.lower)


class TestTable:
    def test_a_row(self, registry: Registry) -> None:
        assert as_table(named(registry, "addColumn", "getMe")).split("\n") == [
            "PROCEDURE                                      PLUGIN   MAY BE CALLED BY",
            "addColumn(project_id, title, task_limit=0,     columns  the application, and managers of the project",
            '    description="")                                     `project_id`',
            "getMe()                                        me       users only",
        ]

    def test_it_fits_the_terminal(self, registry: Registry) -> None:
        lines = as_table(matching(registry, "")).split("\n")
        assert max(map(len, lines)) <= WIDTH
        assert all(line == line.rstrip() for line in lines)

    def test_nothing_is_lost_in_it(self, registry: Registry) -> None:
        for procedure in registry:
            _, *rows = as_table([procedure]).split("\n")
            parameters = (parameter.name for parameter in procedure.parameters.all)
            for word in (procedure.plugin, *parameters, *procedure.access.in_words.split()):
                assert word in "\n".join(rows)


def parsed(printed: str) -> list[dict[str, Any]]:
    content: dict[str, list[dict[str, Any]]] = json.loads(printed)
    assert list(content) == ["procedures"]
    return content["procedures"]


class TestJson:
    def test_an_object(self, registry: Registry) -> None:
        assert parsed(as_json(named(registry, "addColumn"))) == [
            {
                "name": "addColumn",
                "plugin": "columns",
                "signature": "addColumn(project_id: id, title: text, task_limit: integer = 0, "
                'description: text = "") -> integer or false',
                "summary": "Add a column on the right of the board.",
                "effect": "writes",
                "access": {
                    "users_only": False,
                    "application_role": "app-user",
                    "project_role": "project-manager",
                    "projects": [{"parameter": "project_id", "unknown": "forbidden"}],
                    "words": managers().in_words,
                },
            }
        ]

    def test_all_objects_have_the_same_keys(self, registry: Registry) -> None:
        listed = parsed(as_json(registry))
        assert {tuple(one) for one in listed} == {("name", "plugin", "signature", "summary", "effect", "access")}
        assert len(listed) == len(registry)


@pytest.mark.skipif(not SERVER.exists(), reason="the command is not installed beside this Python")
class TestCommand:
    @pytest.fixture
    def run(self, tmp_path: Path) -> Run:
        """Runs the command in an empty directory, without a configuration file."""

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [SERVER, "procedures", *arguments],
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"]},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )

        return run

    def test_it_lists_what_is_served_and_makes_nothing(self, run: Run, registry: Registry, tmp_path: Path) -> None:
        done = run()
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == as_table(matching(registry, "")) + "\n"
        assert list(tmp_path.iterdir()) == []

    def test_by_name_as_json(self, run: Run) -> None:
        done = run("--json", "change*role")
        assert [one["name"] for one in parsed(done.stdout)] == ["changeProjectGroupRole", "changeProjectUserRole"]

    def test_what_is_disabled_is_not_in_it(self, run: Run) -> None:
        done = run("getBoard", "--set", "plugins.disabled=boards")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("kanboard-server: no procedure matches 'getBoard'")

    def test_a_misspelt_name_is_answered_with_a_suggestion(self, run: Run) -> None:
        done = run("getTaks")
        assert done.returncode == 2
        assert done.stderr == "kanboard-server: no procedure matches 'getTaks'; did you mean \"getTask\"?\n"
