"""Databases of PostgreSQL, where they are otherwise than those of another server."""

from __future__ import annotations

import socket

from tests.core.database.opening import configured, refusal

from kanboard_core.database.engine import Engine
from kanboard_core.database.postgres.engine import Postgres


def parameters(engine: Engine) -> dict[str, str]:
    assert isinstance(engine, Postgres)
    return engine._parameters


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


def test_who_does_not_answer_is_not_waited_for_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        said = refusal(Postgres(f"postgresql://127.0.0.1:{port}/kanboard?connect_timeout=2"))
    assert "timeout" in said
