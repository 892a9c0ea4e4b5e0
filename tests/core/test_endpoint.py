"""What happens around a call on the wire: methods, paths, bodies, headers, the access log, clients that misbehave."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import logging
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.guests import guest
from tests.waiting import PATIENCE, eventually

from kanboard_core.arguments import Scalar
from kanboard_core.calls import AsyncCall, Call
from kanboard_core.configuration import load
from kanboard_core.database import insertion, statement
from kanboard_core.hooks import hookimpl
from kanboard_core.models import Group
from kanboard_core.permissions import ADMINISTRATORS, ANYONE
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import READS, Effect, Procedure, declared_in, procedure
from kanboard_core.serving import serving
from kanboard_core.testing import Client, Location, RpcError, RunningServer, Unauthorized, running
from kanboard_core.testing.databases import database_url

_NAMES = statement(Group.select(Group.name).order_by(Group.id))
_ADD = insertion(Group, "name", "external_id")


@procedure("echo", access=ANYONE, effect=Effect.NONE)
def echo(call: Call, value: Scalar = "echo") -> Any:
    return value


@procedure("names", access=ANYONE, effect=READS)
def names(call: Call) -> list[str]:
    return call.tx.column(_NAMES)


@procedure("add", access=ANYONE)
def add(call: Call, name: str) -> int:
    return call.tx.insert(_ADD, name=name, external_id="")


@procedure("administrate", access=ADMINISTRATORS, effect=READS)
def administrate(call: Call) -> bool:
    return True


@procedure("fail", access=ANYONE, effect=READS)
def fail(call: Call, secret: str = "") -> None:
    raise RuntimeError(f"SELECT the inside of the server {secret}")


@procedure("link", access=ANYONE, effect=READS)
def link(call: Call) -> str:
    return call.base_url


@procedure("linkFromTheLoop", access=ANYONE)
async def link_from_the_loop(call: AsyncCall) -> str:
    return await call.read(link)


@procedure("odd", access=ANYONE, effect=READS)
def odd(call: Call) -> object:
    return object()


class Gate:
    """Holds a write up, until the test lets it go on."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()


GATE = Gate()


@procedure("addBehindTheGate", access=ANYONE)
def add_behind_the_gate(call: Call, name: str) -> int:
    GATE.reached.set()
    assert GATE.opened.wait(PATIENCE)
    return add(call, name)


@pytest.fixture
def gate() -> Iterator[Gate]:
    """The gate, closed."""
    GATE.__init__()  # type: ignore[misc]
    yield GATE
    GATE.opened.set()


class Probe:
    """A plugin with the procedures above."""

    @staticmethod
    @hookimpl
    def register_procedures() -> list[Procedure]:
        return declared_in(sys.modules[__name__])


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """The procedures above, and no others."""
    return Plugins([guest("probe", Probe())])


def call_of(method: str, *params: Any, **others: Any) -> bytes:
    """A call as it is on the wire."""
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 1} | others).encode()


