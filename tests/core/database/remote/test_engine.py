"""Where a database of a server is, how it is reached, and what is said when it can't be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from tests.beside import OwnServer
from tests.core.database.opening import configured, refusal
from tests.core.database.products import Product, certificate

from kanboard_core.configuration import ConfigurationError, load
from kanboard_core.database import location, remote
from kanboard_core.database.engine import CannotOpen, Engine
from kanboard_core.database.errors import ConnectionLost
from kanboard_core.database.remote import RemoteEngine
from kanboard_core.database.schema import SCHEMA_VERSION, Condition
from kanboard_core.testing.databases import engine as engine_of
from kanboard_core.testing.databases import execute

pytestmark = [pytest.mark.postgres, pytest.mark.mysql]


# The URL


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("postgresql://db.example.org/kanboard", "postgresql://db.example.org/kanboard"),
        ("postgres://bob:secret@db.example.org:5433/kanboard", "postgresql://db.example.org:5433/kanboard"),
        ("postgresql:///kanboard?host=/run/postgresql", "postgresql:///run/postgresql/kanboard"),
        ("postgresql://bob@/kanboard", "postgresql://localhost/kanboard"),
        ("postgresql://a,b/kanboard?password=secret", "postgresql://a,b/kanboard"),
        ("mysql://db.example.org/kanboard", "mysql://db.example.org/kanboard"),
        ("mariadb://bob:secret@db.example.org:3307/kanboard", "mysql://db.example.org:3307/kanboard"),
        ("mysql://bob@/kanboard?unix_socket=/run/mysqld/mysqld.sock", "mysql://localhost/kanboard"),
    ],
)
def test_what_is_said_of_a_database_has_no_secret(url: str, label: str) -> None:
    assert configured(url).label == label


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://db.example.org", "names no database"),
        ("postgresql://bob:secret@[::1/kanboard", "is no URL of a PostgreSQL database"),
        ("postgresql://bob:secret@host/kanboard?sslmod=disable", "is no URL of a PostgreSQL database"),
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


# Databases that can't be opened


def test_nobody_listens(database_server: str) -> None:
    kind = urlsplit(database_server).scheme
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody else can listen there
        port = taken.getsockname()[1]
        said = refusal(engine_of(f"{kind}://bob:secret@127.0.0.1:{port}/kanboard"))
    assert said.startswith(f"the database {kind}://127.0.0.1:{port}/kanboard can't be reached: ")
    assert "refused" in said
    assert "secret" not in said


def test_there_is_no_such_database(database_server: str, product: Product) -> None:
    url = urlsplit(database_server)._replace(path="/kanboard_nowhere").geturl()
    assert product.no_database.format("kanboard_nowhere") in refusal(engine_of(url))


def test_a_server_that_could_not_be_reached_is_asked_again_a_moment_later(
    engine: RemoteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_PAUSE", 60.0)
    changeable: Any = engine
    reachable = changeable._parameters
    changeable._parameters = {**reachable, "port": 1}
    with pytest.raises(ConnectionLost):
        engine.connect(writable=True)
    changeable._parameters = reachable
    with pytest.raises(ConnectionLost):  # at once
        engine.connect(writable=True)
    since, why = engine._unreachable
    engine._unreachable = (since - 61, why)
    engine.connect(writable=True).close()


# Databases that are made


def test_an_empty_database_is_filled_once(empty_database: str) -> None:
    engine = engine_of(empty_database)
    assert not engine.exists()
    assert location.prepare(engine, load()) is True
    assert engine.exists()
    assert engine.state().condition is Condition.CURRENT
    assert location.differences(engine) == []
    assert location.prepare(engine, load()) is False
    with pytest.raises(CannotOpen, match="is there already; it was left as it is"):
        location.create(engine, load())


def test_what_belongs_to_others_is_left_alone(empty_database: str, product: Product) -> None:
    execute(empty_database, "CREATE TABLE theirs (id INTEGER)")
    engine = engine_of(empty_database)
    assert "belongs to another program" in refusal(engine)
    with pytest.raises(CannotOpen, match="belongs to another program"):
        location.create(engine, load())
    assert execute(empty_database, product.tables) == [("theirs",)]


def test_of_several_that_fill_it_at_once_one_does(empty_database: str) -> None:
    meeting = threading.Barrier(4)
    outcomes: list[Any] = []

    def fill() -> None:
        engine = engine_of(empty_database)
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
    assert execute(empty_database, "SELECT COUNT(*) FROM users") == [(1,)]


@pytest.fixture
def made(empty_database: str) -> Engine:
    """The engine of a new database, whose tables a test may change."""
    engine = engine_of(empty_database)
    engine.create(password_hash="none")
    return engine


def test_a_database_of_an_earlier_kanboard_is_refused(made: Engine, empty_database: str) -> None:
    execute(empty_database, "UPDATE schema_version SET version = ?", SCHEMA_VERSION[made.kind] - 1)
    assert "open it once with Kanboard 1.2.53" in refusal(made)


def test_one_of_a_later_kanboard_serves_unless_it_lacks_something(
    made: Engine, empty_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    later = SCHEMA_VERSION[made.kind] + 1
    execute(empty_database, "UPDATE schema_version SET version = ?", later)
    assert location.prepare(made, load()) is False
    assert f"schema version {later} of a later Kanboard" in caplog.text
    execute(empty_database, "ALTER TABLE tasks DROP COLUMN external_uri")
    assert "It lacks tasks.external_uri" in refusal(made)


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def certified(product: Product, authority: trustme.CA) -> Iterator[OwnServer]:
    """A server with a certificate for localhost."""
    with product.own() as server:
        product.certify(server, *certificate(server, authority))
        yield server


def test_the_server_proves_who_it_is(
    certified: OwnServer, product: Product, authority: trustme.CA, tmp_path: Path
) -> None:
    def encrypted(engine: Engine) -> bool:
        assert isinstance(engine, RemoteEngine)
        with closing(engine.connect(writable=False)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(product.encryption)
            return bool(cursor.fetchone()[-1])

    trusted, stranger, nowhere = (tmp_path / name for name in ("ca.pem", "stranger.pem", "nowhere.pem"))
    authority.cert_pem.write_to_path(str(trusted))
    trustme.CA().cert_pem.write_to_path(str(stranger))
    by_address = certified.url
    by_name = by_address.replace("127.0.0.1", "localhost")

    assert encrypted(configured(by_name, db_ssl_ca=str(trusted)))
    assert "certificate verify failed" in refusal(configured(by_name, db_ssl_ca=str(stranger)))
    assert product.other_host in refusal(configured(by_address, db_ssl_ca=str(trusted)))
    assert encrypted(configured(by_address, db_ssl_ca=str(trusted), db_verify_server_cert="false"))
    with pytest.raises((CannotOpen, ConfigurationError), match=product.no_certificates):
        location.prepare(configured(by_name, db_ssl_ca=str(nowhere)), load())


def test_a_server_without_tls_is_refused_when_it_must_prove_who_it_is(
    database_server: str, product: Product, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert product.no_tls in refusal(configured(database_server, db_ssl_ca=str(tmp_path / "ca.pem")))
