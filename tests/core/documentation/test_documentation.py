"""Everything that is generated is current, and leaves nothing undocumented."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from kanboard_core import documentation, hooks
from kanboard_core.commands import main
from kanboard_core.documentation.hooks import page
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, running

PROJECT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", documentation.GENERATED, ids=str)
def test_generated_files_are_current(path: Path) -> None:
    assert (PROJECT / path).read_text("utf-8") == documentation.GENERATED[path](), "run: make docs"


def test_a_secret_in_the_environment_does_not_get_into_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_AUTHENTICATION_TOKEN", "hunter2")
    texts = documentation.generated()
    assert all("hunter2" not in text for text in texts.values())
    assert "| `api_authentication_token` | text, secret | empty |" in texts[Path("docs/configuration.md")]


def test_the_generator_writes_what_is_out_of_date_and_can_only_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    checked = run(documentation.main, ["--check"])
    assert (checked.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "kanboard.ini is out of date" in checked.output
    assert run(documentation.main).exit_code == 0
    assert (tmp_path / "docs/configuration.md").is_file()
    again = run(documentation.main, ["--check"])
    assert (again.exit_code, again.output) == (0, "")


# Hooks


@pytest.mark.parametrize("name", hooks.specifications())
def test_a_hook_says_when_in_which_thread_and_transaction_and_with_what(name: str) -> None:
    specification = hooks.specifications()[name]
    text = inspect.getdoc(specification) or ""

    assert re.search(r"thread|On the event loop", text), "in which thread"
    if name.startswith("register_"):
        assert text.startswith("Answer "), "what it is to answer"
        assert re.search(r"Once at start-up|when", text), "when"
    else:
        assert "transaction" in text, "in which transaction"
        assert re.search(r"\b(is|was|are|were|Answer)\b", text.partition("\n")[0]), "when"
    assert "disabled" in text, "whether it is called in a disabled plugin"
    obvious = {"call", "server", "project_id", "task_id", "user_id", "category_id", "column_id", "swimlane_id"}
    for argument in set(inspect.signature(specification).parameters) - obvious:
        assert f"``{argument}``" in text or argument.replace("_", " ") in text, f"what {argument} is"
    assert f"### {name}\n" in page()


# Commands


def every_command(command: click.Command, path: str = "kanboard-server") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from every_command(found, f"{path} {name}")


COMMANDS = dict(every_command(main))


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_and_its_options_are_explained(path: str) -> None:
    command = COMMANDS[path]
    assert (command.help or "").rstrip().endswith(".")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "version":
            assert parameter.help, parameter.name
    if not isinstance(command, click.Group):
        assert f"## {path}\n" in (PROJECT / "docs/commands.md").read_text("utf-8")


# Events


def emitted() -> set[str]:
    """Every text in the built-in plugins that looks like the name of an event and is handed to a call."""
    found = set()
    for path in (PROJECT / "plugins").rglob("*.py"):
        if path.name == "event_types.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set((re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", node.value) and [node.value]) or [])
    return found


async def test_every_event_that_is_raised_is_declared_and_documented(database: Location, plugins: Plugins) -> None:
    page = (PROJECT / "docs/events.md").read_text("utf-8")
    async with running(database, plugins=plugins) as server:
        declared = server.server.events
    for name, event in declared.items():
        assert f"### {name}\n" in page
        assert event.help.endswith(".")
        assert event.payload
    # A value that is kept with accounts has a name of that kind too.
    of_tasks = {name for name in emitted() if name.startswith("task.")} - {"task.search.all.fields"}
    assert of_tasks, "the tasks raise events"
    assert of_tasks <= declared.keys()
