"""Two processes of this server and a stranger that write to one file: nobody is refused, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.core.database.callers import Caller
from tests.core.database.processes import serving, session

pytestmark = pytest.mark.sqlite

#: how long they write; a minute says more
SECONDS = float(os.environ.get("KANBOARD_SERVER_TEST_SECONDS", "8"))

CONNECTIONS = 64


def rows(database: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(statement, values).fetchall()


async def test_two_processes_and_a_stranger_write_to_one_file(database: Path) -> None:
    # Who waits long on a busy machine is refused nothing.
    patient = "--set=database.write_timeout=60"
    async with (
        serving(database, patient) as one,
        serving(database, patient) as other,
        session(CONNECTIONS) as http,
    ):
        clients = [one.client(http), other.client(http)]
        project = await clients[0].createProject(name="shared")
        columns = [int(column["id"]) for column in await clients[1].getColumns(project)]
        [swimlane] = [int(row["id"]) for row in await clients[1].getActiveSwimlanes(project)]
        scored = await clients[0].createTask(title="scored", project_id=project)
        callers = [Caller(number, clients[number % 2], project, columns, swimlane) for number in range(CONNECTIONS)]
        stranger = await asyncio.create_subprocess_exec(
            sys.executable,
            Path(__file__).with_name("foreign_writer.py"),
            *(database, str(SECONDS), str(project)),
            stdout=PIPE,
        )
        # No call is answered by an error, so nobody meets "database is locked": one would be raised here.
        await asyncio.gather(*(caller.run(lambda: stranger.returncode is None) for caller in callers))
        told = json.loads((await stranger.communicate())[0])
        assert [await server.stop() for server in (one, other)] == [0, 0]
        for server in (one, other):
            assert "ERROR" not in server.log

    assert told["outcomes"]["done"] > 10, told["outcomes"]
    # The stranger's transactions were refused, as Kanboard's are: it was a fight.
    assert set(told["outcomes"]) == {"done", "database is locked"}

    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    assert rows(database, "PRAGMA foreign_key_check") == []
    # Every acknowledged write is there.
    expected = {task: title for caller in callers for task, title in caller.titles.items()}
    expected |= {int(task): title for task, title in told["created"].items()}
    expected[scored] = "scored"
    assert dict(rows(database, "SELECT id, title FROM tasks")) == expected
    # Nothing was added up on a number that had changed meanwhile.
    assert rows(database, "SELECT COALESCE(SUM(score), 0) FROM tasks") == [(told["scored"],)]
    # In every cell the positions are 1, 2, 3, ...
    cells = defaultdict(list)
    for column, lane, position in rows(database, "SELECT column_id, swimlane_id, position FROM tasks"):
        cells[column, lane].append(position)
    assert {cell: sorted(found) for cell, found in cells.items()} == {
        cell: list(range(1, len(found) + 1)) for cell, found in cells.items()
    }
    # Neither process kept the other from writing.
    turns = Counter({side: sum(len(caller.seconds) for caller in callers[side::2]) for side in (0, 1)})
    assert min(turns.values()) > 0.3 * max(turns.values()), turns
