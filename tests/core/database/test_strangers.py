"""Two processes of this server and a stranger that locks nothing, as Kanboard does, write to one database."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.core.database.callers import Caller
from tests.core.database.processes import serving, session

from kanboard_core.testing.databases import engine, execute

pytestmark = [pytest.mark.postgres, pytest.mark.mysql]

#: how long they write; a minute says more
SECONDS = float(os.environ.get("KANBOARD_SERVER_TEST_SECONDS", "5"))

CONNECTIONS = 64


class Connection:
    """A stranger's connection, as its driver opens it: nothing is set on it."""

    def __init__(self, database: str) -> None:
        self._is_mysql = engine(database).kind == "mysql"
        self._driver: Any
        if self._is_mysql:
            import pymysql

            place = urlsplit(database)
            self._driver = pymysql.connect(
                host=place.hostname, port=place.port or 0, user=place.username, database=place.path[1:], autocommit=True
            )
        else:
            import psycopg

            self._driver = psycopg.connect(database, autocommit=True)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.close()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Carry out a statement; the rows it gives."""
        with self._driver.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def inserted(self, statement: str, values: Sequence[Any]) -> int:
        """Carry out an insert; the new id."""
        with self._driver.cursor() as cursor:
            cursor.execute(statement + ("" if self._is_mysql else " RETURNING id"), values)
            return int(cursor.lastrowid if self._is_mysql else cursor.fetchone()[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is inside is committed together."""
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    @staticmethod
    def deadlocked(error: Exception) -> bool:
        """Whether others were in the way."""
        return getattr(error, "sqlstate", None) == "40P01" or error.args[0] == 1213


class Stranger:
    """A program that connects for each request and takes the engine's own isolation for enough."""

    def __init__(self, database: str, project: int) -> None:
        self._database = database
        self._project = project
        self._random = random.Random(1)
        self.outcomes: Counter[str] = Counter()
        self.created: dict[int, str] = {}
        self.scored = 0

    def run(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            with Connection(self._database) as connection:
                try:
                    self._random.choice((self._create, self._move, self._score))(connection)
                    self.outcomes["done"] += 1
                except Exception as error:
                    if not connection.deadlocked(error):
                        raise
                    self.outcomes["deadlock"] += 1
            time.sleep(self._random.uniform(0, 0.01))

    def _cell(self, connection: Connection) -> tuple[int, int, list[int]]:
        of_project = "project_id = %s ORDER BY id"
        columns = connection.execute(f"SELECT id FROM columns WHERE {of_project}", [self._project])
        (column,) = self._random.choice(columns)
        [(swimlane,)] = connection.execute("SELECT id FROM swimlanes WHERE project_id = %s", [self._project])
        tasks = connection.execute(
            "SELECT id FROM tasks WHERE column_id = %s AND swimlane_id = %s AND is_active ORDER BY position, id",
            [column, swimlane],
        )
        return column, swimlane, [task for (task,) in tasks]

    def _create(self, connection: Connection) -> None:
        column, swimlane, tasks = self._cell(connection)
        title = f"foreign {len(self.created)}"
        made = connection.inserted(
            "INSERT INTO tasks (title, project_id, column_id, swimlane_id, position, date_creation)"
            " VALUES (%s, %s, %s, %s, %s, 0)",
            [title, self._project, column, swimlane, len(tasks) + 1],
        )
        self.created[made] = title

    def _move(self, connection: Connection) -> None:
        with connection.transaction():
            _, _, tasks = self._cell(connection)
            if tasks:
                tasks.insert(0, tasks.pop(self._random.randrange(len(tasks))))
            for position, task in enumerate(tasks, 1):
                connection.execute("UPDATE tasks SET position = %s WHERE id = %s", [position, task])

    def _score(self, connection: Connection) -> None:
        [(task,)] = connection.execute("SELECT MIN(id) FROM tasks WHERE project_id = %s", [self._project])
        connection.execute("UPDATE tasks SET score = COALESCE(score, 0) + 1 WHERE id = %s", [task])
        self.scored += 1


async def test_two_processes_and_a_stranger_write_to_one_database(database: str, tmp_path: Path) -> None:
    # Who waits long on a busy machine is refused nothing.
    patient = "--set=database.write_timeout=60"
    async with (
        serving(database, patient, folder=tmp_path) as one,
        serving(database, patient, folder=tmp_path) as other,
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

        def goes_on() -> bool:
            """Until the time is over, and longer where the stranger has come to little by then."""
            now = time.monotonic()
            return now < end or (stranger.outcomes["done"] <= 10 and now < end + 60)

        # No call is answered by an error, deadlocks with the stranger included: one would be raised here.
        await asyncio.gather(asyncio.to_thread(stranger.run, goes_on), *(caller.run(goes_on) for caller in callers))
        # What the stranger has put askew is put right by the next move in the column.
        for column in columns:
            task = await clients[0].createTask(title="last", project_id=project, column_id=column)
            assert await clients[1].moveTaskPosition(project, task, column, 1, swimlane)
            callers[0].titles[task] = "last"
        assert [await server.stop() for server in (one, other)] == [0, 0]
        for server in (one, other):
            assert "ERROR" not in server.log

    assert stranger.outcomes["done"] > 10, stranger.outcomes
    # Every acknowledged write is there.
    expected = {task: title for caller in callers for task, title in caller.titles.items()} | stranger.created
    expected[scored] = "scored"
    assert dict(execute(database, "SELECT id, title FROM tasks")) == expected
    assert execute(database, "SELECT COALESCE(SUM(score), 0) FROM tasks") == [(stranger.scored,)]
    for column in columns:
        found = execute(database, "SELECT position FROM tasks WHERE column_id = ?", column)
        assert sorted(position for (position,) in found) == list(range(1, len(found) + 1))
    # Neither process kept the other from writing.
    turns = Counter({side: sum(len(caller.seconds) for caller in callers[side::2]) for side in (0, 1)})
    assert min(turns.values()) > 0.3 * max(turns.values()), turns
