"""Which storage is used, and where its folder is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.guests import guest

from kanboard_core.configuration import load
from kanboard_core.file_storage import ContentMissing, FileStorage, FileStorageError, StoredFile
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.testing import Location, RpcError, running
from kanboard_plugins.files.configuration import folder


class Memory(FileStorage):
    """A storage that a third party brings."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def put(self, key: str, content: bytes) -> None:
        if content == b"too much":
            raise FileStorageError("there is no room")
        self.contents[key] = content

    def get(self, key: str) -> bytes:
        if key not in self.contents:
            raise ContentMissing(key)
        return self.contents[key]

    def removable(self, key: str) -> bool:
        return key in self.contents

    def remove(self, key: str) -> None:
        if self.contents.pop(key, None) is None:
            raise ContentMissing(key)

    def stored(self, prefix: str) -> Iterator[StoredFile]:
        return (StoredFile(key, len(content), 0) for key, content in self.contents.items())


def bringing(storage: object) -> Plugin:
    def register_file_storage() -> object:
        return storage

    return guest("memory", requires=("files",), register_file_storage=hookimpl(register_file_storage))


async def test_a_plugin_keeps_the_contents_when_it_is_named(database: Location, plugins: Plugins) -> None:
    memory = Memory()
    all_plugins = Plugins([*plugins, bringing(memory)])
    async with running(database, plugins=all_plugins, settings=["files.storage=memory"]) as server:
        application = server.client()
        one = await application.createProject("One")
        created = await application.createProjectFile(one, "a.txt", "Zm9v")
        assert list(memory.contents.values()) == [b"foo"]
        assert await application.downloadProjectFile(one, created) == "Zm9v"
        assert await application.createProjectFile(one, "a.txt", "dG9vIG11Y2g=") is False
        assert await application.removeProjectFile(one, created) is True
        assert memory.contents == {}
        assert not server.files.exists()


async def test_a_plugin_that_isnt_named_keeps_none(database: Location, plugins: Plugins) -> None:
    memory = Memory()
    async with running(database, plugins=Plugins([*plugins, bringing(memory)])) as server:
        one = await server.client().createProject("One")
        assert await server.client().createProjectFile(one, "a.txt", "Zm9v")
        assert memory.contents == {}


async def test_without_the_one_that_is_named_nothing_is_stored_elsewhere(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(database, plugins=plugins, settings=["files.storage=memory"]) as server:
        application = server.client()
        one = await application.createProject("One")
        for procedure, arguments in (("createProjectFile", ("a.txt", "Zm9v")), ("downloadProjectFile", (1,))):
            server.sql(
                "INSERT INTO project_has_files (project_id, name, path) SELECT id, 'x', 'projects/1/x' FROM projects"
                " WHERE NOT EXISTS (SELECT 1 FROM project_has_files)"
            )
            with pytest.raises(RpcError, match="Internal error"):
                await application.call(procedure, one, *arguments)
        assert not server.files.exists()
    assert "no plugin memory that keeps attachments is running" in caplog.text


async def test_what_is_no_storage_is_refused(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=Plugins([*plugins, bringing("files")]), failures=True) as server:
        failure = server.server.plugins.get("memory").failure
        assert failure
        assert "must answer a FileStorage" in failure.reason


@pytest.mark.parametrize(
    ("environment", "settings", "expected"),
    [
        ({}, [], "data/files"),
        ({"DATA_DIR": "/srv/kanboard/data"}, [], "/srv/kanboard/data/files"),
        ({"FILES_DIR": "/srv/files", "DATA_DIR": "/srv/kanboard/data"}, [], "/srv/files"),
        ({"FILES_DIR": "/srv/files"}, ["files.files_dir=other"], "other"),
    ],
)
def test_the_folder_is_that_of_kanboards_constants(
    plugins: Plugins, environment: dict[str, str], settings: list[str], expected: str
) -> None:
    configuration = load(environment=environment, settings=settings, schema=plugins.schema)
    assert folder(configuration) == Path(expected)


def test_pillow_is_imported_only_when_a_picture_comes() -> None:
    import subprocess
    import sys

    started = "from kanboard_core.plugins import discovery; discovery.load(); import sys; print('PIL' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", started], check=True, capture_output=True, text=True).stdout
    assert printed == "False\n"
