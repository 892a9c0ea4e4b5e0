"""Servers as child processes: start, wait until they answer, memory, stop."""

from __future__ import annotations

import http.client
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from bench.seed import Address
from bench.settings import TOKEN_VARIABLE

HOST = "127.0.0.1"

#: Seconds until a server that doesn't answer is given up.
START_LIMIT = 60.0
STOP_LIMIT = 20.0

#: Seconds between two looks whether a server answers.
_LOOK = 0.002

_ROOT = Path(__file__).resolve().parent.parent


class ServerError(Exception):
    """A server doesn't start; the text says why, with the end of its log."""


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """A running server; a context manager that stops it."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        *,
        token: str,
        directory: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Starts `command`, which is to listen on `port`, and returns when GET /health answers 200."""
        self.address = Address.of(f"http://{HOST}:{port}")
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by stop)
        environment = os.environ | {TOKEN_VARIABLE: token} | dict(variables or {})
        # A database of the environment would win over the temporary one.
        environment.pop("DATABASE_URL", None)
        begin = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 (the command is ours or the caller's own)
            list(command), cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        try:
            self._wait(begin + START_LIMIT)
        except BaseException:
            self.stop()
            raise
        #: Seconds from the start of the process until it answered.
        self.started_after = time.perf_counter() - begin

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self, limit: float) -> None:
        while not self._is_healthy():
            if self._process.poll() is not None:
                raise ServerError(f"{self._name()} ended with status {self._process.returncode}\n{self._tail()}")
            if time.perf_counter() > limit:
                raise ServerError(f"{self._name()} doesn't answer GET /health\n{self._tail()}")
            time.sleep(_LOOK)

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _name(self) -> str:
        return shlex.join(map(str, self._process.args)) if isinstance(self._process.args, list) else "the server"

    def _tail(self) -> str:
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - 4000))
        return self._log.read().decode(errors="replace")

    def resident(self) -> float | None:
        """Resident memory in MiB, child processes included; None where /proc doesn't tell."""
        try:
            return sum(map(_resident, _family(self._process.pid))) / 1024
        except OSError:
            return None

    def processor(self) -> float:
        """Seconds of processor time used so far, child processes included.  Raises OSError where /proc doesn't tell."""
        return sum(map(_processor, _family(self._process.pid)))

    def running(self) -> float:
        """Seconds for which its threads have run so far, exactly.  Raises OSError where /proc doesn't tell."""
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def stop(self) -> None:
        """Ends the server and waits for its end."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()


def _family(pid: int) -> list[int]:
    """The process and its descendants."""
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [pid] + [member for child in children for member in _family(child)]


def _resident(pid: int) -> int:
    """Resident memory of one process in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _processor(pid: int) -> float:
    """Seconds that one process has spent, in itself and in the kernel."""
    _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def bare_server(token: str, loop: str = "auto") -> Server:
    """Starts the bare server; it makes all of its event loops as `loop` says."""
    port = free_port()
    command = [sys.executable, "-m", "bench.bare", "--port", str(port), "--loop", loop]
    return Server(command, port, token=token, directory=_ROOT)


def installed_command() -> list[str]:
    """The `kanboard-server` that is installed with this interpreter.  Raises ServerError."""
    script = Path(sys.executable).with_name("kanboard-server")
    if not script.exists():
        raise ServerError(f"{script} doesn't exist: install the project, or name the program with --command")
    return [str(script)]


def kanboard_server(
    command: Sequence[str],
    directory: Path,
    *,
    token: str,
    options: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Server:
    """Starts `command` as the Kanboard API; `options` are section.option=value.

    Its database is a new one in `directory`, unless an option names another.
    """
    port = free_port()
    arguments = ["serve", "--host", HOST, "--port", str(port)]
    if not any(option.startswith("database.database_url=") for option in options):
        arguments += ["--database", f"sqlite:{directory / 'bench.sqlite'}"]
    for option in options:
        arguments += ["--set", option]
    return Server([*command, *arguments], port, token=token, directory=directory, variables=variables)
