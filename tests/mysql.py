"""A MariaDB of one's own for as long as a command runs: ``python -m tests.mysql COMMAND [ARGUMENT ...]``.

The command finds its address in ``KANBOARD_TEST_MYSQL``; the exit code is the command's.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests import beside
from tests.beside import OwnServer, ServerError

#: the environment variable that kanboard_core.testing reads
VARIABLE = "KANBOARD_TEST_MYSQL"

#: where its programs may be, beside where programs are looked for anyway
_FOLDERS = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/libexec"

_OPTIONS = (
    "--bind-address=127.0.0.1",
    "--max-connections=300",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--performance-schema=off",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
    "--table-open-cache=4000",
)
_CARELESS = ("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=off", "--innodb-fast-shutdown=2")


class MariaDb(OwnServer):
    """A MariaDB in a temporary folder.

    ``fsync``: whether what is committed survives an immediate stop, as on a real server. ``options``: more of them.
    """

    name = "MariaDB"
    accounts = ("mysql", "nobody")
    occupied = "Bind on TCP/IP port"
    stopping = (signal.SIGTERM, signal.SIGKILL)
    variables = "MYSQL"

    def __init__(self, *options: str, fsync: bool = False) -> None:
        self._install, self._program = _programs()
        self.options = (*_OPTIONS, *(() if fsync else _CARELESS), *options)
        super().__init__()

    @property
    def url(self) -> str:
        """The database ``mysql``, as an account that may do everything; the same after a restart."""
        return f"mysql://root@127.0.0.1:{self._port}/mysql"

    @property
    def socket(self) -> Path:
        """The unix socket that it listens on too."""
        assert self._folder
        return self._folder / "socket"

    def initialising(self, folder: Path) -> Sequence[str | Path]:
        """The command of MariaDB for it: root has no password."""
        return [
            self._install,
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        ]

    def serving(self, folder: Path) -> Sequence[str | Path]:
        """The command with its options."""
        return [
            self._program,
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            f"--tmpdir={folder}",
            f"--socket={folder / 'socket'}",
            f"--port={self._port}",
            *self.options,
        ]

    def ready(self, folder: Path, process_id: int) -> bool:
        """Whether it has said so."""
        return b"ready for connections" in (folder / "log").read_bytes()


def _programs() -> tuple[str, str]:
    """The program that makes a database's folder, and the server. Raises ServerError."""
    path = f"{os.environ.get('PATH', '')}:{_FOLDERS}"
    install, server = (shutil.which(name, path=path) for name in ("mariadb-install-db", "mariadbd"))
    if not (install and server):
        raise ServerError("MariaDB is not installed: apt-get install mariadb-server")
    return install, server


def main(command: list[str]) -> int:
    """Run a command beside a server."""
    return beside.main(command, "tests.mysql", MariaDb, VARIABLE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
