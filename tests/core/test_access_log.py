"""Lines of the access log are written soon, all of them, and by nobody who is in a hurry."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from pathlib import Path

import pytest
from tests.waiting import PATIENCE, eventually

from kanboard_core.access_log import AccessLog


class SlowStream(io.StringIO):
    """A stream that takes a line only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.opened = threading.Event()

    def write(self, text: str) -> int:
        self.reached.set()
        assert self.opened.wait(PATIENCE)
        return super().write(text)


def record(log: AccessLog, procedure: str) -> None:
    log.record(
        request_id="1-1",
        procedure=procedure,
        caller="bob",
        address="192.0.2.1",
        began=time.perf_counter(),
        outcome="ok",
    )


def procedures(written: str) -> list[str]:
    return [line.split(" ")[4] for line in written.splitlines()]


async def test_lines_are_appended_to_a_file(tmp_path: Path) -> None:
    for number in range(2):
        log = AccessLog(str(tmp_path / "log"))
        record(log, f"getTask{number}")
        record(log, f"getMe{number}")
        await log.close()
    written = await asyncio.to_thread((tmp_path / "log").read_text)
    assert procedures(written) == ["getTask0", "getMe0", "getTask1", "getMe1"]


class Pieces(io.StringIO):
    """A stream that keeps what is written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []

    def write(self, text: str) -> int:
        self.all.append(text)
        return super().write(text)


async def test_many_lines_are_written_in_pieces_that_no_other_process_comes_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Pieces()
    monkeypatch.setattr("sys.stderr", stream)
    log = AccessLog("stderr")
    named = [f"get{'ä' * (number % 60)}{number}" for number in range(400)]
    for name in named:
        record(log, name)
    await log.close()
    assert procedures(stream.getvalue()) == named
    assert 10 < len(stream.all) < 30
    for piece in stream.all:
        assert piece.endswith("\n")
        assert len(piece.encode()) <= 4096


async def test_a_line_that_comes_while_others_are_written_is_written_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = SlowStream()
    monkeypatch.setattr("sys.stderr", stream)
    log = AccessLog("stderr")
    record(log, "first")
    assert await asyncio.to_thread(stream.reached.wait, PATIENCE)
    record(log, "second")  # does not wait for the stream
    assert stream.getvalue() == ""
    stream.opened.set()
    await eventually(lambda: procedures(stream.getvalue()) == ["first", "second"])
    await log.close()


async def test_closing_waits_for_what_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = SlowStream()
    monkeypatch.setattr("sys.stderr", stream)
    log = AccessLog("stderr")
    record(log, "first")
    assert await asyncio.to_thread(stream.reached.wait, PATIENCE)
    record(log, "second")
    asyncio.get_running_loop().call_later(0.1, stream.opened.set)
    await log.close()
    assert procedures(stream.getvalue()) == ["first", "second"]


async def test_a_stream_that_fails_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    log = AccessLog("stderr")
    stream.close()
    record(log, "lost")
    await log.close()


async def test_a_full_disk_stops_nothing() -> None:
    log = AccessLog("/dev/full")
    for _ in range(3):
        record(log, "lost")
        await asyncio.sleep(0.15)
    record(log, "lost")
    await log.close()
