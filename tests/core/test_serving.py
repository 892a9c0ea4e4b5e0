"""Sockets, TLS, start and end of a server in this process; what an operator reads when it can't be started."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from tests.guests import guest
from tests.ports import unused_port
from tests.waiting import PATIENCE

from kanboard_core.calls import Call
from kanboard_core.configuration import ConfigurationError, load
from kanboard_core.database.errors import DatabaseError
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import READS, Procedure
from kanboard_core.serving import CannotServe, serving
from kanboard_core.testing import Location
from kanboard_core.testing.databases import database_url

CALL = {"jsonrpc": "2.0", "method": "getVersion", "id": 1}
AUTH = {"Authorization": "Basic anNvbnJwYzp0ZXN0"}  # jsonrpc:test


@contextlib.asynccontextmanager
async def served(plugins: Plugins, database: Location, *settings: str) -> AsyncIterator[str]:
    """The URL of a server with these settings."""
    configuration = load(
        settings=[
            f"database.database_url={database_url(database)}",
            "authentication.api_authentication_token=test",
            "logging.access_log=off",
            "server.port=0",
            *settings,
        ],
        environment={},
        schema=plugins.schema,
    )
    async with serving(configuration, plugins) as (_, url):
        yield url


async def refusal(plugins: Plugins, database: Location, *settings: str) -> Exception:
    """Why such a server can't be started."""
    with pytest.raises((CannotServe, ConfigurationError, DatabaseError)) as refused:
        async with served(plugins, database, *settings):
            pass  # it must not come here
    return refused.value


async def version(url: str, **options: Any) -> str:
    """The answer of the server to a call of the application."""
    async with aiohttp.ClientSession() as session, session.post(url, json=CALL, headers=AUTH, **options) as response:
        answer = await response.json()
    found: str = answer["result"]
    return found


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path) -> list[str]:
    """The settings of a server with a certificate for 127.0.0.1."""
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    return [f"server.certificate={tmp_path / 'server.pem'}", f"server.key={tmp_path / 'server.pem'}"]


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """A client's context that trusts the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def another_program() -> Iterator[int]:
    """A port that another program listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield listening.getsockname()[1]


# Addresses


async def test_the_url_says_where_calls_go(plugins: Plugins, database: Location) -> None:
    async with served(plugins, database, "server.prefix=/board", "server.path=/rpc") as url:
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/board/rpc")
        assert await version(url) == "1.2.53"


async def test_ipv6(plugins: Plugins, database: Location) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    async with served(plugins, database, "server.host=::1") as url:
        assert url.startswith("http://[::1]:")
        assert await version(url) == "1.2.53"


async def test_a_port_in_use(plugins: Plugins, database: Location, another_program: int) -> None:
    error = await refusal(plugins, database, f"server.port={another_program}")
    assert isinstance(error, CannotServe)
    assert str(error) == f"can't listen on 127.0.0.1:{another_program}: another program uses that port already"


async def test_an_address_of_another_machine(plugins: Plugins, database: Location) -> None:
    error = await refusal(plugins, database, "server.host=192.0.2.1")
    assert isinstance(error, CannotServe)
    assert str(error).startswith("can't listen on 192.0.2.1:0: ")
    assert "[Errno" not in str(error)


async def test_an_address_that_is_none(plugins: Plugins, database: Location) -> None:
    error = await refusal(plugins, database, "server.host=no such host.invalid")
    assert isinstance(error, CannotServe)
    assert "[Errno" not in str(error)


async def test_two_servers_may_share_a_database(plugins: Plugins, database: Location) -> None:
    async with served(plugins, database) as first, served(plugins, database) as second:
        assert first != second
        assert await version(first) == await version(second) == "1.2.53"


# TLS


async def test_https(plugins: Plugins, database: Location, tls: list[str], trusting: ssl.SSLContext) -> None:
    async with served(plugins, database, *tls) as url:
        assert url.startswith("https://127.0.0.1:")
        assert await version(url, ssl=trusting) == "1.2.53"


async def test_links_in_answers_over_tls_begin_with_https(
    plugins: Plugins, database: Location, tls: list[str], trusting: ssl.SSLContext
) -> None:
    calls = [{"jsonrpc": "2.0", "method": "createProject", "params": ["One"], "id": 1}]
    calls += [{"jsonrpc": "2.0", "method": "getProjectById", "params": [1], "id": 2}]
    async with served(plugins, database, *tls) as url, aiohttp.ClientSession() as session:
        headers = AUTH | {"Host": "example.org"}
        async with session.post(url, json=calls, headers=headers, ssl=trusting) as response:
            answers = await response.json()
    assert answers[1]["result"]["url"]["board"] == "https://example.org/board/1"


