"""The command line as an operator meets it: real processes, what they say, and how they end."""

from __future__ import annotations

import base64
import json
import os
import pty
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from tests import waiting
from tests.holding import held
from tests.ports import unused_port

SERVER = Path(sys.executable).with_name("kanboard-server")

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(not SERVER.exists(), reason="the command is not installed beside this Python"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The working directory of the processes; empty."""
    path = tmp_path / "home"
    path.mkdir()
    return path


def environment(**variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}


def run(home: Path, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with these environment variables and no others of the server's."""
    return subprocess.run(
        [SERVER, *arguments],
        cwd=home,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def refusal(home: Path, *arguments: str | Path, **variables: str) -> str:
    """The one sentence with which a command is refused."""
    ended = run(home, *arguments, **variables)
    assert (ended.returncode, ended.stdout) == (2, ""), ended
    [line] = ended.stderr.splitlines()
    assert line.startswith("kanboard-server: ")
    return line.removeprefix("kanboard-server: ")


class Serving:
    """A process that serves."""

    def __init__(self, home: Path, arguments: tuple[str | Path, ...], variables: dict[str, str]) -> None:
        self._log = home / f"serve-{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [SERVER, "serve", *arguments],
                cwd=home,
                env=environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self.url = self.said(r"listening on (\S+)")[1]

    @property
    def log(self) -> str:
        """What it has said on standard error so far."""
        return self._log.read_text()

    def said(self, pattern: str) -> re.Match[str]:
        """Wait until it has said something."""
        return waiting.said(pattern, self._log, self.process)

    def call(self, method: str = "getVersion", username: str = "jsonrpc", password: str = "test") -> Any:
        """The result of a call; the HTTP status when that isn't 200."""
        body = json.dumps({"jsonrpc": "2.0", "method": method, "id": 1}).encode()
        credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
        request = urllib.request.Request(self.url, body, {"Authorization": f"Basic {credentials}"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
                return json.load(response)["result"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; answers its exit code."""
        self.process.send_signal(number)
        return self.process.wait(15)


Serve = Callable[..., Serving]


@pytest.fixture
def serve(home: Path) -> Iterator[Serve]:
    """Starts servers on free ports, with the application token ``test``; those that still run are killed at the end."""
    started: list[Serving] = []

    def start(*arguments: str | Path, **variables: str) -> Serving:
        if not any(str(argument).startswith(("--port", "--config")) for argument in arguments):
            arguments = (*arguments, "--port=0")
        variables.setdefault("API_AUTHENTICATION_TOKEN", "test")
        started.append(Serving(home, arguments, variables))
        return started[-1]

    yield start
    for serving in started:
        serving.process.kill()
        serving.process.wait(15)


@pytest.fixture
def data(home: Path, prepared_database: Path) -> Path:
    """An empty database where the default is."""
    path = home / "data" / "db.sqlite"
    path.parent.mkdir()
    shutil.copyfile(prepared_database, path)
    return path


def sql(path: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        return connection.execute(statement, values).fetchall()


# serve


def test_a_first_start_makes_a_database_and_warns_of_its_password(home: Path, serve: Serve) -> None:
    server = serve()
    assert server.call() == "1.2.53"
    server.said("ANYONE CAN SIGN IN AS admin WITH THE PASSWORD admin")
    for line in (
        "INFO created the database data/db.sqlite",
        "INFO the new database has the account admin with the password admin",
        f"INFO listening on {server.url}",
        "INFO database data/db.sqlite",
    ):
        assert line in server.log
    assert re.search(r"INFO [0-9]+ procedures of the plugins .*\bapplication\b", server.log)
    assert server.url.startswith("http://127.0.0.1:")
    assert (home / "data" / "db.sqlite").exists()
    assert "Traceback" not in server.log


def test_a_later_start_takes_what_is_there(serve: Serve, data: Path) -> None:
    sql(data, "UPDATE users SET password = 'another'")
    server = serve()
    server.call()
    assert server.stop() == 0
    assert "created" not in server.log
    assert "new database" not in server.log
    assert "WARNING" not in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(serve: Serve, data: Path, number: signal.Signals) -> None:
    server = serve()
    server.call()
    assert server.stop(number) == 0
    assert re.search(" jsonrpc getVersion ok [0-9.]+ms\n", server.log)  # the access log is written to the end
    assert "stopping" in server.log
    assert "Traceback" not in server.log
    assert not data.with_name("db.sqlite-wal").exists()  # the database was closed


def test_a_signal_lets_a_running_call_end(serve: Serve, data: Path) -> None:
    server = serve("--set=database.write_timeout=60")
    answers: list[Any] = []
    with held(data) as awaited:
        caller = threading.Thread(target=lambda: answers.append(server.call("getVersion", "admin", "admin")))
        caller.start()
        waiting.wait_until(awaited, told=lambda: server.log)  # the sign-in is to be written down
        server.process.send_signal(signal.SIGTERM)
        server.said("stopping")
        time.sleep(0.3)
        assert server.process.poll() is None
    caller.join(waiting.PATIENCE)
    assert answers == ["1.2.53"]
    assert server.process.wait(15) == 0
    assert sql(data, "SELECT count(*) FROM last_logins") == [(1,)]


def test_what_was_answered_survives_a_sudden_death(serve: Serve, data: Path) -> None:
    server = serve()
    assert server.call("getVersion", "admin", "admin") == "1.2.53"
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    assert sql(data, "SELECT count(*) FROM last_logins") == [(1,)]
    assert sql(data, "PRAGMA integrity_check") == [("ok",)]
    assert serve().call() == "1.2.53"


def test_requests_are_logged_on_standard_error(serve: Serve, data: Path) -> None:
    server = serve()
    assert server.call("getVersion", "jsonrpc", "wrong") == 401
    server.said(r" 127\.0\.0\.1 jsonrpc getVersion 401 [0-9.]+ms\n")
    server.call()
    server.said(r" 127\.0\.0\.1 jsonrpc getVersion ok [0-9.]+ms\n")
    assert "wrong" not in server.log


def test_options_of_the_command_line(home: Path, serve: Serve) -> None:
    port = unused_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--database", "sqlite:here.sqlite", "--set"]
    server = serve(*options, "server.path=/rpc", "--set", "logging.access_log=off", "--set", "logging.level=debug")
    assert server.url == f"http://127.0.0.1:{port}/rpc"
    assert server.call() == "1.2.53"
    assert server.stop() == 0
    assert "ms\n" not in server.log
    assert (home / "here.sqlite").exists()
    assert not (home / "data").exists()


INI = """
[server]
port = 0
prefix = /kanban

[database]
database_url = sqlite:of-the-file.sqlite

[plugins]
disabled = tasks

[authentication]
api_authentication_token = of the file
"""


def test_a_file_in_the_working_directory_is_read(home: Path, serve: Serve) -> None:
    (home / "kanboard.ini").write_text(INI)
    server = serve("--config=kanboard.ini", API_AUTHENTICATION_TOKEN="")
    assert server.url.endswith("/kanban/jsonrpc.php")
    assert server.call(password="of the file") == "1.2.53"
    assert (home / "of-the-file.sqlite").exists()
    assert re.search(r"plugins that are off: .*\btasks\b", server.log)


def test_a_file_elsewhere_is_read_and_the_environment_and_the_command_line_win(
    home: Path, tmp_path: Path, serve: Serve
) -> None:
    (home / "kanboard.ini").write_text("this one is not read")
    elsewhere = tmp_path / "other.ini"
    elsewhere.write_text(INI)
    server = serve(
        f"--config={elsewhere}",
        "--set=server.prefix=/command",
        API_AUTHENTICATION_TOKEN="of the environment",
        KANBOARD_SERVER_PREFIX="/environment",
    )
    assert server.url.endswith("/command/jsonrpc.php")
    assert server.call(password="of the environment") == "1.2.53"
    assert server.call(password="of the file") == 401


def test_constants_of_kanboard_are_read_from_the_environment(home: Path, serve: Serve) -> None:
    server = serve(DATABASE_URL="sqlite:of-the-environment.sqlite", API_AUTHENTICATION_TOKEN="abc")
    assert server.call(password="abc") == "1.2.53"
    assert (home / "of-the-environment.sqlite").exists()


# What is wrong, in one sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[sever]\nport = 0", 'kanboard.ini: there is no section [sever]; did you mean "server"?'),
        ("[plugins]\ndisabled = taks", "there is no plugin 'taks'; did you mean \"tasks\"?"),
        ("[plugins]\nenabled = of-nobody", "there is no plugin 'of-nobody'"),
        ("[database]\ndatabase_url = mysql://u:SECRET@h", "database_url names no database"),
        ("[database]\ndatabase_url = postgres://u:SECRET@h", "database_url names no database"),
    ],
)
def test_a_mistake_in_the_file(home: Path, content: str, sentence: str) -> None:
    (home / "kanboard.ini").write_text(content)
    told = refusal(home, "serve")
    assert sentence in told
    assert "SECRET" not in told
    assert list(home.iterdir()) == [home / "kanboard.ini"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--config", "missing.ini"], "missing.ini cannot be read: No such file or directory"),
        (["--port", "many"], '[server] port must be a whole number, not "many"'),
    ],
)
def test_a_mistake_on_the_command_line(home: Path, arguments: list[str], sentence: str) -> None:
    assert sentence in refusal(home, "serve", *arguments)
    assert list(home.iterdir()) == []


def test_an_unknown_command_or_option(home: Path) -> None:
    for arguments in (["serv"], ["serve", "--prot", "1"], ["database"]):
        ended = run(home, *arguments)
        assert ended.returncode == 2
        assert ended.stderr.startswith("Usage: kanboard-server ")
        assert "Traceback" not in ended.stderr


def test_a_port_in_use(home: Path, data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        assert refusal(home, "serve", "--port", port) == (
            f"can't listen on 127.0.0.1:{port}: another program uses that port already"
        )


def test_a_file_that_is_no_database(home: Path) -> None:
    path = home / "notes.txt"
    path.write_text("no database at all " * 100)
    for command in (["serve", "--port=0"], ["database", "check"], ["token", "renew"]):
        assert refusal(home, *command, "--database", "sqlite:notes.txt") == "notes.txt is no SQLite database"
    assert path.read_text() == "no database at all " * 100


def test_a_folder_that_is_none(home: Path) -> None:
    (home / "file").touch()
    told = refusal(home, "serve", "--port=0", "--database", "sqlite:file/db.sqlite")
    assert told.startswith("the database file/db.sqlite can't be opened: ")


def test_a_folder_that_cannot_be_written_to(home: Path) -> None:
    (home / "folder").mkdir(mode=0o500)
    if os.access(home / "folder", os.W_OK):
        pytest.skip("this account may write everywhere")
    for command in (["serve", "--port=0"], ["database", "create"]):
        told = refusal(home, *command, "--database", "sqlite:folder/db.sqlite")
        assert told == "the folder folder can't be written to"


def test_files_that_this_account_may_not_use(home: Path, data: Path) -> None:
    (home / "own.ini").touch(mode=0o000)
    if os.access(home / "own.ini", os.R_OK):
        pytest.skip("this account may read and write everywhere")
    assert refusal(home, "serve", "--port=0", "--config=own.ini") == "own.ini cannot be read: Permission denied"
    data.chmod(0o400)
    data.parent.chmod(0o500)
    try:
        told = refusal(home, "serve", "--port=0")
    finally:
        data.parent.chmod(0o700)
    assert told == "the database data/db.sqlite, its -wal or the folder data can't be written to"


def test_a_database_of_an_older_kanboard(home: Path, data: Path) -> None:
    sql(data, "PRAGMA user_version = 100")
    assert "schema version 100, and 128 is needed: make a backup" in refusal(home, "serve", "--port=0")


def test_a_certificate_that_cannot_be_read(home: Path, data: Path) -> None:
    told = refusal(home, "serve", "--set=server.certificate=a.pem", "--set=server.key=b.pem")
    assert told == "[server] certificate a.pem and key b.pem can't be used: No such file or directory"


def test_a_key_under_a_password_is_refused_and_nobody_is_asked_for_it(home: Path, data: Path) -> None:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(home / "server.pem")
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    encrypted = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    (home / "key.pem").write_bytes(encrypted)
    operator, terminal = pty.openpty()
    try:
        process = subprocess.Popen(
            [SERVER, "serve", "--port=0", "--set=server.certificate=server.pem", "--set=server.key=key.pem"],
            cwd=home,
            env=environment(),
            stdin=terminal,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            _, told = process.communicate(timeout=15)
        finally:
            process.kill()
        assert process.returncode == 2
        assert "the key without a password" in told
    finally:
        os.close(operator)
        os.close(terminal)


# database


def test_database_create(home: Path) -> None:
    ended = run(home, "database", "create", "--database", "sqlite:a/new.sqlite")
    assert (ended.returncode, ended.stdout) == (
        0,
        "created a/new.sqlite; sign in as admin with the password admin, and change it\n",
    )
    assert sql(home / "a" / "new.sqlite", "SELECT username, role FROM users") == [("admin", "app-admin")]
    assert run(home, "database", "check", "--database", "sqlite:a/new.sqlite").returncode == 0


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_database_create_never_touches_a_database(home: Path, data: Path, journal: str) -> None:
    sql(data, f"PRAGMA journal_mode = {journal}")
    before = data.read_bytes()
    assert refusal(home, "database", "create") == "data/db.sqlite is there already; it was left as it is"
    assert data.read_bytes() == before
    assert list(data.parent.iterdir()) == [data]


def test_database_create_never_touches_another_programs_file(home: Path) -> None:
    sql(home / "other.sqlite", "CREATE TABLE notes (id INTEGER)")
    (home / "notes.txt").write_text("no database")
    foreign = "The database is not Kanboard's: it belongs to another program. It was left as it is."
    for name, sentence in (
        ("other.sqlite", f"other.sqlite: {foreign}"),
        ("notes.txt", "notes.txt is no SQLite database"),
    ):
        before = (home / name).read_bytes()
        told = refusal(home, "database", "create", "--database", f"sqlite:{name}")
        assert told == sentence
        assert (home / name).read_bytes() == before
    assert sorted(path.name for path in home.iterdir()) == ["notes.txt", "other.sqlite"]


def test_database_check_of_a_complete_database(home: Path, data: Path) -> None:
    before = data.read_bytes()
    ended = run(home, "database", "check")
    assert (ended.returncode, ended.stdout) == (0, "data/db.sqlite has Kanboard's schema\n")
    assert data.read_bytes() == before
    assert list(data.parent.iterdir()) == [data]


def test_database_check_tells_what_is_different_a_line_each(home: Path, data: Path) -> None:
    sql(data, "DROP TABLE tags")
    sql(data, "ALTER TABLE tasks DROP COLUMN priority")
    ended = run(home, "database", "check")
    assert ended.returncode == 1
    assert sorted(ended.stdout.splitlines()) == ["column tasks.priority is missing", "table tags is missing"]
    assert ended.stderr == ""


def test_database_check_of_an_older_database(home: Path, data: Path) -> None:
    sql(data, "PRAGMA user_version = 100")
    ended = run(home, "database", "check")
    assert ended.returncode == 1
    [line] = ended.stdout.splitlines()
    assert line.startswith("The database has schema version 100, and 128 is needed")


def test_database_check_makes_no_database(home: Path) -> None:
    assert refusal(home, "database", "check") == "there is no database data/db.sqlite"
    assert list(home.iterdir()) == []


# token


def test_token_show(home: Path, data: Path) -> None:
    [(stored,)] = sql(data, "SELECT value FROM settings WHERE option = 'api_token'")
    ended = run(home, "token", "show")
    assert (ended.returncode, ended.stdout) == (0, f"{stored}\n")
    assert re.fullmatch(r"[0-9a-f]{60}", stored)


def test_token_show_where_the_configuration_has_it(home: Path) -> None:
    assert run(home, "token", "show", API_AUTHENTICATION_TOKEN="of the environment").stdout == "of the environment\n"
    assert list(home.iterdir()) == []


def test_token_renew_holds_at_once(home: Path, serve: Serve, data: Path) -> None:
    [(old,)] = sql(data, "SELECT value FROM settings WHERE option = 'api_token'")
    server = serve(API_AUTHENTICATION_TOKEN="")
    assert server.call(password=old) == "1.2.53"
    ended = run(home, "token", "renew")
    new = ended.stdout.strip()
    assert ended.returncode == 0
    assert re.fullmatch(r"[0-9a-f]{60}", new)
    assert new != old
    assert run(home, "token", "show").stdout == f"{new}\n"
    assert (server.call(password=old), server.call(password=new)) == (401, "1.2.53")


def test_token_renew_changes_no_configuration(home: Path, data: Path) -> None:
    told = refusal(home, "token", "renew", API_AUTHENTICATION_TOKEN="x")
    assert told == "the token comes from the configuration (environment API_AUTHENTICATION_TOKEN): change it there"


@pytest.mark.parametrize("command", ["show", "renew"])
def test_without_a_database_there_is_no_token(home: Path, command: str) -> None:
    assert refusal(home, "token", command) == "there is no database data/db.sqlite yet: serve, or create one"
    assert list(home.iterdir()) == []


def test_token_renew_waits_for_another_program(home: Path, data: Path) -> None:
    with closing(sqlite3.connect(data, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, other.execute, ["COMMIT"])
        release.start()
        ended = run(home, "token", "renew")
        release.join()
    assert (ended.returncode, ended.stderr) == (0, "")


# Help


def test_help_and_version(home: Path) -> None:
    assert re.fullmatch(r"kanboard-server, version [0-9].*\n", run(home, "--version").stdout)
    for arguments in (["--help"], ["serve", "-h"], ["token", "--help"]):
        ended = run(home, *arguments)
        assert ended.returncode == 0
        assert ended.stdout.startswith("Usage: kanboard-server ")
