"""A replay notices what departs from a recording, and the list of pending recordings stays true."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.conformance import replay, test_recordings
from tests.conformance.replay import Replay, load, names

from kanboard_core.plugins import Plugins
from kanboard_core.testing import IdFactory, Location, RunningServer

APPLICATION = ["jsonrpc", "test"]
RENAME = "UPDATE users SET name = 'Ada' WHERE username = 'admin'"


def call(method: str = "getVersion", *params: Any, **recorded: Any) -> dict[str, Any]:
    """A recorded exchange that any server answers right, unless ``recorded`` says otherwise."""
    request = {"jsonrpc": "2.0", "method": method, "params": list(params), "id": 1}
    answer = {"jsonrpc": "2.0", "result": "1.2.53", "id": 1}
    return {"auth": APPLICATION, "request": request, "status": 200, "response": answer} | recorded


def answered(result: Any, request_id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "result": result, "id": request_id}


def refused(code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": None}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are waited for a moment only."""
    monkeypatch.setattr(replay, "_LOOKS", 6)


async def differences(server: RunningServer, *exchanges: dict[str, Any]) -> list[str]:
    return await Replay(server).differences({"name": "x/y", "about": "", "exchanges": list(exchanges)})


# What matches


async def test_a_conversation_that_goes_as_recorded(server: RunningServer) -> None:
    assert await differences(server) == []
    assert (
        await differences(
            server,
            call(),
            call(auth=None, status=401, response=refused(401, "Unauthorized")),
            call(auth=["jsonrpc", "wrong"], status=401, response=refused(401, "Unauthorized")),
            call(request={"jsonrpc": "2.0", "method": "getVersion"}, response=None),
            {"auth": None, "raw": "{", "status": 200, "response": refused(-32700, "Parse error")},
            {"auth": None, "raw": '"\udcff"', "status": 200, "response": refused(-32700, "Parse error")},
            {"sql": RENAME},
            {"query": "SELECT username, name, role FROM users", "rows": [["admin", "Ada", "app-admin"]]},
        )
        == []
    )


async def test_headers_and_method_are_sent_as_recorded(server: RunningServer) -> None:
    by_header = {"Authorization": "Basic anNvbnJwYzp0ZXN0"}
    assert await differences(server, call(auth=None, headers=by_header, http_method="PUT")) == []
    head = call(http_method="HEAD", response=None)
    assert await differences(server, head) == []


async def test_what_changes_from_run_to_run_may_be_recorded_as_such(server: RunningServer, project: IdFactory) -> None:
    await project()
    server.sql("INSERT INTO groups (name, external_id) VALUES (?, ?)", f"{server.base_url}task/1", "0123abcd" * 8)
    server.sql("INSERT INTO groups (name, external_id) VALUES (?, ?)", "Now", "x/y")
    server.sql("UPDATE projects SET last_modified = ?", int(time.time()))
    query = "SELECT name, external_id, id FROM groups ORDER BY id"
    recorded = [["{base}task/1", {"$token": 64}, {"$any": "number"}], [{"$any": "string"}, {"$path": "x/"}, 2]]
    assert await differences(server, {"query": query, "rows": recorded}) == []
    query = "SELECT last_modified FROM projects"
    assert await differences(server, {"query": query, "rows": [[{"$time": 0}]]}) == []
    [_, line] = await differences(server, {"query": query, "rows": [[{"$time": 3600}]]})
    assert line.startswith("$[0][0]: expected $time 3600")


