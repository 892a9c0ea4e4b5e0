"""Where a database of MariaDB or MySQL is, how it is reached, and what is said when it can't be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from tests.mysql import MariaDb

from kanboard_core.configuration import ConfigurationError, load
from kanboard_core.database import location
from kanboard_core.database.engine import CannotOpen, Engine, Limits
from kanboard_core.database.errors import ConnectionLost
from kanboard_core.database.mysql.catalogue import rows
from kanboard_core.database.mysql.engine import Mysql, _settings, release
from kanboard_core.database.schema import Condition
from kanboard_core.testing.databases import execute


def configured(url: str, **options: str) -> Engine:
    settings = [f"database.{name}={value}" for name, value in options.items()]
    return location.engine(load(environment={"DATABASE_URL": url}, settings=settings))


def parameters(url: str, **options: str) -> dict[str, Any]:
    engine = configured(url, **options)
    assert isinstance(engine, Mysql)
    return engine._parameters


# The URL


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("mysql://db.example.org/kanboard", "mysql://db.example.org/kanboard"),
        ("mariadb://bob:secret@db.example.org:3307/kanboard", "mysql://db.example.org:3307/kanboard"),
        ("mysql://bob@/kanboard?unix_socket=/run/mysqld/mysqld.sock", "mysql://localhost/kanboard"),
    ],
)
def test_what_is_said_of_a_database_has_no_secret(url: str, label: str) -> None:
    assert configured(url).label == label


def test_names_and_passwords_may_hold_any_character() -> None:
    found = parameters("mysql://b%40b:p%2F%C3%A9%E2%82%AC@h/kan%20board")
    assert (found["user"], found["password"], found["database"]) == ("b@b", "p/é€".encode(), "kan board")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://db.example.org", "names no database"),
        ("mysql://bob:secret@[::1/kanboard", "is no URL of a MySQL database"),
        ("mysql://bob:secret@host:many/kanboard", "is no URL of a MySQL database"),
        (
            "mysql://bob:secret@host/kanboard?sslmode=disable",
            "has the unknown parameter sslmode: connect_timeout, ssl_mode, unix_socket are known",
        ),
        ("mysql://host/kanboard?connect_timeout=soon", "has a connect_timeout that is no number of seconds"),
        (
            "mysql://host/kanboard?ssl_mode=maybe",
            "has an unknown ssl_mode: disabled, preferred, required, verify_ca, verify_identity are known",
        ),
    ],
)
def test_a_url_that_is_not_understood(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        configured(url)
    assert str(raised.value) == f"[database] database_url {problem}"


def test_certificates_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be used with the certificates"):
        configured("mysql://h/kanboard", db_ssl_ca=str(tmp_path / "nowhere.pem"))


# What is set on a connection


def test_a_mysql_gets_settings_that_it_knows() -> None:
    limits = Limits(read_seconds=2.5)
    assert list(_settings("MySQL", False, limits))[-1] == (
        "SET max_execution_time = 2500, wait_timeout = 600, innodb_lock_wait_timeout = 2"
    )
    assert list(_settings("MySQL", True, None))[-1] == "SET max_execution_time = 0"


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


# Databases that can't be opened


def refusal(engine: Engine) -> str:
    with pytest.raises(CannotOpen) as raised:
        location.prepare(engine, load())
    return str(raised.value)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = refusal(Mysql(f"mysql://bob:secret@127.0.0.1:{port}/kanboard"))
    assert said.startswith(f"the database mysql://127.0.0.1:{port}/kanboard can't be reached: ")
    assert "refused" in said
    assert "secret" not in said


def test_who_is_not_let_in(mysql_server: str) -> None:
    url = urlsplit(mysql_server)
    said = refusal(Mysql(f"mysql://bob:secret@{url.hostname}:{url.port}/kanboard"))
    assert "Access denied for user 'bob'" in said
    assert "secret" not in said


def test_there_is_no_such_database(mysql_server: str) -> None:
    url = urlsplit(mysql_server)._replace(path="/kanboard_nowhere").geturl()
    assert "Unknown database 'kanboard_nowhere'" in refusal(Mysql(url))


def test_a_server_that_could_not_be_reached_is_asked_again_a_moment_later(mysql: Mysql) -> None:
    reachable = mysql._parameters
    mysql._parameters = {**reachable, "port": 1}
    with pytest.raises(ConnectionLost):
        mysql.connect(writable=True)
    mysql._parameters = reachable
    with pytest.raises(ConnectionLost):  # at once
        mysql.connect(writable=True)
    since, why = mysql._unreachable
    mysql._unreachable = (since - 1, why)
    mysql.connect(writable=True).close()


# Databases that are made


def test_an_empty_database_is_filled_once(empty_mysql: str) -> None:
    engine = Mysql(empty_mysql)
    assert not engine.exists()
    assert location.prepare(engine, load()) is True
    assert engine.exists()
    assert engine.state().condition is Condition.CURRENT
    assert location.differences(engine) == []
    assert location.prepare(engine, load()) is False
    with pytest.raises(CannotOpen, match="is there already; it was left as it is"):
        location.create(engine, load())


def test_what_belongs_to_others_is_left_alone(empty_mysql: str) -> None:
    execute(empty_mysql, "CREATE TABLE theirs (id INTEGER)")
    engine = Mysql(empty_mysql)
    assert "belongs to another program" in refusal(engine)
    with pytest.raises(CannotOpen, match="belongs to another program"):
        location.create(engine, load())
    assert execute(empty_mysql, "SHOW TABLES") == [("theirs",)]


def test_of_several_that_fill_it_at_once_one_does(empty_mysql: str) -> None:
    meeting = threading.Barrier(4)
    outcomes: list[Any] = []

    def fill() -> None:
        engine = Mysql(empty_mysql)
        meeting.wait()
        try:
            outcomes.append(engine.create(password_hash="none"))
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [False, False, False, True]
    assert execute(empty_mysql, "SELECT COUNT(*) FROM users") == [(1,)]


@pytest.mark.parametrize(("version", "said"), [(138, "open it once with Kanboard 1.2.53"), (140, "")])
def test_other_versions(empty_mysql: str, version: int, said: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = Mysql(empty_mysql)
    engine.create(password_hash="none")
    execute(empty_mysql, "UPDATE schema_version SET version = ?", version)
    if said:
        assert said in refusal(engine)
        return
    assert location.prepare(engine, load()) is False
    assert "schema version 140 of a later Kanboard" in caplog.text
    execute(empty_mysql, "ALTER TABLE tasks DROP COLUMN external_uri")
    assert "It lacks tasks.external_uri" in refusal(engine)


# Servers that are set up otherwise


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def special(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    """A server with a certificate for localhost, and a log of statements."""
    issued = authority.issue_cert("localhost")
    with MariaDb() as server:
        certificate = server.keep("server.crt", b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        key = server.keep("server.key", issued.private_key_pem.bytes())
        tls = (f"--ssl-cert={certificate}", f"--ssl-key={key}")
        others = (option for option in server.options if option != "--skip-log-bin")
        server.options = (*others, *tls, "--log-bin=log", "--binlog-format=STATEMENT")
        server.restart()
        yield server


def encrypted(engine: Engine) -> bool:
    assert isinstance(engine, Mysql)
    with closing(engine.connect(writable=False)) as connection:
        [(_, cipher)] = rows(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    return bool(cipher)


def test_the_server_proves_who_it_is(special: MariaDb, authority: trustme.CA, tmp_path: Path) -> None:
    trusted, stranger = tmp_path / "ca.pem", tmp_path / "stranger.pem"
    authority.cert_pem.write_to_path(str(trusted))
    trustme.CA().cert_pem.write_to_path(str(stranger))
    by_address = special.url
    by_name = by_address.replace("127.0.0.1", "localhost")

    assert encrypted(configured(by_name, db_ssl_ca=str(trusted)))
    assert "certificate verify failed" in refusal(configured(by_name, db_ssl_ca=str(stranger)))
    assert "certificate verify failed" in refusal(configured(by_address, db_ssl_ca=str(trusted)))
    assert encrypted(configured(by_address, db_ssl_ca=str(trusted), db_verify_server_cert="false"))


def test_a_connection_is_encrypted_where_the_server_can_unless_the_url_says_otherwise(
    special: MariaDb, mysql_server: str
) -> None:
    assert encrypted(configured(special.url))
    assert not encrypted(configured(f"{special.url}?ssl_mode=disabled"))
    assert not encrypted(configured(mysql_server))
    assert "SSL is required" in refusal(configured(f"{mysql_server}?ssl_mode=required"))


def test_a_unix_socket(special: MariaDb) -> None:
    url = f"mysql://root@/mysql?unix_socket={special.socket}"
    assert not encrypted(configured(url))


def test_a_server_without_tls_is_refused_when_it_must_prove_who_it_is(
    mysql_server: str, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert "SSL is required" in refusal(configured(mysql_server, db_ssl_ca=str(tmp_path / "ca.pem")))


def test_a_server_that_logs_statements_is_refused(special: MariaDb) -> None:
    assert "binlog_format=STATEMENT" in refusal(configured(special.url))
