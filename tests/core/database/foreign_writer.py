"""A program that writes to the database as Kanboard does; run as a process: DATABASE SECONDS PROJECT.

Every request opens the file and closes it again. Its transactions begin by reading and then want to write, which SQLite
refuses at once when somebody else has committed meanwhile; it never carries the log over. It goes on for longer when it
has come to little by then. At the end it tells, as JSON, what it has been promised. Source: spec page "storage",
sections 3 and 8.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from typing import Any


def connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    for pragma in ("journal_mode=WAL", "wal_autocheckpoint=0", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


class ForeignWriter:
    def __init__(self, path: str, project: int) -> None:
        self._path = path
        self._project = project
        self._random = random.Random(1)
        self.outcomes: Counter[str] = Counter()
        self.created: dict[int, str] = {}
        self.scored = 0

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end or (self._has_done_little() and now < end + 60):
            with closing(connect(self._path)) as connection:
                try:
                    self._random.choice((self._create, self._move, self._score))(connection)
                    self.outcomes["done"] += 1
                except sqlite3.OperationalError as error:
                    self.outcomes[str(error)] += 1
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            time.sleep(self._random.uniform(0, 0.01))

    def _has_done_little(self) -> bool:
        return self.outcomes["done"] <= 10 or self.outcomes["database is locked"] == 0

    def _cell(self, connection: sqlite3.Connection) -> tuple[int, int, list[int]]:
        connection.execute("BEGIN")
        column = self._random.choice(self._ids(connection, "columns"))
        [swimlane] = self._ids(connection, "swimlanes")
        tasks = connection.execute(
            "SELECT id FROM tasks WHERE project_id = ? AND column_id = ? AND swimlane_id = ? AND is_active = 1"
            " ORDER BY position, id",
            (self._project, column, swimlane),
        )
        return column, swimlane, [row[0] for row in tasks.fetchall()]

    def _ids(self, connection: sqlite3.Connection, table: str) -> list[int]:
        rows = connection.execute(f"SELECT id FROM {table} WHERE project_id = ?", (self._project,))
        return [row[0] for row in rows.fetchall()]

    def _create(self, connection: sqlite3.Connection) -> None:
        column, swimlane, tasks = self._cell(connection)
        title = f"foreign {len(self.created)}"
        made = connection.execute(
            "INSERT INTO tasks (title, project_id, column_id, swimlane_id, position, date_creation)"
            " VALUES (?, ?, ?, ?, ?, 0)",
            (title, self._project, column, swimlane, len(tasks) + 1),
        )
        connection.execute("COMMIT")
        self.created[made.lastrowid or 0] = title

    def _move(self, connection: sqlite3.Connection) -> None:
        _, _, tasks = self._cell(connection)
        if tasks:
            tasks.insert(0, tasks.pop(self._random.randrange(len(tasks))))
        for position, task in enumerate(tasks, 1):
            connection.execute("UPDATE tasks SET position = ? WHERE id = ?", (position, task))
        connection.execute("COMMIT")

    def _score(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        [(task, score)] = connection.execute(
            "SELECT id, COALESCE(score, 0) FROM tasks WHERE project_id = ? ORDER BY id LIMIT 1", (self._project,)
        ).fetchall()
        connection.execute("UPDATE tasks SET score = ? WHERE id = ?", (score + 1, task))
        connection.execute("COMMIT")
        self.scored += 1

    def report(self) -> dict[str, Any]:
        return {"outcomes": self.outcomes, "created": self.created, "scored": self.scored}


if __name__ == "__main__":
    writer = ForeignWriter(sys.argv[1], int(sys.argv[3]))
    writer.run(float(sys.argv[2]))
    print(json.dumps(writer.report()))
