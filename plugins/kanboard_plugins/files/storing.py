"""Contents and their thumbnails in the storage that the configuration names. Everything here blocks."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from kanboard_core.file_storage import ContentMissing, FileStorageError
from kanboard_plugins.files.names import thumbnail_key
from kanboard_plugins.files.thumbnails import thumbnail

if TYPE_CHECKING:
    from kanboard_core.server import Server

_logger = logging.getLogger(__name__)


def store(server: Server, key: str, content: bytes, *, picture: bool) -> bool:
    """Keep a content under a key, and if it is a picture a thumbnail of it; False when it can't be kept."""
    storage = server.file_storage()
    try:
        storage.put(key, content)
    except FileStorageError as error:
        _logger.error("a file could not be stored: %s", error)
        discard(server, [(key, False)])
        return False
    most_pixels = server.configuration.integer("files", "thumbnail_pixels")
    small = thumbnail(content, most_pixels) if picture and most_pixels else None
    if small is not None:
        try:
            storage.put(thumbnail_key(key), small)
        except FileStorageError as error:
            _logger.warning("a thumbnail could not be stored: %s", error)
    return True


def load(server: Server, key: str) -> bytes:
    """The content under a key; b"" when it isn't there or can't be read, which is logged."""
    storage = server.file_storage()
    try:
        return storage.get(key)
    except ContentMissing as error:
        _logger.warning("the content of a file is missing: %s", error)
    except FileStorageError as error:
        _logger.error("the content of a file can't be read: %s", error)
    return b""


def discard(server: Server, files: Iterable[tuple[str, bool]]) -> None:
    """Remove contents by their keys, with each whether it is a picture's; those that aren't there are passed over."""
    storage = server.file_storage()
    for key, picture in files:
        for removed in (key, thumbnail_key(key)) if picture else (key,):
            try:
                with suppress(ContentMissing):
                    storage.remove(removed)
            except FileStorageError as error:
                _logger.error("a file could not be removed: %s", error)
