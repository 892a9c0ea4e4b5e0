"""What is in the storage, compared with the rows that name it, while others go on working.

Source: spec page "file_storage".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.file_storage import FileArea, FileStorage, StoredFile
from kanboard_plugins.files.names import thumbnail_key

#: begins a call that reads
Reading = Callable[[], AbstractContextManager[Call]]


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A row that names a content."""

    table: str
    id: int
    key: str
    #: the label that it was uploaded with
    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found."""

    rows: int
    files: int
    #: rows whose content isn't there
    missing: Sequence[NamedFile]
    #: contents and thumbnails that no row names, but young ones
    orphans: Sequence[StoredFile]


def compare(storage: FileStorage, areas: Sequence[FileArea], reading: Reading, *, before: float) -> Comparison:
    """Compare everything in these areas, with their thumbnails. Blocks. Raises FileStorageError.

    A content younger than ``before`` (Unix seconds) is no orphan: it may be of an upload under way. So nothing is taken
    for an orphan that gets its row, and none for missing that is just being removed.
    """
    stored = [file for area in areas for prefix in _prefixes(area) for file in storage.stored(prefix)]
    rows = _rows(reading, areas)
    named = {row.key for row in rows}
    known = named | {thumbnail_key(key) for key in named}
    present = {file.key for file in stored}
    missing = [row for row in rows if row.key not in present and not storage.removable(row.key)]
    if missing:
        still = set(_rows(reading, areas))
        missing = [row for row in missing if row in still]
    return Comparison(
        rows=len(rows),
        files=len(stored),
        missing=missing,
        orphans=[file for file in stored if file.key not in known and file.modified < before],
    )


def _prefixes(area: FileArea) -> Iterator[str]:
    yield area.prefix
    yield thumbnail_key(area.prefix)


def _rows(reading: Reading, areas: Sequence[FileArea]) -> list[NamedFile]:
    with reading() as call:
        return [_named(area, row) for area in areas for row in call.tx.all(area.rows)]


def _named(area: FileArea, row: Row) -> NamedFile:
    return NamedFile(area.table, row["id"], row["key"] or "", row["name"])
