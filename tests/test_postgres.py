"""The PostgreSQL that the tests have for themselves: it is there while a command runs, and nothing is left of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent
from types import SimpleNamespace

import psycopg
import pytest
from tests import beside, postgres
from tests.postgres import VARIABLE, Cluster

ROOT = Path(__file__).parents[1]
needs_postgres = pytest.mark.postgres

#: tells where the server is, and that it can be reached
TELLING = f"""
import os, psycopg
with psycopg.connect(os.environ[{VARIABLE!r}]) as connection:
    print(os.environ[{VARIABLE!r}], *connection.execute("SHOW fsync").fetchone(), flush=True)
"""


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the clusters of this test keep what they have; others than their account may not look into tmp_path."""
    with tempfile.TemporaryDirectory(prefix="kanboard-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def begin(folder: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Begins a command of Python beside a cluster; it is in a process group of its own."""
    begun: list[subprocess.Popen[str]] = []

    def begin(code: str) -> subprocess.Popen[str]:
        begun.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.postgres", sys.executable, "-c", code],
                cwd=ROOT,
                env=os.environ | {"TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def reachable(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def address(process: subprocess.Popen[str]) -> str:
    """The first word that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().split()[0]


@needs_postgres
@pytest.mark.parametrize(("ending", "code"), [("", 0), ("exit(7)", 7), ("os.kill(os.getpid(), 9)", 137)])
def test_it_is_there_while_the_command_runs(
    begin: Callable[[str], subprocess.Popen[str]], folder: Path, ending: str, code: int
) -> None:
    process = begin(f"{TELLING}\n{ending}")
    output, errors = process.communicate()
    url, fsync = output.split()
    assert (process.returncode, fsync, errors) == (code, "off", "")
    assert not reachable(url)
    assert list(folder.iterdir()) == []


@needs_postgres
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_for_the_command(
    begin: Callable[[str], subprocess.Popen[str]], folder: Path, number: signal.Signals
) -> None:
    """It ends in its own way, with the server still there; then all of it goes."""
    process = begin(
        f"import signal\nsignal.signal({int(number)}, lambda *_: exit(3))\n"
        f"try:{indent(TELLING, ' ')}\n signal.pause()\nfinally:{indent(TELLING, ' ')}"
    )
    url = address(process)
    process.send_signal(number)
    output, errors = process.communicate()
    assert (process.returncode, output.split()[0], errors) == (3, url, "")
    assert not reachable(url)
    assert list(folder.iterdir()) == []


@needs_postgres
def test_a_signal_before_the_command_has_begun(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(Cluster):
        def start(self) -> None:
            signal.raise_signal(signal.SIGTERM)
            super().start()

    monkeypatch.setattr(postgres, "Cluster", Interrupted)
    monkeypatch.setattr(beside, "_place", lambda: folder)
    before = signal.getsignal(signal.SIGTERM)
    assert postgres.main(["echo", "begun"]) == 128 + signal.SIGTERM
    assert capfd.readouterr() == ("", "")
    assert list(folder.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is before


@needs_postgres
def test_a_restart_keeps_address_and_content() -> None:
    with Cluster(fsync=True) as cluster:
        url = cluster.url
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            connection.execute("CREATE TABLE kept (id integer)")
            cluster.restart(immediate=True)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        assert cluster.url == url
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        cluster.stop()
        assert not reachable(url)
        cluster.start()
        assert reachable(url)


@needs_postgres
def test_several_may_run_at_once() -> None:
    with Cluster() as one, Cluster() as other:
        assert one.url != other.url
        assert reachable(one.url)
        one.stop()
        assert reachable(other.url)


@needs_postgres
def test_a_command_that_is_none(capfd: pytest.CaptureFixture[str]) -> None:
    assert postgres.main(["no-such-command"]) == 127
    assert capfd.readouterr() == ("", "no-such-command can't be run: No such file or directory\n")


def test_without_a_command_it_tells_how_it_is_used(capfd: pytest.CaptureFixture[str]) -> None:
    assert postgres.main([]) == 2
    assert capfd.readouterr() == ("", "usage: python -m tests.postgres COMMAND [ARGUMENT ...]\n")


def test_without_postgresql_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "initdb").touch(0o755)
    monkeypatch.setattr(postgres, "_folders", lambda: iter([tmp_path, tmp_path / "none"]))
    assert postgres.main(["true"]) == 69
    assert capfd.readouterr() == ("", "PostgreSQL is not installed: apt-get install postgresql\n")


def test_the_newest_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for version in ("9.6.24", "17rc1", "16.4 (Debian 16.4-1)"):
        programs = tmp_path / version.partition(" ")[0]
        programs.mkdir()
        for name in ("initdb", "postgres"):
            (programs / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
            (programs / name).chmod(0o755)
    monkeypatch.setattr(postgres, "_folders", tmp_path.iterdir)
    assert postgres._programs() == tmp_path / "17rc1"


@pytest.mark.parametrize(("free", "used"), [(2, True), (1, False)])
def test_it_is_in_memory_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, used: bool
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(beside, "_MEMORY", tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free * 2**30))
    assert beside._place() == (tmp_path if used else None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert beside._place() is None
