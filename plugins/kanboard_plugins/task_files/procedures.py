"""The procedures of the group TaskFile. Source: spec pages "task_files" and "file_storage".

A file is an object with

* ``id``, ``task_id``
* ``name``: the name it was uploaded with, at most 255 bytes of it; a label of any characters
* ``path``: the key that its content is kept under; files of copies of the task have the same
* ``is_image``: 1 when the name ends as those of pictures do: jpeg, jpg, png or gif
* ``size``: in bytes
* ``user_id``: the account that uploaded it; 0: the application
* ``date``: when, in Unix seconds
* ``etag``: 32 hexadecimal digits, of the key
"""

from __future__ import annotations

from typing import Literal

from kanboard_core.arguments import Id, Scalar, Text
from kanboard_core.calls import AsyncCall, Call
from kanboard_core.database import Row
from kanboard_core.permissions import members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_core.validation import integer
from kanboard_plugins.task_files.attachments import TASK_FILES
from kanboard_plugins.task_files.scopes import FILE
from kanboard_plugins.tasks.scopes import TASK


@procedure("getAllTaskFiles", access=viewers(TASK), effect=READS)
def get_all_task_files(call: Call, task_id: Id) -> list[Row]:
    """A task's files by name, without regard to the case of ASCII letters.

    Each also has ``username`` and ``user_name`` of who uploaded it; both are null for the application, and for an
    account that is gone. An empty array for an unknown task.
    """
    return TASK_FILES.all_of(call.tx, task_id)


@procedure("getTaskFile", access=viewers(FILE), effect=READS)
def get_task_file(call: Call, file_id: Id) -> Row | None:
    """The file of that id; null when there is none."""
    return _file(call, file_id)


@procedure("downloadTaskFile", access=viewers(FILE))
async def download_task_file(call: AsyncCall, file_id: Id) -> str:
    """The content of a file as base64; "" when there is no such file, or the content is missing."""
    return await TASK_FILES.content(call, await call.read(_file, file_id))


@procedure("createTaskFile", access=members())
async def create_task_file(
    call: AsyncCall, project_id: Scalar, task_id: Scalar, filename: Text, blob: Text
) -> int | Literal[False]:
    """Attach a file to a task; answers its id.

    ``blob``: the content as base64, read leniently: what isn't of the alphabet ``A-Za-z0-9+/`` is skipped, padding may
    be missing. False when there is no such task in the project, the content is empty or the one character ``0``, or it
    can't be stored. A content that is larger than the server takes is answered -32602. Emits ``task.file.create``.
    """
    return await TASK_FILES.upload(
        call, integer(task_id) or 0, filename or "", blob or "", project_id=integer(project_id) or 0
    )


@procedure("removeTaskFile", access=members(FILE))
async def remove_task_file(call: AsyncCall, file_id: Id) -> bool:
    """Remove a file; false when there is none. It stays when its content is missing: false too.

    The content goes with the last file that has it. Emits ``task.file.destroy`` before.
    """
    file = await call.read(_file, file_id)
    return bool(await TASK_FILES.remove(call, [file] if file else []))


@procedure("removeAllTaskFiles", access=members(TASK))
async def remove_all_task_files(call: AsyncCall, task_id: Id) -> bool:
    """Remove every file of a task; false when one stays, for its content is missing. True for an unknown task.

    Emits ``task.file.destroy`` for each before, by id.
    """
    return await TASK_FILES.remove(call, await call.read(_all_of, task_id)) is not False


def _file(call: Call, file_id: int) -> Row | None:
    return TASK_FILES.find(call.tx, file_id)


def _all_of(call: Call, task_id: int) -> list[Row]:
    return TASK_FILES.all_of(call.tx, task_id)
