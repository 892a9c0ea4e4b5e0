"""Threads with a connection each: nobody begins before all of them can, and what opening raises isn't lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.core.database.groups import NAMES

from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.sqlite.session import SqliteSession
from kanboard_core.database.threads import Threads

pytestmark = pytest.mark.sqlite


def test_each_serves_with_a_session_of_its_own_that_is_closed_afterwards(database: Path) -> None:
    served: dict[int, tuple[str, SqliteSession]] = {}
    opened: list[str] = []
    go_on = threading.Event()

    def session() -> SqliteSession:
        opened.append(threading.current_thread().name)
        return Sqlite(database).session(writable=False)

    def serve(session: SqliteSession, number: int) -> None:
        go_on.wait(10)
        session.begin()
        assert session.transaction(10).column(NAMES) == []
        session.end(commit=True)
        served[number] = (threading.current_thread().name, session)

    threads = Threads(["one", "other"], session, serve)
    threads.start()
    assert sorted(opened) == ["one", "other"]
    go_on.set()
    threads.join()

    assert {number: name for number, (name, _) in served.items()} == {0: "one", 1: "other"}
    for _, left in served.values():
        with pytest.raises(Exception, match="closed"):
            left.begin()


def test_what_opening_raises_is_raised_at_the_start(database: Path) -> None:
    served: list[int] = []

    def session() -> SqliteSession:
        if threading.current_thread().name == "other":
            raise ValueError("not for me")
        return Sqlite(database).session(writable=False)

    threads = Threads(["one", "other"], session, lambda session, number: served.append(number))
    with pytest.raises(ValueError, match="not for me"):
        threads.start()
    threads.join()
    assert served == [0]
