"""A folder of contents: whole or not at all, and nothing outside of it."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kanboard_core.file_storage import ContentMissing, FileStorageError
from kanboard_plugins.files.folder import Folder

KEY = "projects/7/0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data" / "files")


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def everything(folder: Folder) -> dict[str, bytes]:
    """What is on the disk, by the path below the folder."""
    found = (path for path in folder.folder.rglob("*") if path.is_file())
    return {path.relative_to(folder.folder).as_posix(): path.read_bytes() for path in found}


def keys(folder: Folder, prefix: str) -> set[str]:
    return {file.key for file in folder.stored(prefix)}


def test_a_content_lies_under_its_key(folder: Folder) -> None:
    folder.put(KEY, b"a content")
    assert everything(folder) == {KEY: b"a content"}
    assert folder.get(KEY) == b"a content"
    assert folder.removable(KEY)


def test_a_content_takes_the_place_of_another(folder: Folder) -> None:
    folder.put(KEY, b"first, and longer")
    folder.put(KEY, b"second")
    assert everything(folder) == {KEY: b"second"}


@pytest.mark.usefixtures("usual_umask")
def test_folders_have_the_mode_that_kanboard_gives_them(folder: Folder) -> None:
    folder.put(KEY, b"a content")
    path = folder.folder / KEY
    for made in (path.parent, path.parent.parent, folder.folder, folder.folder.parent):
        assert stat.S_IMODE(made.stat().st_mode) == 0o755
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_removing_takes_an_empty_folder_along_and_none_above(folder: Folder) -> None:
    for key in ("projects/7/a", "projects/7/b"):
        folder.put(key, b"x")
    folder.remove("projects/7/a")
    assert (folder.folder / "projects/7").is_dir()
    folder.remove("projects/7/b")
    assert not (folder.folder / "projects/7").exists()
    assert (folder.folder / "projects").is_dir()


def test_the_folder_itself_stays(folder: Folder) -> None:
    folder.put("alone", b"x")
    folder.remove("alone")
    assert folder.folder.is_dir()


def test_what_isnt_there_is_missing(folder: Folder) -> None:
    folder.put(KEY, b"x")
    for key in ("projects/7/other", "projects/8/other", "projects/7", f"{KEY}/below", "projects/7/" + "n" * 300):
        assert not folder.removable(key)
        for asked in (folder.get, folder.remove):
            with pytest.raises(ContentMissing):
                asked(key)
    assert everything(folder) == {KEY: b"x"}


@pytest.mark.parametrize(
    "key", ["", ".", "/", "..", "../outside", "projects/../../outside", "projects/7/../../../outside", "a\0b"]
)
def test_no_key_leads_out_of_the_folder(folder: Folder, key: str) -> None:
    folder.put(KEY, b"x")
    outside = folder.folder.parent / "outside"
    outside.write_bytes(b"not yours")
    assert not folder.removable(key)
    for asked in (folder.get, folder.remove, lambda key: folder.put(key, b"overwritten")):
        with pytest.raises(ContentMissing):
            asked(key)
    assert outside.read_bytes() == b"not yours"


def test_dots_and_slashes_within_it_are_put_in_order(folder: Folder) -> None:
    folder.put(KEY, b"x")
    for key in (
        "projects//7/./0123456789abcdef",
        "/projects/7/0123456789abcdef",
        "tasks/../projects/7/0123456789abcdef",
    ):
        assert folder.get(key) == b"x"


@pytest.mark.parametrize("link", ["projects/7/link", "projects/7", "projects"])
def test_no_symbolic_link_below_it_is_followed(folder: Folder, tmp_path: Path, link: str) -> None:
    secret = tmp_path / "secrets" / "7" / "link"
    secret.parent.mkdir(parents=True)
    secret.write_bytes(b"not yours")
    target = {"projects/7/link": secret, "projects/7": secret.parent, "projects": secret.parent.parent}[link]
    (folder.folder / link).parent.mkdir(parents=True)
    (folder.folder / link).symlink_to(target)
    key = "projects/7/link"
    assert not folder.removable(key)
    for asked in (folder.get, folder.remove):
        with pytest.raises(ContentMissing):
            asked(key)
    assert keys(folder, "projects/") == set()
    assert secret.read_bytes() == b"not yours"


def test_the_folder_itself_may_be_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "files").symlink_to(tmp_path / "elsewhere")
    folder = Folder(tmp_path / "files")
    folder.put(KEY, b"x")
    assert (tmp_path / "elsewhere" / KEY).read_bytes() == b"x"
    assert keys(folder, "projects/") == {KEY}


def test_a_pipe_is_no_content(folder: Folder) -> None:
    folder.put(KEY, b"x")
    os.mkfifo(folder.folder / "projects/7/pipe")
    with pytest.raises(ContentMissing):
        folder.get("projects/7/pipe")  # and it doesn't wait for somebody to write
    assert keys(folder, "projects/") == {KEY}


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_content_that_cant_be_written_leaves_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, step: str, reason: int
) -> None:
    folder.put("projects/7/before", b"stays")

    def fail(*_: Any) -> None:
        raise OSError(reason, os.strerror(reason))

    if step == "write":
        open_file = os.fdopen

        def opened(*arguments: Any) -> Any:
            file = open_file(*arguments)
            file.raw.write(b"a con")  # what still fits
            monkeypatch.setattr(os, "fdopen", open_file)
            return _Full(file, fail)

        monkeypatch.setattr(os, "fdopen", opened)
    else:
        monkeypatch.setattr(*{"fsync": (os, "fsync"), "rename": (Path, "replace")}[step], fail)
    with pytest.raises(FileStorageError, match=os.strerror(reason)):
        folder.put(KEY, b"a content")
    assert everything(folder) == {"projects/7/before": b"stays"}


class _Full:
    """A file of a full disk."""

    def __init__(self, file: Any, write: Any) -> None:
        self._file = file
        self.write = write

    def __enter__(self) -> _Full:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def test_a_content_in_the_place_of_another_that_cant_be_written_leaves_that(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put(KEY, b"first")

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(FileStorageError):
        folder.put(KEY, b"second")
    assert everything(folder) == {KEY: b"first"}


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors have names on Linux only")
def test_everything_is_on_the_disk_before_it_returns(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content before it gets its name, and then the entries of every folder on the way."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def fsynced(descriptor: int) -> None:
        done.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def replaced(path: Path, target: Path) -> Path:
        done.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", fsynced)
    monkeypatch.setattr(Path, "replace", replaced)
    folder.put(KEY, b"a content")
    base = str(folder.folder)
    assert done[0] == str(folder.folder.parent)  # which the folder itself is new in
    assert Path(done[1]).parent == folder.folder / "projects/7"
    assert done[2:] == ["rename", f"{base}/projects/7", f"{base}/projects", base]


def test_a_file_where_a_folder_should_be(folder: Folder) -> None:
    folder.folder.mkdir(parents=True)
    (folder.folder / "projects").write_bytes(b"in the way")
    with pytest.raises(FileStorageError):
        folder.put(KEY, b"x")
    assert everything(folder) == {"projects": b"in the way"}


def test_what_may_not_be_read_isnt_missing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put(KEY, b"x")

    def denied(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    monkeypatch.setattr(Path, "unlink", denied)
    for asked in (folder.get, folder.remove):
        with pytest.raises(FileStorageError, match="Permission denied") as raised:
            asked(KEY)
        assert not isinstance(raised.value, ContentMissing)


def test_in_a_folder_that_may_not_be_changed_nothing_is_removable(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put(KEY, b"x")
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    assert not folder.removable(KEY)


def test_what_is_stored_below_a_prefix(folder: Folder) -> None:
    for key in ("projects/1/a", "projects/2/b", "tasks/1/c", "thumbnails/projects/1/a"):
        folder.put(key, key.encode())
    (folder.folder / "projects/1/.kanboard-server-unfinished").write_bytes(b"x")
    [first] = [file for file in folder.stored("projects/") if file.key == "projects/1/a"]
    assert (first.size, first.modified) == (12, (folder.folder / "projects/1/a").stat().st_mtime)
    assert keys(folder, "projects/") == {"projects/1/a", "projects/2/b", "projects/1/.kanboard-server-unfinished"}
    assert keys(folder, "thumbnails/projects/") == {"thumbnails/projects/1/a"}
    assert keys(folder, "avatars/") == set()


def test_a_folder_that_cant_be_listed_isnt_passed_over(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put(KEY, b"x")
    scandir = os.scandir

    def denied(path: Any) -> Any:
        if str(path).endswith("/7"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(FileStorageError, match="Permission denied"):
        keys(folder, "projects/")


def test_a_folder_that_goes_while_it_is_looked_for_is_made_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    mkdir = os.mkdir

    def gone_again(path: Any, *arguments: Any) -> None:
        made.append(path)
        if len(made) == 1:
            raise FileExistsError(errno.EEXIST, "File exists")
        mkdir(path, *arguments)

    folder.put("projects/8/1", b"kept")  # the folders above are there
    monkeypatch.setattr(os, "mkdir", gone_again)
    folder.put("projects/7/1", b"content")
    assert folder.get("projects/7/1") == b"content"


def test_threads_that_store_and_remove_in_one_folder_dont_disturb_each_other(folder: Folder) -> None:
    """Each removal may take away the folder that the others are about to write into."""
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait()
        for turn in range(50):
            key = f"projects/7/{number}-{turn}"
            folder.put(key, b"x" * turn)
            assert folder.get(key) == b"x" * turn
            folder.remove(key)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert everything(folder) == {}