async def test_a_row_may_appear_a_little_later(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_LOOKS", 1000)
    asyncio.get_running_loop().call_later(0.2, server.sql, RENAME)
    began = time.monotonic()
    assert await differences(server, {"query": "SELECT name FROM users", "rows": [["Ada"]]}) == []
    assert time.monotonic() - began < 1000 * replay._PAUSE, "it isn't looked for any longer"


async def test_a_recorded_pause_is_made(server: RunningServer) -> None:
    began = time.monotonic()
    assert await differences(server, call(wait=0.3)) == []
    assert time.monotonic() - began >= 0.3


# What departs


@pytest.mark.parametrize(
    ("recorded", "line"),
    [
        ({"response": answered("1.2.54")}, "$.result: expected '1.2.54', got '1.2.53'"),
        ({"response": answered(True)}, "$.result: expected True, got '1.2.53'"),
        ({"response": answered(["1.2.53"])}, "$.result: expected an array, got '1.2.53'"),
        ({"response": answered({"$any": "number"})}, "$.result: expected $any number, got '1.2.53'"),
        ({"response": answered("1.2.53", "1")}, "$.id: expected '1', got 1"),
        ({"response": {"result": "1.2.53", "id": 1}}, "$.jsonrpc: unexpected, '2.0'"),
        ({"response": answered("1.2.53") | {"error": None}}, "$.error: missing"),
        ({"response": [answered("1.2.53")]}, "$: expected an array, got "),
        ({"response": None}, "expected an empty body, got b'{"),
        ({"status": 401}, "status: expected 401, got 200"),
        ({"auth": ["jsonrpc", "wrong"]}, "status: expected 200, got 401"),
        ({"request": {"jsonrpc": "2.0", "method": "getVersion"}}, "expected JSON, got b''"),
        ({"headers": {"Authorization": "Basic x"}}, "status: expected 200, got 401"),
    ],
)
async def test_an_answer_that_departs(server: RunningServer, recorded: dict[str, Any], line: str) -> None:
    first, *lines = await differences(server, call(), call(**recorded), call())
    assert first.startswith("exchange 2: ")
    assert any(found.startswith(line) for found in lines), lines


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([["Ada"], ["Bob"]], "$: expected 2 items, got 1"),
        ([], "$: expected 0 items, got 1"),
        ([["Bob"]], "$[0][0]: expected 'Bob', got 'Ada'"),
        ([["Ada", 1]], "$[0]: expected 2 items, got 1"),
        ([[None]], "$[0][0]: expected None, got 'Ada'"),
    ],
)
async def test_rows_that_depart(server: RunningServer, rows: list[Any], line: str) -> None:
    query = {"query": "SELECT name FROM users", "rows": rows}
    assert await differences(server, {"sql": RENAME}, query) == ["exchange 2: SELECT name FROM users", line]


async def test_after_the_first_departure_nothing_more_is_done(server: RunningServer) -> None:
    assert await differences(server, call(status=500), {"sql": RENAME}) != []
    assert server.sql("SELECT name FROM users") == [(None,)]


# The lists of recordings that can't match


async def verdict(
    recorded: dict[str, Any], database: Location, plugins: Plugins, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """What the test of a recording with this one exchange says, with the lists in a folder: "" when it is content."""
    monkeypatch.setattr(test_recordings, "_HERE", folder)
    monkeypatch.setattr(
        test_recordings, "load", lambda _: {"name": "a/b", "about": "about it", "exchanges": [recorded]}
    )
    try:
        await test_recordings.test_recording("a/b", database, plugins)
    except AssertionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("listed", ["limits-sqlite", "limits-postgres", "limits-mysql"])
@pytest.mark.parametrize(
    ("status", "list_", "complaint"),
    [
        (200, "", ""),
        (200, "a/c\n# a/b\n", ""),
        (500, "", "about it"),
        (500, "a/c # why\n", "status: expected 500, got 200"),
        (500, "a/b\n", ""),
        (500, "# about all\n  a/b  # why\n", ""),
        (200, "a/b # why\n", "a/b matches: take it out of {}.txt"),
    ],
)
async def test_a_recording_matches_or_is_listed(
    database: Location,
    plugins: Plugins,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    listed: str,
    status: int,
    list_: str,
    complaint: str,
) -> None:
    (tmp_path / f"{listed}.txt").write_text(list_)
    said = await verdict(call(status=status), database, plugins, tmp_path, monkeypatch)
    if listed == f"limits-{request.config.getoption('--engine')}":
        assert complaint.format(listed) in said
        assert bool(said) is bool(complaint)
    else:
        # The list is for another engine.
        assert bool(said) is (status == 500)


def test_every_recording_can_be_loaded_by_its_name() -> None:
    assert len(names()) > 100
    assert names() == sorted(names())
    for name in ("protocol/batch", "authentication/lock"):
        assert name in names()
        assert load(name)["name"] == name
    assert json.loads((replay.RECORDINGS / "protocol" / "batch.json").read_text())["exchanges"]