async def test_who_does_not_trust_the_certificate_or_speaks_no_tls_gets_nothing(
    plugins: Plugins,
    database: Location,
    tls: list[str],
    trusting: ssl.SSLContext,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served(plugins, database, *tls) as url:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await version(url)
        with pytest.raises(aiohttp.ClientError):
            await version(url.replace("https:", "http:"))
        assert await version(url, ssl=trusting) == "1.2.53"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_old_tls_is_not_spoken(
    plugins: Plugins, database: Location, tls: list[str], trusting: ssl.SSLContext
) -> None:
    trusting.minimum_version = trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    trusting.set_ciphers("ALL:@SECLEVEL=0")
    async with served(plugins, database, *tls) as url:
        with pytest.raises(aiohttp.ClientConnectorError):
            await version(url, ssl=trusting)


async def test_a_certificate_that_cannot_be_read(plugins: Plugins, database: Location, tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    error = await refusal(plugins, database, f"server.certificate={missing}", f"server.key={missing}")
    assert str(error) == f"[server] certificate {missing} and key {missing} can't be used: No such file or directory"


async def test_a_certificate_that_is_none(plugins: Plugins, database: Location) -> None:
    error = await refusal(plugins, database, f"server.certificate={__file__}", f"server.key={__file__}")
    assert str(error) == (
        f"[server] certificate {__file__} and key {__file__} can't be used: they must be PEM files, the key without a"
        " password"
    )


async def test_a_key_of_another_certificate(
    plugins: Plugins, database: Location, tls: list[str], authority: trustme.CA, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    authority.issue_cert("127.0.0.1").private_key_pem.write_to_path(other)
    error = await refusal(plugins, database, tls[0], f"server.key={other}")
    assert str(error).endswith(f" and key {other} can't be used: the key is not that of the certificate")


@pytest.fixture
def encrypted_key(tls: list[str], tmp_path: Path) -> Path:
    """The key of the certificate, under a password."""
    key = serialization.load_pem_private_key((tmp_path / "server.pem").read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    path = tmp_path / "encrypted.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption),
    )
    return path


async def test_a_key_under_a_password_is_refused(
    plugins: Plugins, database: Location, tls: list[str], encrypted_key: Path
) -> None:
    error = await refusal(plugins, database, tls[0], f"server.key={encrypted_key}")
    assert str(error).endswith("can't be used: they must be PEM files, the key without a password")


# Databases


async def test_a_database_is_made_where_there_is_none(
    plugins: Plugins, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "a" / "b" / "new.sqlite"
    async with served(plugins, path) as url:
        assert await version(url) == "1.2.53"
    assert "the new database has the account admin with the password admin" in caplog.messages
    caplog.clear()
    async with served(plugins, path) as url:
        assert await version(url) == "1.2.53"
    assert "the new database has the account admin with the password admin" not in caplog.messages


def unchanged(path: Path, content: bytes) -> bool:
    """Whether the file still has this content, and nothing was made beside it."""
    return path.read_bytes() == content and list(path.parent.glob(f"{path.name}*")) == [path]


def made_by(path: Path, *statements: str) -> bytes:
    """The content of a database that another program made."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path.read_bytes()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"\0" * 4096])
async def test_a_file_that_is_no_database(plugins: Plugins, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "db.sqlite"
    path.write_bytes(content)
    assert str(await refusal(plugins, path)) == f"{path} is no SQLite database"
    assert unchanged(path, content)


async def test_a_database_of_another_program_is_refused_and_stays_as_it_is(plugins: Plugins, tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite"
    content = made_by(path, "CREATE TABLE notes (id INTEGER)")
    error = await refusal(plugins, path)
    assert str(error) == f"{path}: The database is not Kanboard's: it belongs to another program."
    assert unchanged(path, content)


@pytest.mark.sqlite
async def test_a_database_of_an_older_kanboard_is_refused_and_stays_as_it_is(plugins: Plugins, database: Path) -> None:
    content = made_by(database, "PRAGMA journal_mode = DELETE", "PRAGMA user_version = 127")
    error = await refusal(plugins, database)
    assert str(error) == (
        f"{database}: The database has schema version 127, and 128 is needed: make a backup and open it once with"
        " Kanboard 1.2.53, which will migrate it."
    )
    assert unchanged(database, content)


@pytest.mark.sqlite
async def test_a_database_of_a_newer_kanboard_is_served_with_a_warning(
    plugins: Plugins, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made_by(database, "PRAGMA user_version = 129")
    async with served(plugins, database) as url:
        assert await version(url) == "1.2.53"
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.getMessage().startswith("The database has schema version 129 of a later Kanboard")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ("ALTER TABLE tasks DROP COLUMN external_uri", "tasks.external_uri"),
        ("ALTER TABLE tags RENAME TO labels", "tags"),
    ],
)
async def test_a_database_of_a_newer_kanboard_that_lacks_what_is_needed_is_refused(
    plugins: Plugins, database: Path, change: str, lacking: str
) -> None:
    content = made_by(database, change, "PRAGMA user_version = 129")
    error = str(await refusal(plugins, database))
    assert f"of a later Kanboard; this server knows 128, that of Kanboard 1.2.53. It lacks {lacking}: " in error
    assert error.endswith("a newer release of this server is needed.")
    assert unchanged(database, content)


async def test_a_folder_that_cannot_be_made(plugins: Plugins, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "folder" / "db.sqlite"
    error = str(await refusal(plugins, path))
    assert error.startswith(f"the database {path} can't be opened: ")
    assert "[Errno" not in error


async def test_a_folder_in_the_place_of_the_file(plugins: Plugins, tmp_path: Path) -> None:
    assert str(await refusal(plugins, tmp_path)).startswith(f"the database {tmp_path} can't be opened: ")


async def test_an_access_log_that_cannot_be_written_to(plugins: Plugins, database: Location, tmp_path: Path) -> None:
    error = await refusal(plugins, database, f"logging.access_log={tmp_path}")
    assert isinstance(error, ConfigurationError)
    assert str(error) == f"[logging] access_log {tmp_path} can't be written to: Is a directory"


# The end


async def test_nothing_listens_after_the_end(plugins: Plugins, database: Location) -> None:
    async with served(plugins, database, f"server.port={unused_port()}") as url:
        pass
    with pytest.raises(aiohttp.ClientConnectorError):
        await version(url)


async def test_connections_that_wait_for_nothing_do_not_hold_up_the_end(plugins: Plugins, database: Location) -> None:
    async with aiohttp.ClientSession() as session:
        async with served(plugins, database) as url:
            async with session.post(url, json=CALL, headers=AUTH) as response:
                await response.read()
            address = url.split("/")[2].split(":")
            silent = await asyncio.open_connection(*address)
            half = await asyncio.open_connection(*address)
            half[1].write(b"POST /jsonrpc.php HTTP/1.1\r\nHost:")
            await half[1].drain()
            began = time.monotonic()
        assert time.monotonic() - began < 10  # requests under way are given 30
        for _, writer in (silent, half):
            writer.close()


class Holding:
    """A plugin with a procedure that goes on when the test lets it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    @hookimpl
    def register_procedures(self) -> list[Procedure]:
        def hold(call: Call) -> str:
            self.reached.set()
            assert self.opened.wait(PATIENCE)
            return "held"

        return [Procedure("hold", hold, ANYONE, READS)]


async def called(url: str, method: str) -> Any:
    call = CALL | {"method": method}
    async with aiohttp.ClientSession() as session, session.post(url, json=call, headers=AUTH) as response:
        return (await response.json())["result"]


async def test_a_call_that_runs_is_answered_before_the_end(database: Location) -> None:
    holding = Holding()
    plugins = Plugins([guest("holding", holding)])
    async with served(plugins, database) as url:
        running = asyncio.create_task(called(url, "hold"))
        assert await asyncio.to_thread(holding.reached.wait, PATIENCE)
        asyncio.get_running_loop().call_later(0.3, holding.opened.set)
        assert not running.done()
    assert await running == "held"


@pytest.mark.parametrize("seconds", [0, 0.2])
async def test_a_call_that_takes_too_long_is_not_waited_for(database: Location, seconds: float) -> None:
    holding = Holding()
    plugins = Plugins([guest("holding", holding)])
    async with served(plugins, database, f"server.shutdown_timeout={seconds}") as url:
        running = asyncio.create_task(called(url, "hold"))
        assert await asyncio.to_thread(holding.reached.wait, PATIENCE)
        running.add_done_callback(lambda _: holding.opened.set())  # not before the server has hung up
    with pytest.raises(aiohttp.ClientError):
        await running
