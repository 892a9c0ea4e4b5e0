"""Where the contents of files are kept: what a storage can do, and whose keys it holds.

A content lies under a *key*, such as ``projects/7/3f786850e387550fdab836ed7e6dc881de23001b``, which a row of the
database names, or several. Source: spec page "file_storage".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from kanboard_core.database import Statement


class FileStorageError(Exception):
    """The storage could not do it: disk full, no permission, not there. For the log, not for clients."""


class ContentMissing(FileStorageError):
    """There is no content under the key, or the key can't be one."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A content that is there."""

    key: str
    #: in bytes
    size: int
    #: when it was stored, in Unix seconds
    modified: float


@dataclass(frozen=True, slots=True)
class FileArea:
    """The keys that belong to a plugin, and the rows that name them."""

    #: what they begin with, with a closing slash: ``projects/``
    prefix: str
    #: the table of the rows
    table: str
    #: every row of the table, with the columns ``id``, ``key`` and ``name``
    rows: Statement


class FileStorage(ABC):
    """A place for contents, shared by all processes that serve the database.

    Its methods block, are called in any thread, several at a time, and never inside a database job.
    """

    @abstractmethod
    def put(self, key: str, content: bytes) -> None:
        """Keep a content under a key, whole or not at all; it survives a power cut once this returns.

        Raises FileStorageError; then nothing need be there, and ``remove`` may be called for the rest.
        """

    @abstractmethod
    def get(self, key: str) -> bytes:
        """The content under a key. Raises ContentMissing, or FileStorageError when it is there and can't be read."""

    @abstractmethod
    def removable(self, key: str) -> bool:
        """Whether there is a content under the key, and ``remove`` may take it away, as far as can be told."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Take the content under a key away. Raises ContentMissing when there is none, or FileStorageError."""

    @abstractmethod
    def stored(self, prefix: str) -> Iterator[StoredFile]:
        """Everything whose key begins with ``prefix``, which ends with a slash, in any order. Raises FileStorageError.

        What an interrupted ``put`` has left there belongs to it, under whatever key.
        """
