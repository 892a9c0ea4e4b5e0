"""The MariaDB that the tests have for themselves, and how its databases are used again."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest
from tests import mysql
from tests.mysql import VARIABLE, MariaDb
from tests.waiting import wait_until

from kanboard_core.database.engine import CannotOpen
from kanboard_core.database.mysql.catalogue import rows
from kanboard_core.database.mysql.connection import MysqlConnection
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.testing import mysql as kit
from kanboard_core.testing.databases import NoServer, execute, server_url
from kanboard_core.testing.mysql import new_database

ROOT = Path(__file__).parents[1]
needs_mysql = pytest.mark.mysql

#: tells where the server is, and that it can be reached
TELLING = f"""
import os
from kanboard_core.testing.databases import NoServer, execute, server_url
url = os.environ[{VARIABLE!r}]
print(url, execute(url, "SELECT @@innodb_flush_log_at_trx_commit")[0][0], flush=True)
exit(7)
"""


def reachable(url: str) -> bool:
    try:
        Mysql(url).state()
    except CannotOpen:
        return False
    return True


@needs_mysql
def test_it_is_there_while_the_command_runs(tmp_path_factory: pytest.TempPathFactory) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.mysql", sys.executable, "-c", TELLING],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    url, flushes = ended.stdout.split()
    assert (ended.returncode, flushes, ended.stderr) == (7, "0", "")
    assert not reachable(url)


@needs_mysql
def test_a_restart_keeps_address_and_content() -> None:
    with MariaDb(fsync=True) as server:
        url = server.url
        execute(url, "CREATE TABLE kept (id integer)")
        server.restart(immediate=True)
        assert server.url == url
        assert execute(url, "SELECT COUNT(*) FROM kept") == [(0,)]
        server.stop()
        assert not reachable(url)
        server.start()
        assert reachable(url)


def test_without_a_command_it_tells_how_it_is_used(capfd: pytest.CaptureFixture[str]) -> None:
    assert mysql.main([]) == 2
    assert capfd.readouterr() == ("", "usage: python -m tests.mysql COMMAND [ARGUMENT ...]\n")


def test_without_mariadb_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(mysql, "_FOLDERS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert mysql.main(["true"]) == 69
    assert capfd.readouterr() == ("", "MariaDB is not installed: apt-get install mariadb-server\n")


# Databases of tests


@pytest.fixture
def template(empty_database: str) -> str:
    """A database that others are copies of."""
    Mysql(empty_database).create(password_hash="none")
    execute(empty_database, "UPDATE users SET name = 'Template'")
    return empty_database


@needs_mysql
def test_a_database_is_used_again_and_nothing_is_left_in_it(database_server: str, template: str) -> None:
    with new_database(database_server, template=template) as url:
        execute(url, "INSERT INTO users (username) VALUES ('bob')")
        execute(url, "DELETE FROM settings")
        execute(url, "INSERT INTO projects (name) VALUES ('P')")
        execute(url, "DELETE FROM projects")
        execute(url, "CREATE TABLE theirs (id INTEGER, task_id INTEGER, FOREIGN KEY (task_id) REFERENCES tasks (id))")
        place = url.removeprefix("mysql://").partition("@")[2]
        host, port = place.partition("/")[0].split(":")
        left = pymysql.connect(host=host, port=int(port), user="root", database=url.rpartition("/")[2])
        left.cursor().execute("UPDATE users SET name = 'never committed'")
    with closing(left), new_database(database_server, template=template) as again:
        assert again == url
        assert execute(again, "SELECT id, username, name FROM users") == [(1, "admin", "Template")]
        assert execute(again, "SELECT * FROM settings") == execute(template, "SELECT * FROM settings")
        assert execute(again, "SHOW TABLES LIKE 'theirs'") == []
        execute(again, "INSERT INTO users (username) VALUES ('bob')")
        execute(again, "INSERT INTO projects (name) VALUES ('P')")
        assert execute(again, "SELECT MAX(id) FROM users") == [(2,)]
        assert execute(again, "SELECT id FROM projects") == [(1,)]
        left._force_close()


@needs_mysql
def test_a_database_whose_tables_were_changed_is_dropped(database_server: str, template: str) -> None:
    with new_database(database_server, template=template) as url:
        execute(url, "ALTER TABLE tasks DROP COLUMN score")
    with new_database(database_server, template=template) as other:
        assert other != url
        assert execute(other, "SHOW DATABASES LIKE ?", url.rpartition("/")[2]) == []


@needs_mysql
def test_a_connection_that_leaves_just_when_it_is_to_be_ended_does_no_harm(
    database_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database(database_server) as url:
        leaving = Mysql(url).connect(writable=True)

        def rows_later(connection: MysqlConnection, query: str, *values: Any) -> list[tuple[Any, ...]]:
            if query.startswith("KILL "):
                leaving.close()
                there = f"SELECT 1 FROM information_schema.processlist WHERE id = {query.removeprefix('KILL ')}"
                wait_until(lambda: not rows(connection, there))
            return rows(connection, query, *values)

        monkeypatch.setattr(kit, "rows", rows_later)
    assert execute(database_server, "SHOW DATABASES LIKE ?", url.rpartition("/")[2]) == []


@needs_mysql
def test_without_a_server_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(NoServer, match=f"tests on MariaDB need a server: set {VARIABLE} to the URL"):
        server_url("mysql")
