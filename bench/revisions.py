"""Two revisions of the project, each installed apart from the environment."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


class RevisionError(Exception):
    """A revision can't be had or installed."""


@dataclass(frozen=True, slots=True)
class Revision:
    """An installed revision: what starts it, and with which variables."""

    command: list[str]
    variables: dict[str, str]


def install(revision: str, directory: Path) -> Revision:
    """Installs a revision of git below `directory`; `.` is the tree as it is.

    Only the project is installed: its libraries are those of the interpreter, the same for both sides.
    """
    if revision == ".":
        source = _ROOT
    else:
        archive, source = directory / "source.tar", directory / "source"
        _run(["git", "-C", str(_ROOT), "archive", "--format=tar", f"--output={archive}", revision])
        with tarfile.open(archive) as tar:
            tar.extractall(source, filter="data")
    target = directory / "installed"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    _run([*pip, "--no-deps", "--no-build-isolation", "--target", str(target), str(source)])
    # Before everything else on the path, its metadata too: the entry points are those of the revision.
    return Revision([sys.executable, str(target / "bin" / "kanboard-server")], {"PYTHONPATH": str(target)})


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (fixed programs)
    if done.returncode:
        raise RevisionError(f"{' '.join(command)}\n{done.stderr.strip()}")
