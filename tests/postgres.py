"""A PostgreSQL of one's own for as long as a command runs: ``python -m tests.postgres COMMAND [ARGUMENT ...]``.

The command finds its address in ``KANBOARD_TEST_POSTGRES``; the exit code is the command's.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import beside
from tests.beside import OwnServer, ServerError

#: the environment variable that kanboard_core.testing reads
VARIABLE = "KANBOARD_TEST_POSTGRES"

#: the account that may do everything in a cluster of ours, without a password
_SUPERUSER = "kanboard"

_OPTIONS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


class Cluster(OwnServer):
    """A PostgreSQL in a temporary folder.

    ``fsync``: whether what is committed survives an immediate stop, as on a real server.
    """

    name = "PostgreSQL"
    accounts = ("postgres", "nobody")
    occupied = "could not bind"
    stopping = (signal.SIGINT, signal.SIGQUIT)
    variables = "PG"

    def __init__(self, *, fsync: bool = False) -> None:
        self._programs = _programs()
        self._options = (*_OPTIONS, *(() if fsync else _CARELESS))
        super().__init__()

    @property
    def url(self) -> str:
        """The database ``postgres``, as an account that may do everything; the same after a restart."""
        return f"postgresql://{_SUPERUSER}@127.0.0.1:{self._port}/postgres"

    def initialising(self, folder: Path) -> Sequence[str | Path]:
        """The command of PostgreSQL for it."""
        return [
            self._programs / "initdb",
            f"--pgdata={folder / 'data'}",
            f"--username={_SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]

    def serving(self, folder: Path) -> Sequence[str | Path]:
        """The command with its options."""
        return [
            self._programs / "postgres",
            *("-D", folder / "data", "-p", str(self._port)),
            *(part for option in self._options for part in ("-c", option)),
        ]

    def ready(self, folder: Path, process_id: int) -> bool:
        """Whether the file says so that a process writes about itself."""
        try:
            lines = (folder / "data" / "postmaster.pid").read_text("utf-8").split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(process_id) and len(lines) > 7 and lines[7].strip() == "ready"


def _programs() -> Path:
    """The folder with the programs of the newest PostgreSQL there is. Raises ServerError."""
    found = {folder.resolve() for folder in _folders() if os.access(folder / "initdb", os.X_OK)}
    versions = {_version(folder): folder for folder in sorted(found) if os.access(folder / "postgres", os.X_OK)}
    if not versions:
        raise ServerError("PostgreSQL is not installed: apt-get install postgresql")
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


def main(command: list[str]) -> int:
    """Run a command beside a cluster."""
    return beside.main(command, "tests.postgres", Cluster, VARIABLE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
