"""Databases of MariaDB or MySQL, where they are otherwise than those of another server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from tests.core.database.opening import configured, refusal
from tests.core.database.products import PRODUCTS, certificate
from tests.mysql import MariaDb

from kanboard_core.database.engine import Engine, Limits
from kanboard_core.database.mysql import schema
from kanboard_core.database.mysql.catalogue import rows
from kanboard_core.database.mysql.engine import Mysql, _settings, release
from kanboard_core.database.schema import Condition


def parameters(url: str, **options: str) -> dict[str, Any]:
    engine = configured(url, **options)
    assert isinstance(engine, Mysql)
    return engine._parameters


def test_names_and_passwords_may_hold_any_character() -> None:
    found = parameters("mysql://b%40b:p%2F%C3%A9%E2%82%AC@h/kan%20board")
    assert (found["user"], found["password"], found["database"]) == ("b@b", "p/é€".encode(), "kan board")


# What is set on a connection


def test_a_mysql_gets_settings_that_it_knows() -> None:
    limits = Limits(read_seconds=2.5)
    assert list(_settings("MySQL", False, limits))[-1] == (
        "SET max_execution_time = 2500, wait_timeout = 600, innodb_lock_wait_timeout = 2,"
        " group_concat_max_len = 268435456"
    )
    assert list(_settings("MySQL", True, None))[-1] == ("SET max_execution_time = 0, group_concat_max_len = 268435456")


@pytest.mark.parametrize(
    ("told", "product", "version"),
    [
        ("10.11.6-MariaDB-0+deb12u1", "MariaDB", (10, 11)),
        ("5.5.5-10.6.12-MariaDB-log", "MariaDB", (10, 6)),
        ("8.0.36-0ubuntu0.22.04.1", "MySQL", (8, 0)),
        ("9.1.0", "MySQL", (9, 1)),
    ],
)
def test_the_release_of_a_server(told: str, product: str, version: tuple[int, int]) -> None:
    connection: Any = SimpleNamespace(get_server_info=lambda: told)
    assert release(connection) == (product, version)


@pytest.mark.parametrize(
    ("told", "said"),
    [("10.5.23-MariaDB", "is MariaDB 10.5, and 10.6 or later is needed"), ("5.7.44", "is MySQL 5.7, and 8.0 or later")],
)
def test_a_server_that_is_too_old(mysql: Mysql, monkeypatch: pytest.MonkeyPatch, told: str, said: str) -> None:
    connection = mysql.connect(writable=True)
    monkeypatch.setattr(connection, "server_version", told)
    assert said in mysql.unfit(connection)
    connection.close()


# Databases that can't be opened, or are made


def test_who_is_not_let_in(database_server: str) -> None:
    url = urlsplit(database_server)
    said = refusal(Mysql(f"mysql://bob:secret@{url.hostname}:{url.port}/kanboard"))
    assert "Access denied for user 'bob'" in said
    assert "secret" not in said


def test_a_database_whose_making_is_killed_is_made_by_the_next(empty_database: str) -> None:
    engine = Mysql(empty_database)
    connection = engine.connect(writable=True)
    assert schema.lock(connection, 1)
    for command in schema.definitions(prefix=schema.MAKING)[:10]:
        connection.query(command)
    # Without a word, as a process does that is killed.
    connection._force_close()
    assert engine.state().condition is Condition.EMPTY
    assert engine.create(password_hash="none")
    assert engine.differences() == []


# Servers that are set up otherwise


@pytest.fixture(scope="module")
def special() -> Iterator[MariaDb]:
    """A server with a certificate for localhost, and a log of statements."""
    with MariaDb() as server:
        others = (option for option in server.options if option != "--skip-log-bin")
        server.options = (*others, "--log-bin=log", "--binlog-format=STATEMENT")
        PRODUCTS[Mysql.kind].certify(server, *certificate(server, trustme.CA()))
        yield server


def encrypted(engine: Engine) -> bool:
    assert isinstance(engine, Mysql)
    with closing(engine.connect(writable=False)) as connection:
        [(_, cipher)] = rows(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    return bool(cipher)


def test_a_connection_is_encrypted_where_the_server_can_unless_the_url_says_otherwise(
    special: MariaDb, database_server: str
) -> None:
    assert encrypted(configured(special.url))
    assert not encrypted(configured(f"{special.url}?ssl_mode=disabled"))
    assert not encrypted(configured(database_server))
    assert "SSL is required" in refusal(configured(f"{database_server}?ssl_mode=required"))


def test_a_unix_socket(special: MariaDb) -> None:
    url = f"mysql://root@/mysql?unix_socket={special.socket}"
    assert not encrypted(configured(url))


def test_a_server_that_logs_statements_is_refused(special: MariaDb) -> None:
    assert "binlog_format=STATEMENT" in refusal(configured(special.url))
