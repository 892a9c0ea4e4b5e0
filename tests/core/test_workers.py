"""Several processes at one address, as an operator meets them: who answers, who dies, who follows, how it ends."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import trustme
from tests import waiting
from tests.holding import held
from tests.ports import unused_port

import kanboard_core
import kanboard_plugins
from kanboard_core import sockets
from kanboard_core.testing import Location
from kanboard_core.testing.databases import database_url, execute

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't serve with several processes")

_CODE = [str(Path(next(iter(package.__path__))).parent) for package in (kanboard_core, kanboard_plugins)]


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Serving:
    """A server of several processes."""

    def __init__(self, home: Path, database: Location, arguments: tuple[str, ...]) -> None:
        self._log = home / f"serve-{time.monotonic_ns()}.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kanboard_core.commands", "serve", *arguments],
                cwd=home,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": os.pathsep.join([*_CODE, str(home)]),
                    "API_AUTHENTICATION_TOKEN": "test",
                    "DATABASE_URL": database_url(database),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def ready(self) -> Serving:
        """Wait until it serves."""
        found = self.said(r"listening on (https?)://127\.0\.0\.1:(\d+)/")
        self.scheme, self.port = found[1], int(found[2])
        self.workers = [int(number) for number in self.said(r"workers, the processes ([\d, ]+)\n")[1].split(",")]
        return self

    @property
    def log(self) -> str:
        """What it has said on standard error so far."""
        return self._log.read_text()

    def said(self, pattern: str) -> re.Match[str]:
        """Wait until it, or a worker that has outlived it, has said something."""
        return waiting.said(pattern, self._log)

    def connection(self, context: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
        """A new connection, which some worker accepts."""
        if context is not None:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def call(
        self,
        connection: http.client.HTTPConnection | None = None,
        method: str = "getVersion",
        credentials: tuple[str, str] = ("jsonrpc", "test"),
    ) -> tuple[Any, str]:
        """The result of a call (the HTTP status when that isn't 200), and what tells its worker from the others."""
        with contextlib.ExitStack() as stack:
            if connection is None:
                connection = stack.enter_context(closing(self.connection()))
            body = json.dumps({"jsonrpc": "2.0", "method": method, "id": 1})
            connection.request("POST", "/jsonrpc.php", body, {"Authorization": basic(*credentials)})
            return self.answer(connection)

    @staticmethod
    def answer(connection: http.client.HTTPConnection) -> tuple[Any, str]:
        """The same of a call that was sent."""
        response = connection.getresponse()
        content = response.read()
        worker = response.headers["X-Request-Id"].partition("-")[0]
        return (json.loads(content)["result"] if response.status == 200 else response.status), worker

    def begun(self) -> http.client.HTTPConnection:
        """A connection with a call by admin that a worker has begun; its answer is still to come."""
        connection = self.connection()
        body = json.dumps({"jsonrpc": "2.0", "method": "getVersion", "id": 1}).encode()
        connection.putrequest("POST", "/jsonrpc.php")
        for name, value in (
            ("Authorization", basic("admin", "admin")),
            ("Content-Length", str(len(body))),
            ("Expect", "100-continue"),
        ):
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.sock.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(body)
        return connection

    def state(self) -> dict[str, Any]:
        """What some worker answers to ``/ready``."""
        with closing(self.connection()) as connection:
            connection.request("GET", "/ready")
            state: dict[str, Any] = json.loads(connection.getresponse().read())
            return state

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds."""
        waiting.wait_until(condition, told=lambda: self.log)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; answers its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


Serve = Callable[..., Serving]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The working directory of the processes."""
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def begin(home: Path, database: Location) -> Iterator[Serve]:
    """Starts servers with two workers on free ports; whatever still runs of them is killed at the end."""
    started: list[Serving] = []

    def begin(*arguments: str) -> Serving:
        for name, value in (("--workers", "2"), ("--port", "0")):
            if not any(argument.startswith(name) for argument in arguments):
                arguments = (f"{name}={value}", *arguments)
        started.append(Serving(home, database, arguments))
        return started[-1]

    yield begin
    for serving in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(serving.process.pid, signal.SIGKILL)
        serving.process.wait(15)


@pytest.fixture
def serve(begin: Serve) -> Serve:
    """The same, and waits until they serve."""
    return lambda *arguments: begin(*arguments).ready()


def refusal(serving: Serving) -> str:
    """The one sentence with which a start is refused."""
    assert serving.process.wait(20) == 2, serving.log
    [line] = serving.log.splitlines()
    assert line.startswith("kanboard-server: ")
    return line.removeprefix("kanboard-server: ")


def install(home: Path, code: str) -> str:
    """Make a third party's plugin, named trouble; answers the argument that enables it."""
    (home / "trouble.py").write_text("from kanboard_core.hooks import hookimpl\n" + dedent(code))
    metadata = home / "trouble-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: trouble\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[kanboard.plugins]\ntrouble = trouble\n")
    return "--set=plugins.enabled=trouble"


