"""A PostgreSQL of one's own for as long as a command runs: ``python -m tests.postgres COMMAND [ARGUMENT ...]``.

It is made of Debian's packages, in memory where there is room (elsewhere if ``TMPDIR`` says so), and listens on a free
port of 127.0.0.1 only. The command finds its address in ``KANBOARD_TEST_POSTGRES``; the exit code is the command's.
Afterwards nothing is left of it.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

#: the environment variable that kanboard_core.testing.postgres reads
VARIABLE = "KANBOARD_TEST_POSTGRES"

#: the account that may do everything in a cluster of ours, without a password
_SUPERUSER = "kanboard"
#: what root becomes, for PostgreSQL doesn't run as root: Debian's account for it, or one that owns nothing
_ACCOUNTS = ("postgres", "nobody")
#: below the ports of outgoing connections, for a stopped cluster wants its port back
_PORTS = range(15000, 32000)
#: how long a cluster may take to start or to stop, in seconds
_PATIENCE = 120.0

#: a file system in memory, and how much must be free there, in bytes: thousands of databases are made and dropped
_MEMORY, _ROOM = Path("/dev/shm"), 2 * 2**30  # noqa: S108 - the folder has a name that nobody can guess

_OPTIONS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ClusterError(Exception):
    """PostgreSQL isn't there, or can't be started; one sentence, and what it said itself."""


class Cluster:
    """A PostgreSQL in a temporary folder, for a ``with`` block; it may be stopped and started again.

    ``fsync``: whether what is committed survives an immediate stop, as on a real server.
    """

    def __init__(self, *, fsync: bool = False) -> None:
        self._programs = _programs()
        self._options = (*_OPTIONS, *(() if fsync else _CARELESS))
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._account = _account() if os.geteuid() == 0 else ""
        self._folder: Path | None = None

    @property
    def url(self) -> str:
        """The database ``postgres``, as an account that may do everything; the same after a restart."""
        return f"postgresql://{_SUPERUSER}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it and wait until it accepts connections. Raises ClusterError."""
        folder = self._folder or self._initialised()
        for _ in range(5):
            self._port = self._port or _free_port()
            if self._started(folder):
                return
            said = (folder / "log").read_text("utf-8", errors="replace")
            if "could not bind" not in said:
                break
            self._port = 0  # somebody was faster
        raise ClusterError(f"PostgreSQL doesn't start:\n{said[-2000:]}")

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it, whoever is connected. ``immediate``: as a crash does, so that it recovers at the next start."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self, *, immediate: bool = False) -> None:
        """Stop it and start it again, at the same address. Raises ClusterError."""
        self.stop(immediate=immediate)
        self.start()

    def remove(self) -> None:
        """Stop it and leave nothing of it."""
        self.stop()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def keep(self, name: str, content: bytes) -> Path:
        """Put a file into its folder, as PostgreSQL wants its keys: readable for itself only. Answers the path."""
        assert self._folder
        path = self._folder / name
        path.touch(0o600)
        path.write_bytes(content)
        if self._account:
            shutil.chown(path, self._account, self._account)
        return path

    def __enter__(self) -> Cluster:
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
        self._folder = folder = Path(tempfile.mkdtemp(prefix="kanboard-postgres-", dir=_place()))
        if self._account:
            shutil.chown(folder, self._account, self._account)
        made = subprocess.run(
            [
                self._programs / "initdb",
                f"--pgdata={folder / 'data'}",
                f"--username={_SUPERUSER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            **self._surroundings(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if made.returncode:
            self.remove()
            raise ClusterError(f"initdb failed:\n{made.stdout.decode(errors='replace')}")
        return folder

    def _started(self, folder: Path) -> bool:
        """Start the process; whether it came so far as to accept connections."""
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    *("-D", folder / "data", "-p", str(self._port)),
                    *(part for option in self._options for part in ("-c", option)),
                ],
                **self._surroundings(folder),
                stdout=log,
                stderr=log,
            )
        self._process = process
        deadline = time.monotonic() + _PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if _ready(folder / "data" / "postmaster.pid", process.pid):
                return True
            time.sleep(0.02)
        self.stop(immediate=True)
        return False

    def _surroundings(self, folder: Path) -> dict[str, Any]:
        """How its programs are run: by whom, where, and out of the reach of Ctrl-C, which is for the command."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        surroundings = {"cwd": folder, "env": environment, "start_new_session": True, "stdin": subprocess.DEVNULL}
        if self._account:
            surroundings |= {"user": self._account, "group": self._account, "extra_groups": []}
        return surroundings


def _ready(note: Path, process_id: int) -> bool:
    """Whether the file says so that a process writes about itself; what an earlier one has left doesn't count."""
    try:
        lines = note.read_text("utf-8").split("\n")
    except FileNotFoundError:
        return False
    return lines[0] == str(process_id) and len(lines) > 7 and lines[7].strip() == "ready"


def _programs() -> Path:
    """The folder with the programs of the newest PostgreSQL there is. Raises ClusterError."""
    found = {folder.resolve() for folder in _folders() if os.access(folder / "initdb", os.X_OK)}
    versions = {_version(folder): folder for folder in sorted(found) if os.access(folder / "postgres", os.X_OK)}
    if not versions:
        raise ClusterError("PostgreSQL is not installed: apt-get install postgresql")
    return versions[max(versions)]


def _folders() -> Iterator[Path]:
    """Where its programs may be."""
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    if program := shutil.which("pg_config"):
        told = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)
        if not told.returncode:
            yield Path(told.stdout.strip())
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent


def _version(folder: Path) -> tuple[int, ...]:
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"[\d.]*\d", told)
    return tuple(map(int, number[0].split("."))) if number else ()


def _place() -> Path | None:
    """Where the folder is made; None: where temporary files are."""
    if "TMPDIR" in os.environ or not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _ROOM:
        return None
    return _MEMORY


def _account() -> str:
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in names:
            return name
    raise ClusterError(f"PostgreSQL doesn't run as root, and there is no account {' or '.join(_ACCOUNTS)}")


def _free_port() -> int:
    for port in random.sample(_PORTS, 100):
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ClusterError("no port of 127.0.0.1 is free")


class Run:
    """A command that runs beside a cluster. Signals are for the command; the cluster goes when it has ended."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._received: list[int] = []

    def exit_code(self) -> int:
        """Run it; as a shell has it, 128 and the number of the signal that ended it."""
        # What is ignored stays so, as SIGHUP is with nohup.
        heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._receive) for number in heard}
        try:
            with Cluster() as cluster:
                return self._beside(cluster)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _beside(self, cluster: Cluster) -> int:
        if self._received:
            return 128 + self._received[0]
        try:
            self._process = subprocess.Popen(self._command, env=os.environ | {VARIABLE: cluster.url})
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


def main(command: list[str]) -> int:
    """Run a command; the exit code is 2 when there is none, 69 without PostgreSQL, 127 when it can't be started."""
    if not command:
        print("usage: python -m tests.postgres COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    try:
        return Run(command).exit_code()
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 69


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
