"""Two processes of this server and a stranger that locks nothing, as Kanboard does, write to one database."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
from tests.core.database.callers import Caller
from tests.core.database.processes import serving, session

#: how long they write; a minute says more
SECONDS = float(os.environ.get("KANBOARD_SERVER_TEST_SECONDS", "5"))

CONNECTIONS = 64

Connection = psycopg.Connection[tuple[Any, ...]]


class Stranger:
    """A program that connects for each request and takes PostgreSQL's own isolation for enough."""

    def __init__(self, database: str, project: int) -> None:
        self._database = database
        self._project = project
        self._random = random.Random(1)
        self.outcomes: Counter[str] = Counter()
        self.created: dict[int, str] = {}
        self.scored = 0

    def run(self, end: float) -> None:
        while time.monotonic() < end:
            with psycopg.connect(self._database, autocommit=True) as connection:
                try:
                    self._random.choice((self._create, self._move, self._score))(connection)
                    self.outcomes["done"] += 1
                except psycopg.errors.DeadlockDetected:
                    self.outcomes["deadlock"] += 1
            time.sleep(self._random.uniform(0, 0.01))

    def _cell(self, connection: Connection) -> tuple[int, int, list[int]]:
        of_project = "project_id = %s ORDER BY id"
        columns = connection.execute(f"SELECT id FROM columns WHERE {of_project}".encode(), [self._project]).fetchall()
        (column,) = self._random.choice(columns)
        [(swimlane,)] = connection.execute("SELECT id FROM swimlanes WHERE project_id = %s", [self._project]).fetchall()
        tasks = connection.execute(
            "SELECT id FROM tasks WHERE column_id = %s AND swimlane_id = %s AND is_active ORDER BY position, id",
            [column, swimlane],
        )
        return column, swimlane, [task for (task,) in tasks.fetchall()]

    def _create(self, connection: Connection) -> None:
        column, swimlane, tasks = self._cell(connection)
        title = f"foreign {len(self.created)}"
        made = connection.execute(
            "INSERT INTO tasks (title, project_id, column_id, swimlane_id, position, date_creation)"
            " VALUES (%s, %s, %s, %s, %s, 0) RETURNING id",
            [title, self._project, column, swimlane, len(tasks) + 1],
        ).fetchone()
        assert made
        self.created[made[0]] = title

    def _move(self, connection: Connection) -> None:
        with connection.transaction():
            _, _, tasks = self._cell(connection)
            if tasks:
                tasks.insert(0, tasks.pop(self._random.randrange(len(tasks))))
            for position, task in enumerate(tasks, 1):
                connection.execute("UPDATE tasks SET position = %s WHERE id = %s", [position, task])

    def _score(self, connection: Connection) -> None:
        connection.execute(
            "UPDATE tasks SET score = COALESCE(score, 0) + 1"
            " WHERE id = (SELECT MIN(id) FROM tasks WHERE project_id = %s)",
            [self._project],
        )
        self.scored += 1


async def test_two_processes_and_a_stranger_write_to_one_database(database: str, tmp_path: Path) -> None:
    async with (
        serving(database, folder=tmp_path) as one,
        serving(database, folder=tmp_path) as other,
        session(CONNECTIONS) as http,
    ):
        clients = [one.client(http), other.client(http)]
        project = await clients[0].createProject(name="shared")
        columns = [int(column["id"]) for column in await clients[1].getColumns(project)]
        [swimlane] = [int(row["id"]) for row in await clients[1].getActiveSwimlanes(project)]
        scored = await clients[0].createTask(title="scored", project_id=project)
        callers = [Caller(number, clients[number % 2], project, columns, swimlane) for number in range(CONNECTIONS)]
        stranger = Stranger(database, project)
        end = time.monotonic() + SECONDS
        # No call is answered by an error, deadlocks with the stranger included: one would be raised here.
        await asyncio.gather(asyncio.to_thread(stranger.run, end), *(caller.run(end) for caller in callers))
        # What the stranger has put askew is put right by the next move in the column.
        for column in columns:
            task = await clients[0].createTask(title="last", project_id=project, column_id=column)
            assert await clients[1].moveTaskPosition(project, task, column, 1, swimlane)
            callers[0].titles[task] = "last"
        assert [await server.stop() for server in (one, other)] == [0, 0]
        for server in (one, other):
            assert "ERROR" not in server.log

    assert stranger.outcomes["done"] > 10, stranger.outcomes
    with psycopg.connect(database) as connection:
        # Every acknowledged write is there.
        expected = {task: title for caller in callers for task, title in caller.titles.items()} | stranger.created
        expected[scored] = "scored"
        assert dict(connection.execute("SELECT id, title FROM tasks").fetchall()) == expected
        assert connection.execute("SELECT SUM(score) FROM tasks").fetchone() == (stranger.scored,)
        for column in columns:
            found = connection.execute("SELECT position FROM tasks WHERE column_id = %s", [column]).fetchall()
            assert sorted(position for (position,) in found) == list(range(1, len(found) + 1))
    # Neither process kept the other from writing.
    turns = Counter({side: sum(len(caller.seconds) for caller in callers[side::2]) for side in (0, 1)})
    assert min(turns.values()) > 0.3 * max(turns.values()), turns
