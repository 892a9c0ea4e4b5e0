"""What processes tell each other of a database file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kanboard_core.database.sqlite.lock import path_of
from kanboard_core.database.sqlite.log import Progress
from kanboard_core.database.sqlite.record import Record, Seen, Stamp, stamp

SEEN = Seen(Stamp(1, 2**40, 4096, -1), Progress(b"12345678", 7))

_TAKE = """
import sys
from pathlib import Path
from kanboard_core.database.sqlite.record import Record
print(Record(Path(sys.argv[1])).acquire(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db.sqlite"


@pytest.fixture
def record(path: Path) -> Iterator[Record]:
    with closing(Record(path)) as record:
        yield record


def test_the_others_read_what_was_written_last(path: Path, record: Record) -> None:
    with closing(Record(path)) as other:
        assert other.read() is None
        record.write(SEEN)
        assert other.read() == SEEN
        other.write(SEEN._replace(progress=Progress(b"\xff" * 8, 0)))
        assert record.read() == SEEN._replace(progress=Progress(b"\xff" * 8, 0))


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"?" + data[1:], lambda data: b""])
def test_what_is_not_whole_is_nothing(path: Path, record: Record, spoil: object) -> None:
    assert callable(spoil)
    record.write(SEEN)
    path_of(path).write_bytes(spoil(path_of(path).read_bytes()))
    assert record.read() is None


def test_where_no_file_can_be_made_a_process_knows_what_it_wrote(tmp_path: Path) -> None:
    with closing(Record(tmp_path / "nowhere" / "db.sqlite")) as record:
        assert record.read() is None
        record.write(SEEN)
        assert record.read() == SEEN
        assert record.acquire()
        assert not record.is_taken()


def test_one_process_at_a_time_has_the_right_and_a_dead_one_has_not(path: Path, record: Record) -> None:
    assert not record.is_taken()
    command = (sys.executable, "-c", _TAKE, str(path))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        assert record.is_taken()
        assert not record.acquire()
        process.kill()
    assert not record.is_taken()
    assert record.acquire()
    record.release()


def test_a_stamp_differs_for_every_content_and_every_file(path: Path) -> None:
    assert stamp(os.fsencode(path)) is None
    path.write_bytes(b"one")
    os.utime(path, ns=(1, 1))
    one = stamp(os.fsencode(path))
    path.write_bytes(b"two")
    two = stamp(os.fsencode(path))
    other = path.with_name("other")
    other.write_bytes(b"two")
    other.replace(path)
    three = stamp(os.fsencode(path))
    assert one
    assert two
    assert three
    assert one != two
    assert one.is_of_same_file(two)
    assert not two.is_of_same_file(three)
