"""Every command and every piece of code on the page for authors of plugins, carried out.

Its blocks are of three kinds:

- ``console``: what follows "$ " is typed into one shell, in order ("> " continues a line); what stands below is what it
  prints, "..." being anything. ``kanboard-server serve`` runs on beside it, and is stopped before it is started again.
- a block below a line that is nothing but the name of a file (`` `kanboard.ini`: ``) is that file
- any other Python is a module that a server takes as a plugin, with the calls that ``CALLS`` names and the queries of
  ``SEARCHES``
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.guests import guest
from tests.ports import unused_port
from tests.waiting import eventually, said

from kanboard_core import hooks
from kanboard_core.actions import Action
from kanboard_core.calls import Call
from kanboard_core.daily import DailyJob
from kanboard_core.database.transaction import Transaction
from kanboard_core.permissions import APPLICATION
from kanboard_core.plugins import Plugins, discovery
from kanboard_core.plugins.inventory import inventory
from kanboard_core.procedures import declared_in
from kanboard_core.server import Server
from kanboard_core.testing import TOKEN, Client, Location, fixtures, running
from kanboard_core.testing.databases import database_url

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "plugins.md"

#: stands for an answer that isn't null or false
ANSWERED = object()

#: for each procedure that a block outside the tutorial declares or extends: calls, and what they answer, where there is
#: one project with one task, Pack
CALLS: dict[str, list[tuple[list[Any], Any]]] = {
    "describeTask": [(["7", 3, 2, ["a"]], "3 (7) takes 2 days and has 1 labels")],
    "getNameOfSwimlane": [([1], "Default swimlane"), ([99], None)],
    "fingerprintTask": [([1], "4f5d217c")],
    "getDefaultTaskColor": [([], "green")],
    "createTags": [
        ([1, ["red", "blue"]], [{"id": 2, "name": "blue"}, {"id": 1, "name": "red"}]),
        ([1, ["green", "red"]], False),
        ([1, ["green"]], ANSWERED),
    ],
    "numberTask": [([1], "1"), ([99], None)],
    "countTasks": [([1], 1), ([99], 0)],
    "ring": [([3], True)],
    "getTask": [([1], ANSWERED), ([1, True], ANSWERED)],
    "getStatus": [(["http://"], None)],
    "tidyUp": [([], True), ([], True)],
    "mergeTask": [([1], True), ([99], False)],
}

#: for each automatic action that a block brings or adds events to: the event, the values, a call that raises it, and
#: what becomes of the task 1
RULES: dict[str, tuple[str, dict[str, Any], tuple[Any, ...], dict[str, Any]]] = {
    "example.number": (
        "task.move.column",
        {"column_id": 2, "prefix": "T-"},
        ("moveTaskPosition", 1, 1, 2, 1, 1),
        {"reference": "T-1"},
    ),
    "\\Kanboard\\Action\\TaskClose": ("example.merged", {}, ("mergeTask", 1), {"is_active": 0}),
}

#: for each type of external links of a block: an address, and the title of a link to it
TITLES = {"ticket": ("https://tickets.example.org/12", "Ticket 12")}
#: for each key of queries that such a block brings: queries, and the tasks that they find there
SEARCHES: dict[str, list[tuple[str, list[int]]]] = {
    "untouched": [("untouched:0", [1]), ("untouched:30", []), ("untouched:x", [1]), ("untouched:30 untouched:0", [1])],
    "search": [("search:FAULT", [1]), ("search:pack", [1]), ("search:nothing", [])],
}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^`([^`]+)`:\s*\Z", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of the page."""

    language: str
    text: str
    line: int
    #: the file that it is, "" for none
    file: str


def blocks() -> Iterator[Block]:
    page = PAGE.read_text("utf-8")
    for found in _FENCE.finditer(page):
        named = _FILE.search(page, 0, found.start())
        yield Block(found[1], found[2], page.count("\n", 0, found.start()) + 2, named[1] if named else "")


def modules() -> list[Block]:
    return [block for block in blocks() if block.language == "python" and not block.file]