ECHO = call_of("echo")
ECHOED = {"jsonrpc": "2.0", "result": "echo", "id": 1}
PARSE_ERROR = {"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None}
INVALID_REQUEST = {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": None}

APPLICATION = "Authorization: Basic " + base64.b64encode(b"jsonrpc:test").decode()


class Answer(NamedTuple):
    """An HTTP answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """A connection on which a test writes bytes as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(
        self,
        body: bytes = ECHO,
        *headers: str | bytes,
        start: str | bytes = "POST /jsonrpc.php HTTP/1.1",
        length: bool = True,
        host: str = "Host: kanban.example",
    ) -> None:
        """Send a request, by the application, with these header lines and what HTTP needs."""
        lines = [start, *([host] if host else []), APPLICATION, *headers]
        lines += [f"Content-Length: {len(body)}"] if length else []
        self.writer.write(b"".join(as_bytes(line) + b"\r\n" for line in lines) + b"\r\n" + body)

    async def answer(self, *, body: bool = True) -> Answer:
        """The next answer."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        first, *lines = head.decode().strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers.get("Content-Length", 0)) if body else 0
        return Answer(int(first.split()[1]), headers, await self.reader.readexactly(length))

    async def closed(self) -> bool:
        """Whether the server closes the connection now, without another word."""
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), PATIENCE) == b""
        return True


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@contextlib.asynccontextmanager
async def connected(server: RunningServer) -> AsyncIterator[Connection]:
    host, port = server.base_url.split("/")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def sent(server: RunningServer, body: bytes = ECHO, *headers: str | bytes, **others: Any) -> Answer:
    """The answer to one request of the application; other arguments are those of ``Connection.send``."""
    async with connected(server) as connection:
        connection.send(body, *headers, **others)
        return await connection.answer()


# Methods, content types, headers


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
async def test_a_body_is_carried_out_whatever_the_method(server: RunningServer, method: str) -> None:
    answer = await sent(server, start=f"{method} /jsonrpc.php HTTP/1.1")
    assert (answer.status, answer.json) == (200, ECHOED)


async def test_head_carries_out_and_answers_without_a_body(server: RunningServer, application: Client) -> None:
    async with connected(server) as connection:
        connection.send(call_of("add", "by HEAD"), start="HEAD /jsonrpc.php HTTP/1.1")
        answer = await connection.answer(body=False)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        connection.send()  # had there been a body, it would stand before the next answer
        assert (await connection.answer()).json == ECHOED
    assert await application.names() == ["by HEAD"]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_without_a_body_there_is_nothing_to_carry_out_and_nobody_is_asked_who_he_is(
    server: RunningServer, method: str
) -> None:
    async with server.session.request(method, server.url) as response:
        assert (response.status, await response.json()) == (200, PARSE_ERROR)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=iso-8859-1",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/html",
        "nonsense",
        "",
    ],
)
async def test_a_body_is_json_in_utf_8_whatever_it_is_called(server: RunningServer, content_type: str) -> None:
    answer = await sent(server, call_of("echo", "ü/€"), f"Content-Type: {content_type}")
    assert answer.json["result"] == "ü/€"


async def test_a_body_without_a_content_type_is_json(server: RunningServer) -> None:
    assert (await sent(server)).json == ECHOED


@pytest.mark.parametrize(
    "header",
    [
        "Accept: text/html",
        "Accept: image/png",
        "Cookie: KB_SID=1",
        "X-Requested-With: XMLHttpRequest",
        "Origin: http://a",
    ],
)
async def test_these_headers_change_nothing(server: RunningServer, header: str) -> None:
    answer = await sent(server, ECHO, header)
    assert answer.json == ECHOED
    assert set(answer.headers) == {"Content-Type", "Content-Length", "Server", "Date", "X-Request-Id"}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (ECHO, [], 200),
        (call_of("echo", id=None), [], 200),
        (call_of("unknown"), [], 200),
        (b"nonsense", [], 200),
        (ECHO, ["Authorization: Basic nonsense"], 401),
    ],
)
async def test_every_answer_is_called_json_and_names_no_version(
    server: RunningServer, body: bytes, headers: list[str], status: int
) -> None:
    async with server.session.post(server.url, data=body, headers=dict(h.split(": ") for h in headers)) as response:
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Server"] == "kanboard-server"
    async with server.session.post(server.base_url + "elsewhere") as response:
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Server"] == "kanboard-server"


async def test_text_is_answered_in_utf_8_without_escapes(server: RunningServer) -> None:
    answer = await sent(server, call_of("echo", "ü/\U0001f600"))
    assert answer.body == '{"jsonrpc":"2.0","result":"ü/\U0001f600","id":1}'.encode()


async def test_every_request_has_a_number_of_its_own(server: RunningServer) -> None:
    numbers = {(await sent(server, body)).headers["X-Request-Id"] for body in (ECHO, ECHO, b"nonsense")}
    assert len(numbers) == 3


async def test_a_notification_is_answered_with_an_empty_body(server: RunningServer, application: Client) -> None:
    for body in (call_of("add", "one", id=None), b"[" + call_of("add", "two", id=None) + b"]"):
        answer = await sent(server, body)
        assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "0", b"")
    assert await application.names() == ["one", "two"]


async def test_a_batch_is_answered_with_an_array_and_an_empty_one_with_an_object(server: RunningServer) -> None:
    assert (await sent(server, b"[" + ECHO + b"]")).json == [ECHOED]
    assert (await sent(server, b"[]")).json == INVALID_REQUEST
    assert (await sent(server, b"[1]")).json == [INVALID_REQUEST]


# Who is asked for credentials


async def test_wrong_credentials_are_answered_401_with_a_challenge(server: RunningServer) -> None:
    unauthorized = {"jsonrpc": "2.0", "error": {"code": 401, "message": "Unauthorized"}, "id": None}
    for body in (ECHO, b"[" + ECHO + b"]", call_of("echo", id=None), call_of("unknown")):
        async with server.session.post(server.url, data=body) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"] == 'Basic realm="JsonRPC"'
            assert response.headers["Content-Type"] == "application/json"
            assert await response.json() == unauthorized


async def test_a_refusal_is_answered_403_without_a_challenge(server: RunningServer, administrator: Client) -> None:
    server.sql("UPDATE users SET role = 'app-user'")
    status, body = await administrator.send_bytes(b"[%s,%s]" % (ECHO, call_of("administrate")))
    assert status == 403
    assert json.loads(body) == {"jsonrpc": "2.0", "error": {"code": 403, "message": "Forbidden"}, "id": None}


@pytest.mark.parametrize("body", [b"nonsense", b"1", b"{}", b"[]", b"[1, {}, []]", b'{"jsonrpc": "2.0", "method": 1}'])
async def test_what_is_no_call_is_answered_without_credentials(server: RunningServer, body: bytes) -> None:
    async with server.session.post(server.url, data=body) as response:
        assert response.status == 200
        assert b"error" in await response.read()


# Paths


@pytest.mark.parametrize("path", ["/jsonrpc.php", "/jsonrpc.php?", "/jsonrpc.php?a=b&c", "/jsonrpc%2Ephp"])
async def test_calls_go_to_one_path_and_its_query_does_not_matter(server: RunningServer, path: str) -> None:
    assert (await sent(server, start=f"POST {path} HTTP/1.1")).json == ECHOED


@pytest.mark.parametrize(
    "path",
    ["/", "/jsonrpc", "/jsonrpc.php/", "/JSONRPC.PHP", "//jsonrpc.php", "/a/../jsonrpc.php", "/%00", "/ready/"],
)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
async def test_elsewhere_nothing_is_served(server: RunningServer, application: Client, path: str, method: str) -> None:
    answer = await sent(server, call_of("add", "never"), "Accept: text/html", start=f"{method} {path} HTTP/1.1")
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == {"error": "nothing is served here; calls go to /jsonrpc.php"}
    assert await application.names() == []


@pytest.mark.parametrize("settings", [["server.prefix=/kanban/board", "server.path=/rpc"]], ids=["prefix"])
async def test_the_path_and_what_everything_is_below_can_be_chosen(server: RunningServer) -> None:
    assert server.url.endswith("/kanban/board/rpc")
    assert (await sent(server, start="POST /kanban/board/rpc HTTP/1.1")).json == ECHOED
    for path in ("/jsonrpc.php", "/rpc", "/kanban/board/jsonrpc.php", "/health", "/ready"):
        assert (await sent(server, start=f"POST {path} HTTP/1.1")).status == 404
    for page in ("health", "ready"):
        async with server.session.get(server.base_url + page) as response:
            assert response.status == 200


@pytest.mark.parametrize("host", [b"", b"a b", b"a\xffb", b"[::1", b"a/b?c", b'evil"><script>'])
async def test_the_host_does_not_matter(server: RunningServer, host: bytes) -> None:
    async with connected(server) as connection:
        connection.writer.write(b"POST /jsonrpc.php HTTP/1.1\r\nHost: " + host + b"\r\n" + APPLICATION.encode())
        connection.writer.write(b"\r\nContent-Length: %d\r\n\r\n%s" % (len(ECHO), ECHO))
        assert (await connection.answer()).json == ECHOED


# What links begin with

LOCALHOST = "http://localhost/"


async def links(server: RunningServer, *headers: str, path: str = "/jsonrpc.php") -> str:
    """What the links in answers to a request with these headers begin with."""
    batch = b"[%s,%s]" % (call_of("link"), call_of("linkFromTheLoop"))
    answers = (await sent(server, batch, *headers, start=f"POST {path} HTTP/1.1", host="")).json
    assert answers[0]["result"] == answers[1]["result"]
    return str(answers[0]["result"])


async def test_links_begin_with_the_host_that_the_client_names(server: RunningServer) -> None:
    assert await links(server, "Host: example.org") == "http://example.org/"
    assert await links(server, "Host: example.org:81") == "http://example.org:81/"
    for unknown in ("Host: 127.0.0.1:8080", "Host: localhost", "Host: a b", "Host: "):
        assert await links(server, unknown, "X-Forwarded-Host: example.org") == LOCALHOST, unknown


async def test_the_setting_of_the_application_says_it_better(server: RunningServer) -> None:
    server.sql("UPDATE settings SET value = 'https://tasks.example.org/kb' WHERE option = 'application_url'")
    assert await links(server, "Host: example.org") == "https://tasks.example.org/kb/"


@pytest.mark.parametrize("settings", [["server.base_url=https://example.com"]], ids=[""])
async def test_the_option_says_it_best(server: RunningServer) -> None:
    server.sql("UPDATE settings SET value = 'https://tasks.example.org/' WHERE option = 'application_url'")
    assert await links(server, "Host: example.org") == "https://example.com/"


@pytest.mark.parametrize(("network", "scheme"), [("127.0.0.0/8", "https"), ("10.0.0.0/8", "http"), ("", "http")])
async def test_a_trusted_proxy_says_whether_the_client_speaks_tls(
    database: Location, plugins: Plugins, network: str, scheme: str
) -> None:
    settings = ["server.prefix=/kanban", f"server.trusted_proxy_networks={network}"]
    async with running(database, plugins=plugins, settings=settings) as server:
        said = ("Host: example.org", "X-Forwarded-Proto: https")
        assert await links(server, *said, path="/kanban/jsonrpc.php") == f"{scheme}://example.org/kanban/"


# Bodies

LIMITED = pytest.mark.parametrize("settings", [["server.body_limit=1000"]], ids=["limit"])
TOO_LARGE = {
    "jsonrpc": "2.0",
    "error": {"code": -32600, "message": "Invalid Request", "data": "The body of a request may hold 1000 bytes"},
    "id": None,
}


def chunked(body: bytes, size: int = 100) -> bytes:
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


@LIMITED
@pytest.mark.parametrize("size", [1001, 5_000_000])
async def test_a_body_over_the_limit_is_refused_and_the_connection_goes_on(server: RunningServer, size: int) -> None:
    async with connected(server) as connection:
        for _ in range(2):
            connection.send(ECHO.ljust(size))
            answer = await connection.answer()
            assert (answer.status, answer.json) == (200, TOO_LARGE)
        connection.send(ECHO.ljust(1000))
        assert (await connection.answer()).json == ECHOED


@LIMITED
@pytest.mark.parametrize("size", [1001, 5_000_000])
async def test_the_limit_holds_for_bodies_in_chunks_too(server: RunningServer, size: int) -> None:
    async with connected(server) as connection:
        connection.send(chunked(ECHO.ljust(size), 4000), "Transfer-Encoding: chunked", length=False)
        assert (await connection.answer()).json == TOO_LARGE
        connection.send(chunked(ECHO.ljust(1000)), "Transfer-Encoding: chunked", length=False)
        assert (await connection.answer()).json == ECHOED


@LIMITED
async def test_the_limit_holds_for_what_a_compressed_body_becomes(server: RunningServer) -> None:
    async with connected(server) as connection:
        connection.send(gzip.compress(ECHO.ljust(50_000_000)), "Content-Encoding: gzip")
        assert (await connection.answer()).json == TOO_LARGE
    assert (await sent(server, gzip.compress(ECHO.ljust(1000)), "Content-Encoding: gzip")).json == ECHOED


@LIMITED
async def test_a_client_that_asks_first_is_told_before_it_sends(server: RunningServer) -> None:
    async with connected(server) as connection:
        connection.send(b"", "Expect: 100-continue", "Content-Length: 1001", length=False)
        assert (await connection.answer()).json == TOO_LARGE


async def test_a_client_that_asks_first_is_told_to_go_on(server: RunningServer) -> None:
    async with connected(server) as connection:
        connection.send(b"", "Expect: 100-continue", f"Content-Length: {len(ECHO)}", length=False)
        assert await connection.reader.readexactly(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.writer.write(ECHO)
        assert (await connection.answer()).json == ECHOED


@pytest.mark.parametrize("settings", [["server.body_timeout=0.2"]], ids=["timeout"])
async def test_a_body_that_does_not_arrive_is_not_waited_for(server: RunningServer) -> None:
    async with connected(server) as connection:
        connection.send(ECHO[:10], f"Content-Length: {len(ECHO)}", length=False)
        answer = await connection.answer()
        assert answer.json["error"]["data"] == "The body of the request did not arrive in time"
        assert await connection.closed()
    assert (await sent(server)).json == ECHOED


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_may_be_compressed(server: RunningServer, encoding: str) -> None:
    import zlib

    body = gzip.compress(ECHO) if encoding == "gzip" else zlib.compress(ECHO)
    assert (await sent(server, body, f"Content-Encoding: {encoding}")).json == ECHOED


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(ECHO)[:-20], b""], ids=["other", "cut", "empty"])
async def test_a_body_that_is_not_compressed_as_it_says_is_no_json(
    server: RunningServer, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(server) as connection:
        connection.send(body, "Content-Encoding: gzip")
        answer = await connection.answer()
        assert (answer.status, answer.json) == (200, PARSE_ERROR)
        if body == b"no gzip":  # what follows can't be trusted either
            assert await connection.closed()
    assert (await sent(server)).json == ECHOED
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("settings", [["server.batch_limit=3"]], ids=["limit"])
async def test_a_batch_over_the_limit_is_refused_whole(server: RunningServer, application: Client) -> None:
    batch = b"[" + b",".join([call_of("add", "x")] * 4) + b"]"
    answer = await sent(server, batch)
    assert answer.json["error"]["data"] == "A batch may hold 3 calls, not 4"
    assert await application.names() == []


async def test_requests_may_be_sent_without_waiting_for_answers(server: RunningServer) -> None:
    async with connected(server) as connection:
        for number in range(20):
            connection.send(call_of("echo", number))
        assert [(await connection.answer()).json["result"] for _ in range(20)] == list(range(20))


async def test_a_client_may_speak_http_1_0(server: RunningServer) -> None:
    async with connected(server) as connection:
        connection.send(start="POST /jsonrpc.php HTTP/1.0")
        assert (await connection.answer()).json == ECHOED
        assert await connection.closed()


# What is no HTTP

NO_HTTP = {
    "no request line": b"hello\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an unknown version": b"POST /jsonrpc.php HTTP/9.9\r\nHost: a\r\n\r\n",
    "an unknown method": b"BREW /jsonrpc.php HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host": b"POST /jsonrpc.php HTTP/1.1\r\n\r\n",
    "two hosts": b"POST /jsonrpc.php HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a broken address": b"GET http://[::1/jsonrpc.php HTTP/1.1\r\nHost: a\r\n\r\n",
    "a long line": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
    "a blank in a header's name": b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nA B: c\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n",
    "a length that is no number": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: a\r\n\r\n",
    "a negative length": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a chunk without size": b"POST /jsonrpc.php HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\na\r\n",
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP)
async def test_what_is_no_http_is_refused_in_json_without_a_word_about_the_inside(
    server: RunningServer, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with connected(server) as connection:
        connection.writer.write(data)
        answer = await connection.answer()
        assert await connection.closed()
    assert (answer.status, answer.json) == (400, INVALID_REQUEST)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Server"] == "kanboard-server"
    assert (await sent(server)).json == ECHOED
    [record] = [record for record in caplog.records if record.name.startswith("kanboard")]
    assert record.getMessage().startswith("a request from 127.0.0.1 could not be read: ")
    assert record.getMessage().isprintable()  # one line
    assert not [other for other in caplog.records if other.exc_info]


async def test_a_password_in_a_broken_request_is_not_logged(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await sent(server, ECHO, b"Authorization: Basic c2VjcmV0\x01")
    assert answer.status == 400
    answer = await sent(server, ECHO, b"Authorization: Basic " + b"c2VjcmV0" * 2000)
    assert answer.status == 400
    assert "c2VjcmV0" not in caplog.text


# Clients that go away


async def test_a_client_that_goes_away_before_its_request_is_complete_is_forgotten(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with connected(server) as connection:
        connection.send(b"{", "Content-Length: 100", length=False)
        await asyncio.sleep(0.05)
    async with connected(server) as connection:
        connection.writer.write(b"POST /jsonr")
    assert (await sent(server)).json == ECHOED
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_the_write_of_a_client_that_goes_away_stands(
    server: RunningServer, application: Client, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(server) as connection:
        connection.send(call_of("addBehindTheGate", "abandoned"))
        assert await asyncio.to_thread(gate.reached.wait, PATIENCE)
        connection.writer.transport.abort()
    assert await application.names() == []
    gate.opened.set()
    await eventually(application.names)  # a database with several writers may do another's write meanwhile
    assert await application.add("another") == 2
    assert await application.names() == ["abandoned", "another"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# Procedures that fail


async def test_what_a_procedure_did_not_foresee_is_logged_and_not_told(
    server: RunningServer, application: Client, caplog: pytest.LogCaptureFixture
) -> None:
    failed = {"jsonrpc": "2.0", "error": {"code": -32603, "message": "Internal error"}, "id": "x"}
    answer = await sent(server, call_of("fail", id="x"))
    assert (answer.status, answer.json) == (200, failed)
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "plugin probe failed in the procedure fail")
    assert "the inside of the server" in caplog.text  # with the traceback
    assert (await sent(server, call_of("fail", id=None))).body == b""


async def test_a_result_that_cannot_be_written_fails_its_call_alone(application: Client) -> None:
    answers = await application.batch(("echo",), ("odd",), ("echo",))
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, -32603, None]
    assert [answer["id"] for answer in answers] == [0, 1, 2]


@pytest.mark.sqlite
async def test_text_in_the_database_that_is_not_utf_8_is_repaired(server: RunningServer, application: Client) -> None:
    server.sql("INSERT INTO groups (name) VALUES (CAST(x'61ff62' AS TEXT))")
    assert await application.names() == ["a\ufffdb"]


# Full disks


async def limit_pages(server: RunningServer, more: int) -> None:
    """Let the database grow by so many pages, as if the disk were full then."""
    [(pages,)] = server.sql("PRAGMA page_count")
    await server.server.database.write(
        lambda transaction: transaction.connection.execute(f"PRAGMA max_page_count = {pages + more}").fetchall()
    )


@pytest.mark.sqlite
async def test_on_a_full_disk_a_write_fails_and_is_done_again_when_there_is_room(
    server: RunningServer, application: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await application.add("before")
    await limit_pages(server, 0)
    with pytest.raises(RpcError) as refused:
        await application.add("x" * 100_000)
    assert (refused.value.status, refused.value.code) == (200, -32603)
    assert refused.value.data == "the database could not do it"
    assert "full" in caplog.text  # the operator is told why
    assert await application.names() == ["before"]
    await limit_pages(server, 1000)
    await application.add("after")
    assert await application.names() == ["before", "after"]
    [(intact,)] = server.sql("PRAGMA integrity_check")
    assert intact == "ok"


@pytest.mark.sqlite
async def test_on_a_full_disk_the_other_calls_of_a_batch_are_kept(server: RunningServer, application: Client) -> None:
    await limit_pages(server, 2)
    answers = await application.batch(("add", "one"), ("add", "x" * 100_000), ("names",), ("add", "two"))
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, -32603, None, None]
    assert answers[2]["result"] == ["one"]
    assert await application.names() == ["one", "two"]


@pytest.mark.sqlite
async def test_on_a_full_disk_writes_of_others_at_the_same_time_are_kept(
    server: RunningServer, application: Client
) -> None:
    await limit_pages(server, 2)
    calls = [application.add("x" * 100_000 if number % 5 == 0 else f"{number:02}") for number in range(20)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(outcome, RpcError) for outcome in outcomes] == [number % 5 == 0 for number in range(20)]
    assert sorted(await application.names()) == [f"{number:02}" for number in range(20) if number % 5]


# NUL characters


async def test_a_nul_in_a_text_or_an_id_comes_back(server: RunningServer, application: Client) -> None:
    assert await application.echo("a\0b") == "a\0b"
    answer = await sent(server, call_of("echo", id="a\0b"))
    assert answer.json["id"] == "a\0b"


@pytest.mark.sqlite
async def test_a_nul_can_be_stored(application: Client) -> None:
    await application.add("a\0b")
    assert await application.names() == ["a\0b"]


@pytest.mark.postgres
async def test_a_text_with_a_nul_is_refused_where_it_can_not_be_stored(application: Client) -> None:
    assert await application.add("a\0b") is False
    assert await application.names() == []


@pytest.mark.parametrize("method", ["echo\0", "\0", "\0echo", "e\0cho"])
async def test_a_name_with_a_nul_is_unknown(application: Client, method: str) -> None:
    with pytest.raises(RpcError) as refused:
        await application.call(method)
    assert refused.value.code == -32601


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("admin", "admin\0"),
        ("admin", "\0"),
        ("admin\0", "admin"),
        ("\0", "\0"),
        ("jsonrpc", "test\0"),
        ("jsonrpc\0", "test"),
    ],
)
async def test_credentials_with_a_nul_are_wrong(server: RunningServer, username: str, password: str) -> None:
    with pytest.raises(Unauthorized):
        await server.client(username, password).names()


# Health


async def page(server: RunningServer, name: str) -> tuple[int, Any]:
    async with server.session.get(server.base_url + name) as response:
        assert response.headers["Content-Type"] == "application/json"
        return response.status, await response.json()


async def is_ready(server: RunningServer) -> bool:
    return (await page(server, "ready"))[0] == 200


async def is_not_ready(server: RunningServer, reason: str) -> bool:
    """Whether the server says why it isn't ready. Before it knows that, it is no more so."""
    status, told = await page(server, "ready")
    assert (status, told["status"]) == (503, "not ready")
    return bool(told["database"] == reason)


async def test_a_server_tells_that_it_is_alive_and_ready(server: RunningServer) -> None:
    assert await page(server, "health") == (200, {"status": "alive"})
    assert await page(server, "ready") == (200, {"status": "ready", "database": "ok", "plugins": {"probe": "on"}})


@pytest.mark.sqlite
async def test_a_server_whose_file_is_gone_is_not_ready(server: RunningServer, database: Path) -> None:
    elsewhere = database.with_name("elsewhere")
    await asyncio.to_thread(database.rename, elsewhere)
    await eventually(partial(is_not_ready, server, "there is no database file"))
    assert await page(server, "health") == (200, {"status": "alive"})
    await asyncio.to_thread(elsewhere.rename, database)
    await eventually(partial(is_ready, server))


@pytest.mark.sqlite
async def test_a_server_whose_file_is_no_database_any_more_is_not_ready(server: RunningServer, database: Path) -> None:
    with database.open("r+b") as file:
        file.write(b"garbage!" * 512)
    await eventually(partial(is_not_ready, server, "the file is no database"))


async def test_a_server_whose_database_is_too_old_is_not_ready(server: RunningServer) -> None:
    old = {
        "sqlite": "PRAGMA user_version = 127",
        "postgres": "UPDATE schema_version SET version = 116",
        "mysql": "UPDATE schema_version SET version = 138",
    }
    engine = server.server.database.engine.kind
    server.sql(old[engine])
    status, told = await page(server, "ready")
    assert (status, told["database"]) == (503, f"schema version {old[engine].split()[-1]} is too old")


# The access log


@pytest.fixture
async def logging_server(database: Location, plugins: Plugins, tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """The URL of a server that writes an access log, and that file."""
    log = tmp_path / "access.log"
    settings = [
        f"database.database_url={database_url(database)}",
        f"logging.access_log={log}",
        "server.port=0",
        "authentication.api_authentication_token=test",
        "server.trusted_proxy_networks=127.0.0.0/8",
        "server.trusted_proxy_headers=X-Forwarded-For",
    ]
    async with serving(load(settings=settings, environment={}, schema=plugins.schema), plugins) as (_, url):
        yield url, log


class Logged(NamedTuple):
    time: str
    request_id: str
    address: str
    caller: str
    procedure: str
    outcome: str
    duration: str


async def logged(server: tuple[str, Path], body: bytes, credentials: str = "jsonrpc:test", **headers: str) -> Logged:
    """The line that a request leaves in the access log."""
    import aiohttp

    url, log = server
    before = log.read_text()
    headers["Authorization"] = "Basic " + base64.b64encode(credentials.encode()).decode()
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        request_id = response.headers["X-Request-Id"]
    await eventually(lambda: log.read_text() != before)
    [line] = log.read_text().removeprefix(before).splitlines()
    assert line.isprintable()
    found = Logged(*line.split(" "))
    assert found.request_id == request_id
    return found


async def test_a_request_leaves_a_line(logging_server: tuple[str, Path], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    began, ticks = time.time(), time.perf_counter()
    line = await logged(logging_server, call_of("names"))
    assert line[2:6] == ("127.0.0.1", "jsonrpc", "names", "ok")
    assert began - 1 < float(line.time) < time.time() + 1
    assert re.fullmatch(r"[0-9]+\.[0-9]{2}ms", line.duration)
    assert 0 < float(line.duration.removesuffix("ms")) < (time.perf_counter() - ticks) * 1000
    assert "POST" not in caplog.text  # nobody else logs requests


@pytest.mark.parametrize(
    ("body", "credentials", "expected"),
    [
        (call_of("NAMES"), "admin:admin", ("admin", "NAMES", "ok")),
        (call_of("names"), "admin:wrong", ("admin", "names", "401")),
        (call_of("names"), "", ("-", "names", "401")),
        (call_of("unknown"), "jsonrpc:test", ("jsonrpc", "unknown", "-32601")),
        (call_of("fail"), "jsonrpc:test", ("jsonrpc", "fail", "-32603")),
        (call_of("echo", [1]), "jsonrpc:test", ("jsonrpc", "echo", "-32602")),
        (call_of("echo", id=None), "jsonrpc:test", ("jsonrpc", "echo", "ok")),
        (b"[%s,1,%s,%s]" % (ECHO, ECHO, ECHO), "jsonrpc:test", ("jsonrpc", "echo+2", "-32600")),
        (b"nonsense", "jsonrpc:test", ("-", "-", "-32700")),
        (b"[1]", "jsonrpc:test", ("-", "-", "-32600")),
    ],
)
async def test_the_line_tells_who_called_what_and_what_became_of_it(
    logging_server: tuple[str, Path], body: bytes, credentials: str, expected: tuple[str, str, str]
) -> None:
    line = await logged(logging_server, body, credentials)
    assert (line.caller, line.procedure, line.outcome) == expected


@pytest.mark.parametrize(
    "odd_name", ["a\nb", "a\r\nb", "a b", "a\0b", "a\x1b[31mb", "a\u2028b", "a\u202eb", "a\tb", "a\x85b"]
)
async def test_no_name_forges_a_line(logging_server: tuple[str, Path], odd_name: str) -> None:
    line = await logged(logging_server, call_of(odd_name))
    assert line.procedure.startswith("a?")
    line = await logged(logging_server, call_of("names"), f"{odd_name}:x")
    assert line.caller.startswith("a?")


async def test_a_name_without_end_is_cut(logging_server: tuple[str, Path]) -> None:
    line = await logged(logging_server, call_of("x" * 100_000), "y" * 5000 + ":x")
    assert (len(line.procedure), len(line.caller)) == (60, 60)


async def test_behind_a_proxy_the_clients_address_is_told_and_nothing_else(logging_server: tuple[str, Path]) -> None:
    line = await logged(logging_server, ECHO, **{"X-Forwarded-For": "2001:db8::1, 10.0.0.1"})
    assert line.address == "2001:db8::1"
    line = await logged(logging_server, ECHO, **{"X-Forwarded-For": "fe80::1%a b, nonsense"})
    assert line.address == "127.0.0.1"


async def test_no_argument_and_no_password_is_logged(
    logging_server: tuple[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for body in (call_of("echo", "SECRET"), call_of("echo", ["SECRET"]), call_of("unknown", "SECRET"), b"SECRET"):
        await logged(logging_server, body)
    await logged(logging_server, call_of("names"), "admin:SECRET")
    assert "SECRET" not in logging_server[1].read_text()
    assert "SECRET" not in caplog.text