def runs(process: int) -> bool:
    """Whether a process is there, and no zombie that waits for its parent."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    try:
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


# Who answers


def test_all_workers_answer_at_one_address_and_introduce_themselves_once(serve: Serve) -> None:
    server = serve()
    answering: set[str] = set()

    def all_have_answered() -> bool:
        result, worker = server.call()
        assert result == "1.2.53"
        answering.add(worker)
        return len(answering) == 2

    server.wait_until(all_have_answered)
    assert server.state()["workers"] == {"wanted": 2, "alive": 2}
    server.said("ANYONE CAN SIGN IN AS admin")
    assert server.stop() == 0
    for once in ("listening on", "procedures of the plugins", "2 workers", "ANYONE CAN SIGN IN", "stopping"):
        assert server.log.count(once) == 1, once
    assert "Traceback" not in server.log
    assert not any(runs(worker) for worker in server.workers)


def test_a_new_database_is_made_once(begin: Serve) -> None:
    server = begin("--database=sqlite:new.sqlite").ready()
    assert server.log.count("created the database new.sqlite") == 1
    assert server.log.count("the new database has the account admin with the password admin") == 1


@pytest.mark.skipif(not sockets.DEALS_OUT, reason="this system leaves it to chance")
def test_connections_are_dealt_out(serve: Serve) -> None:
    server = serve()
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(closing(server.connection())) for _ in range(64)]
        shares = Counter(server.call(connection)[1] for connection in connections)
    assert min(shares.values()) > 12  # 32 would be even; fewer than this happens once in ten million times
    assert len(shares) == 2


def test_one_worker_is_one_process(begin: Serve) -> None:
    server = begin("--workers=1")
    server.port = int(server.said(r"listening on http://127\.0\.0\.1:(\d+)/")[1])
    assert server.call()[0] == "1.2.53"
    assert "workers" not in server.state()
    assert "workers" not in server.log
    assert server.stop() == 0


def test_https(serve: Serve, home: Path) -> None:
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(home / "server.pem")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    server = serve("--set=server.certificate=server.pem", "--set=server.key=server.pem")
    assert server.scheme == "https"
    with closing(server.connection(trusting)) as connection:
        assert server.call(connection)[0] == "1.2.53"


# Who dies, and who follows


def test_a_worker_that_is_killed_is_replaced_and_others_go_on(serve: Serve) -> None:
    server = serve()
    os.kill(server.workers[0], signal.SIGKILL)
    for _ in range(20):  # also those whose connections wait for the successor
        assert server.call()[0] == "1.2.53"
    killed = server.said(r"worker 1, the process (\d+), was killed by SIGKILL: another one follows")
    assert int(killed[1]) == server.workers[0]
    successor = int(server.said(r"worker 1 is the process (\d+) now")[1])
    assert runs(successor)
    server.wait_until(lambda: server.state()["workers"] == {"wanted": 2, "alive": 2})
    assert server.stop() == 0
    assert not runs(successor)
    assert "Traceback" not in server.log


def test_a_worker_that_is_asked_to_end_finishes_and_is_replaced(serve: Serve) -> None:
    server = serve()
    os.kill(server.workers[1], signal.SIGTERM)
    server.said(r"worker 2, the process \d+, ended with exit code 0: another one follows")
    server.said(r"worker 2 is the process \d+ now")
    assert server.stop() == 0


def test_a_first_death_does_not_spoil_the_start(begin: Serve, home: Path) -> None:
    enabled = install(
        home,
        """
        import os

        @hookimpl
        def server_started():
            try:
                open("died", "x").close()
            except FileExistsError:
                return
            os._exit(7)
        """,
    )
    server = begin(enabled).ready()
    assert re.search(r"worker \d, the process \d+, ended with exit code 7: another one follows", server.log)
    assert server.state()["workers"] == {"wanted": 2, "alive": 2}


def test_workers_that_die_again_and_again_are_given_up(begin: Serve, home: Path) -> None:
    enabled = install(
        home,
        """
        import os

        @hookimpl
        def server_started():
            os._exit(7)
        """,
    )
    server = begin(enabled)
    assert server.process.wait(20) == 1
    assert "workers die as soon as they are started, 5 in a row: giving up" in server.log
    assert server.log.count("ended with exit code 7") >= 5
    assert "listening on" not in server.log
    assert "Traceback" not in server.log


def test_a_plugin_that_fails_in_one_worker(begin: Serve, home: Path) -> None:
    enabled = install(
        home,
        """
        from kanboard_core.database import Model
        from kanboard_core.database.migrations import Migration

        @hookimpl
        def register_migrations():
            return [Migration(1, "nothing", lambda changes: None)]

        @hookimpl
        def server_started():
            open("failed", "x").close()
        """,
    )
    server = begin(enabled, "--trace-plugins").ready()
    states: set[str] = set()

    def both_have_answered() -> bool:
        states.add(server.state()["plugins"]["trouble"])
        return len(states) == 2

    server.wait_until(both_have_answered)
    assert states == {"on", "on, failed once, last in the hook server_started"}
    assert server.log.count("migration 1 (nothing) is done") == 1
    assert server.log.count("FileExistsError") == 1
    assert len(re.findall("^trouble: .*server_started", server.log, re.MULTILINE)) == 2


# What can't be started


def test_a_port_in_use_is_refused_also_when_the_other_one_has_workers(begin: Serve) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        assert refusal(begin(f"--port={port}")) == (
            f"can't listen on 127.0.0.1:{port}: another program uses that port already"
        )
    port = begin().ready().port
    assert refusal(begin(f"--port={port}")).endswith("another program uses that port already")


def test_a_host_that_is_none(begin: Serve) -> None:
    assert refusal(begin("--host=no such host.invalid")).startswith("can't listen on no such host.invalid:0: ")


def test_a_worker_that_cannot_be_started_stops_the_start(begin: Serve, home: Path) -> None:
    enabled = install(
        home,
        """
        from kanboard_core.database.database import Database
        from kanboard_core.database.location import CannotOpen

        async def start(self):
            raise CannotOpen("the database is on holiday")

        Database.start = start

        @hookimpl
        def register_procedures():
            return []
        """,
    )
    assert refusal(begin(enabled)) == "the database is on holiday"


def test_a_plugin_that_starts_a_thread_too_early_is_named(begin: Serve, home: Path) -> None:
    enabled = install(
        home,
        """
        import threading

        @hookimpl
        def register_procedures():
            threading.Thread(target=threading.Event().wait, name="clock", daemon=True).start()
            return []
        """,
    )
    assert refusal(begin(enabled)) == (
        "[server] workers must be 1: a plugin has started the thread clock too early, before server_started"
    )


# How it ends


#: so that no write gives up that waits for another program
PATIENT = "--set=database.write_timeout=60"


@contextlib.contextmanager
def calls_under_way(server: Serving, database: Location, count: int = 6) -> Iterator[list[Any]]:
    """Calls that go on until the end of the context, for signing in is to be written down, and waits; their results."""
    results: list[Any] = []
    with contextlib.ExitStack() as stack:
        with held(database) as awaited:
            calls = [stack.enter_context(closing(server.begun())) for _ in range(count)]
            server.wait_until(awaited)
            yield results
            assert select.select([call.sock for call in calls], [], [], 0)[0] == [], "nobody has been answered yet"
        results += [server.answer(call)[0] for call in calls]


def test_running_calls_are_answered_before_the_end(serve: Serve, database: Location) -> None:
    server = serve(PATIENT)
    with calls_under_way(server, database) as results:
        server.process.send_signal(signal.SIGTERM)
        server.said("stopping")
        time.sleep(0.3)
        assert server.process.poll() is None
    assert results == ["1.2.53"] * 6
    assert server.process.wait(20) == 0
    assert "Traceback" not in server.log


def test_ctrl_c_which_reaches_every_process(serve: Serve, database: Location) -> None:
    server = serve(PATIENT)
    with calls_under_way(server, database, 2) as results:
        os.killpg(server.process.pid, signal.SIGINT)
        server.said("stopping")
        time.sleep(0.3)
    assert results == ["1.2.53"] * 2
    assert server.process.wait(20) == 0
    assert "Traceback" not in server.log


def test_nobody_is_left_when_the_parent_is_killed_and_running_calls_are_answered(
    serve: Serve, database: Location
) -> None:
    server = serve(PATIENT, f"--port={unused_port()}")
    with calls_under_way(server, database) as results:
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        server.said(r"worker 1, the process \d+, stops: its parent is gone")
    assert results == ["1.2.53"] * 6
    server.wait_until(lambda: not any(runs(worker) for worker in server.workers))
    assert serve(f"--port={server.port}").call()[0] == "1.2.53"


# What they share


def test_lines_of_the_access_log_are_whole(serve: Serve, home: Path) -> None:
    server = serve("--set=logging.access_log=access.log")

    def calls(number: int) -> None:
        with closing(server.connection()) as connection:
            for index in range(40):
                server.call(connection, f"no{number}x{index}y{'z' * 40}", ("jsonrpc", "wrong"))

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(calls, range(8)))
    assert server.stop() == 0
    lines = (home / "access.log").read_text().splitlines()
    found = [
        re.fullmatch(r"\d+\.\d{3} ([0-9a-f]{8})-\d+ 127\.0\.0\.1 jsonrpc (no\d+x\d+yz{40}) 401 [0-9.]+ms", line)
        for line in lines
    ]
    assert all(found)
    assert {match[2] for match in found if match} == {f"no{a}x{b}y{'z' * 40}" for a in range(8) for b in range(40)}
    assert len(lines) == 320


def test_many_processes_permit_no_more_wrong_passwords_than_one(serve: Serve, database: Location) -> None:
    servers = [serve(), serve()]
    barrier = threading.Barrier(24)

    def guess(number: int) -> Any:
        barrier.wait(20)
        return servers[number % 2].call(credentials=("admin", f"guess {number}"))[0]

    with ThreadPoolExecutor(24) as callers:
        assert set(callers.map(guess, range(24))) == {401}
    assert execute(database, "SELECT nb_failed_login FROM users WHERE id = 1") == [(3,)]
    for server in servers:
        assert server.call(credentials=("admin", "admin"))[0] == 401
        assert server.stop() == 0
    assert (
        sum(server.log.count("authentication failure from 127.0.0.1 via api: user 'admin'") for server in servers) == 3
    )


def test_an_account_that_one_process_remembers_is_refused_when_another_has_counted(
    serve: Serve, database: Location
) -> None:
    servers = [serve("--set=authentication.api_failures=1"), serve("--set=authentication.api_failures=1")]
    with closing(servers[0].connection()) as kept:
        assert servers[0].call(kept, credentials=("admin", "admin"))[0] == "1.2.53"
        assert servers[1].call(credentials=("admin", "wrong"))[0] == 401
        assert servers[0].call(kept, credentials=("admin", "admin"))[0] == 401
        execute(database, "UPDATE users SET nb_failed_login = 0 WHERE id = 1")
        assert servers[0].call(kept, credentials=("admin", "admin"))[0] == "1.2.53"
