"""Where a database of PostgreSQL is, how it is reached, and what is said when it can't be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import trustme
from tests.postgres import Cluster

from kanboard_core.configuration import ConfigurationError, load
from kanboard_core.database import location
from kanboard_core.database.engine import CannotOpen, Engine
from kanboard_core.database.errors import ConnectionLost
from kanboard_core.database.postgres.engine import Postgres
from kanboard_core.database.schema import Condition


def configured(url: str, **options: str) -> Engine:
    settings = [f"database.{name}={value}" for name, value in options.items()]
    return location.engine(load(environment={"DATABASE_URL": url}, settings=settings))


def parameters(engine: Engine) -> dict[str, str]:
    assert isinstance(engine, Postgres)
    return engine._parameters


# The URL


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("postgresql://db.example.org/kanboard", "postgresql://db.example.org/kanboard"),
        ("postgres://bob:secret@db.example.org:5433/kanboard", "postgresql://db.example.org:5433/kanboard"),
        ("postgresql:///kanboard?host=/run/postgresql", "postgresql:///run/postgresql/kanboard"),
        ("postgresql://bob@/kanboard", "postgresql://localhost/kanboard"),
        ("postgresql://a,b/kanboard?password=secret", "postgresql://a,b/kanboard"),
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
    ],
)
def test_a_url_that_is_not_understood(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        configured(url)
    assert str(raised.value) == f"[database] database_url {problem}"


def test_the_url_wins_over_what_is_set_otherwise() -> None:
    tls = {"db_ssl_ca": "/ca.pem", "db_ssl_cert": "/c.pem", "db_ssl_key": "/k.pem"}
    found = parameters(configured("postgresql://h/kanboard?connect_timeout=1", **tls))
    assert (found["sslmode"], found["sslrootcert"]) == ("verify-full", "/ca.pem")
    assert (found["sslcert"], found["sslkey"]) == ("/c.pem", "/k.pem")
    assert (found["connect_timeout"], found["application_name"]) == ("1", "kanboard-server")
    found = parameters(configured("postgresql://h/kanboard?sslmode=require", **tls))
    assert found["sslmode"] == "require"
    found = parameters(configured("postgresql://h/kanboard", db_ssl_ca="/ca.pem", db_verify_server_cert="false"))
    assert found["sslmode"] == "verify-ca"
    assert "sslmode" not in parameters(configured("postgresql://h/kanboard"))


# Databases that can't be opened


def refusal(engine: Engine) -> str:
    with pytest.raises(CannotOpen) as raised:
        location.prepare(engine, load())
    return str(raised.value)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = refusal(Postgres(f"postgresql://bob:secret@127.0.0.1:{port}/kanboard"))
    assert said.startswith(f"the database postgresql://127.0.0.1:{port}/kanboard can't be reached: ")
    assert "refused" in said
    assert "secret" not in said


def test_who_does_not_answer_is_not_waited_for_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        said = refusal(Postgres(f"postgresql://127.0.0.1:{port}/kanboard?connect_timeout=2"))
    assert "timeout" in said


def test_there_is_no_such_database(postgres_cluster: str) -> None:
    url = urlsplit(postgres_cluster)._replace(path="/kanboard_nowhere").geturl()
    assert 'database "kanboard_nowhere" does not exist' in refusal(Postgres(url))


def test_a_server_that_could_not_be_reached_is_asked_again_a_moment_later(postgres: Postgres) -> None:
    reachable = postgres._parameters
    postgres._parameters = {**reachable, "port": "1"}
    with pytest.raises(ConnectionLost):
        postgres.connect(writable=True)
    postgres._parameters = reachable
    with pytest.raises(ConnectionLost):  # at once
        postgres.connect(writable=True)
    since, why = postgres._unreachable
    postgres._unreachable = (since - 1, why)
    postgres.connect(writable=True).close()


# Databases that are made


def test_an_empty_database_is_filled_once(empty_postgres: str) -> None:
    engine = Postgres(empty_postgres)
    assert not engine.exists()
    assert location.prepare(engine, load()) is True
    assert engine.exists()
    assert engine.state().condition is Condition.CURRENT
    assert location.differences(engine) == []
    assert location.prepare(engine, load()) is False
    with pytest.raises(CannotOpen, match="is there already; it was left as it is"):
        location.create(engine, load())


def test_what_belongs_to_others_is_left_alone(empty_postgres: str) -> None:
    with psycopg.connect(empty_postgres) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    engine = Postgres(empty_postgres)
    assert "belongs to another program" in refusal(engine)
    with pytest.raises(CannotOpen, match="belongs to another program"):
        location.create(engine, load())
    with psycopg.connect(empty_postgres) as connection:
        assert connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall() == [
            ("theirs",)
        ]


def test_of_several_that_fill_it_at_once_one_does(empty_postgres: str) -> None:
    meeting = threading.Barrier(4)
    outcomes: list[Any] = []

    def fill() -> None:
        engine = Postgres(empty_postgres)
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
    with Postgres(empty_postgres).looking() as transaction:
        assert transaction.connection.execute("SELECT COUNT(*) FROM users").fetchone() == (1,)


@pytest.mark.parametrize(("version", "said"), [(116, "open it once with Kanboard 1.2.53"), (118, "")])
def test_other_versions(postgres: Postgres, version: int, said: str, caplog: pytest.LogCaptureFixture) -> None:
    with closing(postgres.connect(writable=True)) as connection:
        connection.execute("UPDATE schema_version SET version = %s", [version])
        if said:
            assert said in refusal(postgres)
            return
        assert location.prepare(postgres, load()) is False
        assert "schema version 118 of a later Kanboard" in caplog.text
        connection.execute("ALTER TABLE tasks DROP COLUMN external_uri")
    assert "It lacks tasks.external_uri" in refusal(postgres)


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def encrypted(authority: trustme.CA) -> Iterator[Cluster]:
    """A server with a certificate for localhost."""
    issued = authority.issue_cert("localhost")
    with Cluster() as cluster:
        certificate = cluster.keep("server.crt", b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        key = cluster.keep("server.key", issued.private_key_pem.bytes())
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            for setting in (f"ssl_cert_file = '{certificate}'", f"ssl_key_file = '{key}'", "ssl = on"):
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield cluster


def test_the_server_proves_who_it_is(encrypted: Cluster, authority: trustme.CA, tmp_path: Path) -> None:
    trusted, stranger = tmp_path / "ca.pem", tmp_path / "stranger.pem"
    authority.cert_pem.write_to_path(str(trusted))
    trustme.CA().cert_pem.write_to_path(str(stranger))
    by_address = encrypted.url
    by_name = by_address.replace("127.0.0.1", "localhost")

    engine = configured(by_name, db_ssl_ca=str(trusted))
    assert isinstance(engine, Postgres)
    with closing(engine.connect(writable=True)) as connection:
        assert connection.pgconn.ssl_in_use
    assert "certificate verify failed" in refusal(configured(by_name, db_ssl_ca=str(stranger)))
    assert "does not match host name" in refusal(configured(by_address, db_ssl_ca=str(trusted)))
    lenient = configured(by_address, db_ssl_ca=str(trusted), db_verify_server_cert="false")
    assert lenient.state().condition is Condition.EMPTY
    assert "root certificate file" in refusal(configured(by_name, db_ssl_ca=str(tmp_path / "nowhere.pem")))


def test_a_server_without_tls_is_refused_when_it_must_prove_who_it_is(
    postgres_cluster: str, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert "does not support SSL" in refusal(configured(postgres_cluster, db_ssl_ca=str(tmp_path / "ca.pem")))
