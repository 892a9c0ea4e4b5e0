"""A database server of one's own for as long as a command runs: what is the same whatever server it is.

It is made of Debian's packages, in memory where there is room (elsewhere if ``TMPDIR`` says so), and listens on a free
port of 127.0.0.1 only. Afterwards nothing is left of it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, ClassVar, Self

from tests.ports import unused_port

#: how long a server may take to start or to stop, in seconds
_PATIENCE = 120.0

#: a file system in memory, and how much must be free there, in bytes: thousands of databases are made and dropped
_MEMORY, _ROOM = Path("/dev/shm"), 2 * 2**30  # noqa: S108 - the folder has a name that nobody can guess

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ServerError(Exception):
    """The server isn't there, or can't be started; one sentence, and what it said itself."""


class OwnServer(ABC):
    """A server in a temporary folder, for a ``with`` block; it may be stopped and started again."""

    #: what it is called
    name: ClassVar[str]
    #: what root becomes, where the server doesn't run as root: Debian's account for it, or one that owns nothing
    accounts: ClassVar[tuple[str, ...]]
    #: what it says when the port is somebody else's
    occupied: ClassVar[str]
    #: the signals that stop it: whoever is connected, and as a crash does
    stopping: ClassVar[tuple[signal.Signals, signal.Signals]]
    #: what the names of its environment variables begin with
    variables: ClassVar[str]

    def __init__(self) -> None:
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._account = self._found_account() if os.geteuid() == 0 else ""
        self._folder: Path | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """A database of it, as an account that may do everything; the same after a restart."""

    @abstractmethod
    def initialising(self, folder: Path) -> Sequence[str | Path]:
        """The command that makes what it needs in the folder."""

    @abstractmethod
    def serving(self, folder: Path) -> Sequence[str | Path]:
        """The command that is the server."""

    @abstractmethod
    def ready(self, folder: Path, process_id: int) -> bool:
        """Whether it accepts connections; what an earlier process has left doesn't count."""

    def start(self) -> None:
        """Start it and wait until it accepts connections. Raises ServerError."""
        folder = self._folder or self._initialised()
        for _ in range(5):
            self._port = self._port or unused_port()  # which it wants back when it was stopped
            if self._started(folder):
                return
            said = (folder / "log").read_text("utf-8", errors="replace")
            if self.occupied not in said:
                break
            self._port = 0  # somebody was faster
        raise ServerError(f"{self.name} doesn't start:\n{said[-2000:]}")

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it, whoever is connected. ``immediate``: as a crash does, so that it recovers at the next start."""
        if self._process is None:
            return
        self._process.send_signal(self.stopping[immediate])
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self, *, immediate: bool = False) -> None:
        """Stop it and start it again, at the same address. Raises ServerError."""
        self.stop(immediate=immediate)
        self.start()

    def remove(self) -> None:
        """Stop it and leave nothing of it."""
        self.stop()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def keep(self, name: str, content: bytes) -> Path:
        """Put a file into its folder, as servers want their keys: readable for itself only. Answers the path."""
        assert self._folder
        path = self._folder / name
        path.touch(0o600)
        path.write_bytes(content)
        if self._account:
            shutil.chown(path, self._account, self._account)
        return path

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()

    def _initialised(self) -> Path:
        """Make the folder."""
        self._folder = folder = Path(tempfile.mkdtemp(prefix="kanboard-server-", dir=_place()))
        if self._account:
            shutil.chown(folder, self._account, self._account)
        command = self.initialising(folder)
        made = subprocess.run(
            command, **self._surroundings(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if made.returncode:
            self.remove()
            raise ServerError(f"{Path(command[0]).name} failed:\n{made.stdout.decode(errors='replace')}")
        return folder

    def _started(self, folder: Path) -> bool:
        """Start the process; whether it came so far as to accept connections."""
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(self.serving(folder), **self._surroundings(folder), stdout=log, stderr=log)
        self._process = process
        deadline = time.monotonic() + _PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if self.ready(folder, process.pid):
                return True
            time.sleep(0.02)
        self.stop(immediate=True)
        return False

    def _surroundings(self, folder: Path) -> dict[str, Any]:
        """How its programs are run: by whom, where, and out of the reach of Ctrl-C, which is for the command."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(self.variables)}
        surroundings = {"cwd": folder, "env": environment, "start_new_session": True, "stdin": subprocess.DEVNULL}
        if self._account:
            surroundings |= {"user": self._account, "group": self._account, "extra_groups": []}
        return surroundings

    def _found_account(self) -> str:
        import pwd

        names = {entry.pw_name for entry in pwd.getpwall()}
        for name in self.accounts:
            if name in names:
                return name
        accounts = " or ".join(self.accounts)
        raise ServerError(f"{self.name} doesn't run as root, and there is no account {accounts}")


def _place() -> Path | None:
    """Where the folder is made; None: where temporary files are."""
    if "TMPDIR" in os.environ or not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _ROOM:
        return None
    return _MEMORY


class Run:
    """A command that runs beside a server. Signals are for the command; the server goes when it has ended."""

    def __init__(self, command: list[str], server: Callable[[], OwnServer], variable: str) -> None:
        """The command finds the address of the server in the environment variable."""
        self._command = command
        self._server = server
        self._variable = variable
        self._process: subprocess.Popen[bytes] | None = None
        self._received: list[int] = []

    def exit_code(self) -> int:
        """Run it; as a shell has it, 128 and the number of the signal that ended it."""
        # What is ignored stays so, as SIGHUP is with nohup.
        heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._receive) for number in heard}
        try:
            with self._server() as server:
                return self._beside(server)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _beside(self, server: OwnServer) -> int:
        if self._received:
            return 128 + self._received[0]
        try:
            self._process = subprocess.Popen(self._command, env=os.environ | {self._variable: server.url})
        except OSError as error:
            print(f"{self._command[0]} can't be run: {error.strerror}", file=sys.stderr)
            return 127
        for number in self._received:  # it came while the command was being started
            self._process.send_signal(number)
        code = self._process.wait()
        return code if code >= 0 else 128 - code

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received.append(number)
        if self._process and not (number == signal.SIGINT and _in_foreground()):
            self._process.send_signal(number)


def _in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to the command itself."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)


def main(command: list[str], module: str, server: Callable[[], OwnServer], variable: str) -> int:
    """Run a command; the exit code is 2 when there is none, 69 without the server, 127 when it can't be started."""
    if not command:
        print(f"usage: python -m {module} COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    try:
        return Run(command, server, variable).exit_code()
    except ServerError as error:
        print(error, file=sys.stderr)
        return 69
