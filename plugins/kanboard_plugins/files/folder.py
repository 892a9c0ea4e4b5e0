"""A storage in a folder, which Kanboard may use at the same time. Source: spec page "file_storage"."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kanboard_core.file_storage import ContentMissing, FileStorage, FileStorageError, StoredFile

#: what the names of files begin with that aren't whole yet; of a process that was ended they stay
_UNFINISHED = ".kanboard-server-"

#: how often a folder is made anew that others, for it was empty, have removed
_ATTEMPTS = 10

#: the reasons for which there is nothing under a key
_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL}


class Folder(FileStorage):
    """Contents are files below a folder, under their keys.

    The folder is made when it is needed. It may be a symbolic link; what lies outside of it or behind a link further
    down is as if it weren't there, so that no row and no link makes another file readable, or removes it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, content: bytes) -> None:
        """Write beside the place, and rename when everything is on the disk."""
        path = self._path(key)
        with _told(key):
            unfinished, descriptor = self._begin(path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.replace(path)
            except BaseException:
                with suppress(OSError):
                    unfinished.unlink()
                raise
            for folder in self._way(path.parent):
                _synchronize(folder)

    def get(self, key: str) -> bytes:
        """Read the file."""
        path = self._path(key)
        with _told(key):
            _check_regular(path, key)
            return path.read_bytes()

    def removable(self, key: str) -> bool:
        """Whether the file is there, in a folder that may be changed."""
        try:
            path = self._path(key)
            with _told(key):
                _check_regular(path, key)
        except FileStorageError:
            return False
        return os.access(path.parent, os.W_OK | os.X_OK)

    def remove(self, key: str) -> None:
        """Remove the file, and its folder if that is empty then."""
        path = self._path(key)
        with _told(key):
            _check_regular(path, key)
            path.unlink()
            if path.parent != self._base():
                with suppress(OSError):  # it isn't empty, or somebody else was faster
                    path.parent.rmdir()

    def stored(self, prefix: str) -> Iterator[StoredFile]:
        """The files below one folder. Links are passed over."""
        top = self._path(prefix)
        with _told(prefix):
            if top.is_symlink() or not top.exists():
                return
            for folder, _, names in os.walk(top, onerror=_raise):
                for name in names:
                    path = Path(folder, name)
                    with suppress(FileNotFoundError):  # it was removed meanwhile
                        found = path.lstat()
                        if stat.S_ISREG(found.st_mode):
                            key = prefix + path.relative_to(top).as_posix()
                            yield StoredFile(key, found.st_size, found.st_mtime)

    def _base(self) -> Path:
        return Path(os.path.realpath(self.folder))

    def _path(self, key: str) -> Path:
        """Where the content under a key is. Raises ContentMissing for a key that leads elsewhere."""
        base = self._base()
        path = Path(os.path.normpath(f"{base}/{key}"))
        if "\0" in key or base not in path.parents:
            raise ContentMissing(f"{key!r} leads out of {base}")
        if path.parent != Path(os.path.realpath(path.parent)):
            raise ContentMissing(f"{key!r} leads through a symbolic link")
        return path

    def _begin(self, folder: Path) -> tuple[Path, int]:
        """A new, empty file in a folder, and its descriptor."""
        base = self._base()
        if not base.exists():
            base.mkdir(0o755, parents=True, exist_ok=True)
            _synchronize(base.parent)
        for _ in range(_ATTEMPTS):
            for needed in reversed(self._way(folder)):
                # Not exist_ok: it raises when a folder that was there goes right then.
                with suppress(FileNotFoundError, FileExistsError):
                    needed.mkdir(0o755)
            path = folder / f"{_UNFINISHED}{secrets.token_hex(8)}"
            with suppress(FileNotFoundError):
                return path, os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
        raise FileStorageError(f"{folder} was removed again and again")

    def _way(self, folder: Path) -> list[Path]:
        """A folder and those above it, up to the base."""
        base = self._base()
        return [folder, *(above for above in folder.parents if above == base or base in above.parents)]


@contextmanager
def _told(key: str) -> Iterator[None]:
    """Say what the operating system says as an error of the storage."""
    try:
        yield
    except OSError as error:
        kind = ContentMissing if error.errno in _MISSING else FileStorageError
        raise kind(f"{key}: {error.strerror or error}") from error


def _check_regular(path: Path, key: str) -> None:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ContentMissing(f"{key} is no file")


def _synchronize(folder: Path) -> None:
    """Have the entries of a folder on the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _raise(error: OSError) -> None:
    raise error
