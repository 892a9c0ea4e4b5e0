"""The files of projects, or of tasks: rows of a table, each with a content in the storage.

A content is on the disk before its row is committed, and is removed after that of its row is. So whatever is
interrupted, and wherever, no row is without its content; a content may be left without a row, which ``files check``
finds. Source: spec page "file_storage".

Copies of a task name the contents of the original. Whoever counts the rows that name a content, or copies one, takes
the lock of the table before, after every other lock. Else the last two rows could go and each leave the content to the
other, or a copy name a content that is just going. The lock of the project comes first, as for everything in it: so no
file gets to an owner that is just being removed or copied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Literal

import peewee

from kanboard_core.arguments import InvalidParams
from kanboard_core.calls import AsyncCall, Call
from kanboard_core.database import Conflict, Model, Row, insertion, one_of, param, statement
from kanboard_core.database.errors import ConnectionLost
from kanboard_core.database.transaction import Transaction
from kanboard_core.file_storage import FileArea
from kanboard_core.models import User
from kanboard_plugins.files import contents, storing
from kanboard_plugins.files.names import etag, is_image, new_key, stored_name

#: raises an event, "create" or "destroy", for each of some files, given as objects
Announce = Callable[[Call, str, Sequence[Row]], None]


class Attachments:
    """The files of one kind of owner.

    A file object has the columns of the row and ``etag``. The model's columns are ``id``, ``name``, ``path`` (the key),
    ``is_image``, ``size`` (bytes), ``user_id``, ``date`` (Unix seconds) and the owner's id.
    """

    def __init__(self, model: type[Model], owner: str, *, project: Any, area: str, announce: Announce) -> None:
        """``owner``: the column of the owner's id; ``area``: the first part of keys.

        ``project``: the column of the owners' own table that has the id of their project.
        """
        table: Any = model
        fields: Any = model._meta.combined
        listed = [fields[name] for name in ("id", "name", "path", "is_image", owner, "date", "user_id", "size")]
        self._owner = owner
        self._area = area
        self._announce = announce
        self._table: str = model._meta.table_name
        self._file = statement(table.select().where(table.id == param("file_id")))
        self._files = statement(table.select().where(one_of(table.id, "ids")).order_by(table.id))
        self._of_owners = statement(table.select().where(one_of(fields[owner], "owners")).order_by(table.id))
        self._list = statement(
            table.select(*listed, User.username, User.name.alias("user_name"))
            .left_outer_join(User, on=(User.id == table.user_id))
            .where(fields[owner] == param("owner"))
            .order_by(table.name, table.id)
        )
        self._copied = statement(
            table.select(table.name, table.path, table.is_image, table.size)
            .where(fields[owner] == param("owner"))
            .order_by(table.name, table.id)
        )
        self._naming_rows = statement(
            table.select(table.path, peewee.fn.COUNT(table.id).alias("count"))
            .where(one_of(table.path, "keys"))
            .group_by(table.path)
        )
        self._delete = statement(table.delete().where(one_of(table.id, "ids")))
        self._insert = insertion(model, owner, "name", "path", "is_image", "size", "user_id", "date")
        self._project = statement(project.model.select(project).where(project.model.id == param("owner")))
        self.file_area = FileArea(
            f"{area}/", self._table, statement(table.select(table.id, table.path.alias("key"), table.name))
        )

    # In a job

    def find(self, tx: Transaction, file_id: int) -> Row | None:
        """The file object; None for an unknown id."""
        row = tx.one(self._file, file_id=file_id)
        return None if row is None else _object(row)

    def all_of(self, tx: Transaction, owner_id: int) -> list[Row]:
        """The owner's file objects by name, the case of ASCII letters left aside.

        Each also has ``username`` and ``user_name`` of who uploaded it, null for the application and for accounts that
        are gone.
        """
        return [_object(row) for row in tx.all(self._list, owner=owner_id)]

    def lock(self, tx: Transaction) -> None:
        """Let nobody else count the rows that name a content, or add one that names one of them."""
        tx.lock_name(f"{self._table}.path")

    def remove_with_owners(self, call: Call, owner_ids: Collection[int]) -> None:
        """Remove the files of owners that are about to go; a content that can't be removed is left behind.

        The contents go after the commit. Raises a destroy event for each, by id. Whoever calls this holds the locks of
        their projects.
        """
        if not call.tx.all(self._of_owners, owners=owner_ids):
            return
        self.lock(call.tx)
        files = call.tx.all(self._of_owners, owners=owner_ids)
        self._announce(call, "destroy", [_object(file) for file in files])
        naming = self._naming(call.tx, files)
        naming.subtract(file["path"] for file in files)
        self._delete_rows(call, files, naming)

    def copy(self, call: Call, owner_id: int, copy_id: int) -> None:
        """Attach the files of an owner, in the order of their names, to its copy: they share the contents.

        They are the caller's, of now. Raises a create event for each. Whoever calls this holds the locks of both
        projects.
        """
        if not call.tx.all(self._of_owners, owners=[owner_id]):
            return
        self.lock(call.tx)
        copies = []
        for file in call.tx.all(self._copied, owner=owner_id):
            row = {**file, self._owner: copy_id, "user_id": call.caller.user_id, "date": call.now}
            copies.append(call.tx.insert(self._insert, **row))
        files = call.tx.all(self._files, ids=copies)
        self._announce(call, "create", [_object(file) for file in files])

    # Outside of jobs

    async def upload(
        self, call: AsyncCall, owner_id: int, name: str, blob: str, *, project_id: int
    ) -> int | Literal[False]:
        """Keep a file that comes as base64; answers its id.

        False when nothing is left of the content, there is no such owner in the project, or it can't be stored. Raises
        InvalidParams for one that is larger than the configuration allows.
        """
        content = await call.in_thread(contents.decoded, blob)
        if contents.is_refused(content):
            return False
        limit = call.server.configuration.integer("files", "upload_limit")
        if limit and len(content) > limit:
            raise InvalidParams(f"Argument blob must stand for at most {limit} bytes")
        if owner_id < 1 or not await call.read(self._is_in, owner_id, project_id):
            return False
        picture = is_image(name)
        key = new_key(self._area, owner_id, name, call.now)
        if not await call.in_thread(storing.store, call.server, key, content, picture=picture):
            return False
        row = {
            self._owner: owner_id,
            "name": stored_name(name),
            "path": key,
            "is_image": int(picture),
            "size": len(content),
            "user_id": call.caller.user_id,
            "date": call.now,
        }
        try:
            created = await call.write(self._create, row, project_id)
        except ConnectionLost:
            raise  # perhaps the row is there: the content stays
        except Exception:
            await call.in_thread(storing.discard, call.server, [(key, picture)])
            raise
        if created is None:
            await call.in_thread(storing.discard, call.server, [(key, picture)])
        return created or False

    async def content(self, call: AsyncCall, file: Row | None) -> str:
        """The content of a file as base64; "" without a file, and when the content is missing."""
        return "" if file is None else await call.in_thread(_encoded_content, call, file["path"] or "")

    async def remove(self, call: AsyncCall, files: Sequence[Row]) -> bool | None:
        """Remove files of one owner, by id; False when one had to stay, None when there was none (any more).

        One whose content is missing stays, unless another file names the content too. Raises a destroy event for each.
        """
        if not files:
            return None
        removable = await call.in_thread(_removable, call, {file["path"] or "" for file in files})
        return await call.write(self._remove, files[0][self._owner], [file["id"] for file in files], removable)

    # In the jobs of these

    def _is_in(self, call: Call, owner_id: int, project_id: int) -> bool:
        found: int | None = call.tx.scalar(self._project, owner=owner_id)
        return found is not None and found == project_id

    def _create(self, call: Call, row: Row, project_id: int) -> int | None:
        call.tx.lock_projects_of(self._project, owner=row[self._owner])
        if not self._is_in(call, row[self._owner], project_id):
            return None
        try:
            created = call.tx.insert(self._insert, **row)
        except Conflict:
            return None  # the name can't be stored
        file = self.find(call.tx, created)
        self._announce(call, "create", [file] if file else [])
        return created

    def _remove(self, call: Call, owner_id: int, file_ids: Sequence[int], removable: Collection[str]) -> bool | None:
        call.tx.lock_projects_of(self._project, owner=owner_id)
        self.lock(call.tx)
        files = call.tx.all(self._files, ids=file_ids)
        self._announce(call, "destroy", [_object(file) for file in files])
        naming = self._naming(call.tx, files)
        gone = []
        for file in files:
            key = file["path"]
            if naming[key] > 1 or key in removable:
                naming[key] -= 1
                gone.append(file)
        self._delete_rows(call, gone, naming)
        return len(gone) == len(files) if files else None

    def _naming(self, tx: Transaction, files: Sequence[Row]) -> Counter[str | None]:
        """How many rows name the content of each file, rows of all owners."""
        rows = tx.all(self._naming_rows, keys=[file["path"] for file in files if file["path"] is not None])
        return Counter({row["path"]: row["count"] for row in rows})

    def _delete_rows(self, call: Call, files: Sequence[Row], naming: Counter[str | None]) -> None:
        """Delete rows, and after the commit the contents that no row names any more."""
        if not files:
            return
        call.tx.run(self._delete, ids=[file["id"] for file in files])
        unnamed = {file["path"]: bool(file["is_image"]) for file in files if file["path"] and naming[file["path"]] < 1}
        if unnamed:
            call.after_commit(storing.discard, call.server, list(unnamed.items()))


def _object(row: Row) -> Row:
    return {**row, "etag": etag(row["path"])}


def _removable(call: AsyncCall, keys: Iterable[str]) -> set[str]:
    storage = call.server.file_storage()
    return {key for key in keys if storage.removable(key)}


def _encoded_content(call: AsyncCall, key: str) -> str:
    return contents.encoded(storing.load(call.server, key))