class Shell:
    """A shell in which commands are typed one after the other, as a reader of the page does."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._serving = ""
        environment = {
            "PATH": f"{sys.base_prefix}/bin{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "KANBOARD_SERVER_PORT": str(port),
            # What pip is to install is here, or in the environment of these tests.
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "COLUMNS": "100",
        }
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self._watchdog = threading.Timer(300, self._kill)
        self._watchdog.start()

    def type(self, command: str) -> tuple[str, int]:
        """Carry out a command; answers what it prints, and its exit code."""
        if command.startswith("kanboard-server serve"):
            return self._serve(command), 0
        # What the tests are run with isn't installed again, pip included: the new environment sees it.
        seen = "-m venv " in command
        typed = command.replace("-m venv ", "-m venv --without-pip ").replace(":8080", f":{self._port}")
        printed, code = self._run(typed)
        if seen:
            self._let_see(self._folder / ".venv")
        return printed.replace(f":{self._port}", ":8080"), code

    def close(self) -> None:
        self._stop()
        self._watchdog.cancel()
        self._kill()

    @staticmethod
    def _let_see(environment: Path) -> None:
        [packages] = environment.glob("lib/python*/site-packages")
        (packages / "tests.pth").write_text(sysconfig.get_path("purelib"))
        pip = environment / "bin" / "pip"
        pip.write_text(f'#!/bin/sh\nexec {environment}/bin/python -m pip "$@"\n')
        pip.chmod(0o755)

    def _serve(self, command: str) -> str:
        self._stop()
        log = self._folder / "serve.log"
        log.write_text("")
        self._serving, _ = self._run(f"{command} >> {log} 2>&1 &\necho $!")
        said("listening on", log)
        return log.read_text().replace(f":{self._port}", ":8080")

    def _stop(self) -> None:
        if self._serving:
            self._run(f"kill {self._serving}; wait {self._serving}")

    def _run(self, command: str) -> tuple[str, int]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        end = "-- the end --"
        self._process.stdin.write(f"{{\n{command}\n}} < /dev/null\ncode=$?; echo; echo '{end}' $code\n")
        printed = ""
        for line in self._process.stdout:
            if line.startswith(end):
                return printed.strip("\n"), int(line.removeprefix(end))
            printed += line
        raise AssertionError(f"the shell ended at {command!r}: {printed}")

    def _kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, 9)
        self._process.communicate()


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """What is typed in a console block, and what it is said to print."""
    typed, printed = "", ""
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if typed:
                yield typed, printed
            typed, printed = line[2:], ""
        elif line.startswith("> ") and not printed:
            typed += "\n" + line[2:]
        else:
            assert typed, f"line {block.line}: a console block begins with what is typed"
            printed += line + "\n"
    yield typed, printed.strip("\n")


def as_shown(printed: str, shown: str) -> bool:
    """Whether a command printed what the page shows."""
    pattern = "".join(
        r"(.*\n)*" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n"
        for line in shown.splitlines()
    )
    return re.fullmatch(pattern, printed + "\n" if printed else "") is not None


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_whoever_types_the_page_sees_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "kanboard-server").symlink_to(ROOT)
    shell = Shell(tmp_path, unused_port())
    try:
        for block in blocks():
            if block.file:
                path = tmp_path / block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, "utf-8")
            elif block.language == "console":
                for typed, shown in commands(block):
                    printed, code = shell.type(typed)
                    said = f"line {block.line}: $ {typed}\n{printed}"
                    assert not shown or as_shown(printed, shown), f"{said}\n--- shown:\n{shown}"
                    assert code == (2 if shown.startswith("kanboard-server: ") else 0), said
    finally:
        shell.close()


def test_no_block_is_only_to_look_at() -> None:
    unknown = [block.line for block in blocks() if not (block.file or block.language in ("console", "python"))]
    assert unknown == []
    assert PAGE.read_text("utf-8").count("```") == 2 * len(list(blocks()))


@pytest.mark.parametrize("block", modules(), ids=lambda block: f"line {block.line}")
async def test_a_piece_of_code_runs_as_a_plugin(
    block: Block,
    database: Location,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "example.py"
    source.write_text(block.text, "utf-8")
    module = types.ModuleType("example", "An example.")
    monkeypatch.setitem(sys.modules, "example", module)
    exec(compile(block.text, f"{PAGE}, line {block.line}", "exec"), module.__dict__)  # noqa: S102 - our own page
    if declared_in(module) and not hasattr(module, "register_procedures"):
        module.__dict__["register_procedures"] = hooks.hookimpl(lambda: declared_in(module))
    plugin = guest("example", module)
    async with running(database, plugins=Plugins([*discovery.load(), plugin])) as server:
        application = server.client()
        assert await application.createProject("Moving") == 1
        assert await application.createTask("Pack", 1) == 1
        [found] = [found for found in server.server.registrations if found.plugin.name == "example"]
        for name in {*(part.name for part in found.procedures), *(part.procedure for part in found.extensions)}:
            await call_as_told(application, name)
        for action in found.actions:
            name = action.name if isinstance(action, Action) else action.action
            event, values, (called, *arguments), becomes = RULES[name]
            assert await application.createAction(1, event, name, values)
            assert await application.call(called, *arguments)
            assert becomes.items() <= (await application.getTask(1)).items()
        for provider in found.external_link_providers:
            url, title = TITLES[provider.type]
            link = await application.getExternalTaskLinkById(
                1, await application.createExternalTaskLink(1, url, [*provider.dependencies][-1])
            )
            assert (link["link_type"], link["title"]) == (provider.type, title)
        for key in {part.key for part in found.search_filters}:
            for query, ids in SEARCHES[key]:
                assert [task["id"] for task in await application.searchTasks(1, query)] == ids, query
        for job in found.daily_jobs:
            await server.server.database.write(partial(done, server.server, job))
        if found.carriers:
            await eventually(lambda: not server.sql("SELECT * FROM kanboard_server_outbox"))
            assert "New task: Pack" in capsys.readouterr().out
        authorization = {"Authorization": aiohttp.encode_basic_auth("jsonrpc", TOKEN)}
        for route in found.routes:
            url = server.base_url.rstrip("/") + re.sub(r"\{.*?\}", "1", route.path)
            async with server.session.get(url, headers=authorization) as response:
                assert (response.status, await response.text()) == (200, "Moving")
        async with server.session.get(f"{server.base_url}ready") as response:
            ready = await response.json()
        assert set(ready.get("checks", {}).values()) <= {"ok"}
        assert server.incidents == {}
        if hasattr(module, "register_commands"):
            assert await typed(source, database) == "Moving\n"


def done(server: Server, job: DailyJob, tx: Transaction) -> None:
    job.function(Call(server, APPLICATION, tx, int(time.time())))


async def call_as_told(application: Client, procedure: str) -> None:
    for arguments, expected in CALLS[procedure]:
        answer = await application.call(procedure, *arguments)
        assert bool(answer) if expected is ANSWERED else answer == expected, (procedure, arguments, answer)


async def typed(source: Path, database: Location) -> str:
    """What the command of a module prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import example; [command] = example.register_commands(); command()"),
        f"--database={database_url(database)}",
        cwd=source.parent,
        stdout=subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode()


def test_every_hook_is_in_the_table() -> None:
    assert set(in_table("hooks")) == {*hooks.specifications()}


def test_every_fixture_is_in_the_table() -> None:
    known = {name for name, value in vars(fixtures).items() if "ixture" in type(value).__name__}
    assert known
    assert set(in_table("fixture")) == known


def test_every_key_of_the_listing_is_in_the_table() -> None:
    described = inventory(Server(*discovery.configured(environment={})))
    assert described
    for plugin in described:
        assert plugin.keys() == set(in_table("key"))


def in_table(title: str) -> list[str]:
    """The names in the column of that title."""
    lines = iter(PAGE.read_text("utf-8").splitlines())
    header = next(cells for line in lines if title in (cells := [cell.strip() for cell in line.split("|")]))
    column = header.index(title)
    rows = [line.split("|") for line in itertools.takewhile(lambda line: line.startswith("|"), lines)]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row[column])]
