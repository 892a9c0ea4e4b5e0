"""Attachments, from a folder into a storage: all of them or none.

Source: spec page "file_storage".
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from kanboard_core.database.transaction import Transaction
from kanboard_core.file_storage import ContentMissing, FileArea, FileStorage, FileStorageError
from kanboard_core.transfer.progress import CopyFailed, Progress


class Attachments:
    """Everything in a folder of attachments, thumbnails and pictures of accounts too.

    ``copied``, ``there`` and ``missing`` tell what happened, once it has.
    """

    def __init__(self, folder: Path, storage: FileStorage, areas: Sequence[FileArea]) -> None:
        """``areas``: the rows that name files."""
        self._folder = folder
        self._storage = storage
        self._areas = areas
        #: files that were copied, and those that the storage had already
        self.copied = self.there = 0
        #: keys that rows name, and for which there is no file
        self.missing: list[str] = []

    @contextmanager
    def copy(self, transaction: Transaction, progress: Progress) -> Iterator[None]:
        """Copy them, compared by checksums; what was copied is removed again when what is done inside raises.

        ``transaction``: of the database whose rows name them. Raises CopyFailed, for instance when the storage has
        another content under the same key.
        """
        named = {row["key"] for area in self._areas for row in transaction.all(area.rows) if row["key"]}
        made: list[str] = []
        try:
            keys = sorted(self._keys())
            for number, key in enumerate(keys, 1):
                self._copy(key, made)
                progress("copying attachments", number, len(keys))
            self.copied, self.there = len(made), len(keys) - len(made)
            self.missing = sorted(named.difference(keys))
            yield
        except BaseException:
            self._remove(made)
            raise

    def _keys(self) -> Iterator[str]:
        """The files in the folder, as keys. What begins with a dot isn't one, nor is a link."""
        if not self._folder.is_dir():
            raise CopyFailed(f"there is no folder {self._folder}")
        for folder, folders, names in os.walk(self._folder, onerror=_raise):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(folder, name)
                if not name.startswith(".") and path.is_file() and not path.is_symlink():
                    yield path.relative_to(self._folder).as_posix()

    def _copy(self, key: str, made: list[str]) -> None:
        """Copy one, and add it to those that were made; one that is there already is left. Raises CopyFailed."""
        try:
            content = (self._folder / key).read_bytes()
            with suppress(ContentMissing):
                if self._storage.get(key) == content:
                    return
                raise CopyFailed(f"the storage has another file {key}; nothing was copied")
            made.append(key)
            self._storage.put(key, content)
            if self._storage.get(key) != content:
                raise CopyFailed(f"what has arrived in the storage as {key} is not what was there; nothing was kept")
        except (OSError, FileStorageError) as error:
            raise CopyFailed(f"the attachment {key} can't be copied: {error}") from error

    def _remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            with suppress(FileStorageError):
                self._storage.remove(key)


def _raise(error: OSError) -> None:
    raise error
