"""The procedures of the group ProjectFile. Source: spec pages "project_files" and "file_storage".

A file is an object with

* ``id``, ``project_id``
* ``name``: the name it was uploaded with, at most 255 bytes of it; a label of any characters
* ``path``: the key that its content is kept under
* ``is_image``: 1 when the name ends as those of pictures do: jpeg, jpg, png or gif
* ``size``: in bytes
* ``user_id``: the account that uploaded it; 0: the application
* ``date``: when, in Unix seconds
* ``etag``: 32 hexadecimal digits, of the key

A file of another project is answered like one that there isn't.
"""

from __future__ import annotations

from typing import Literal

from kanboard_core.arguments import Id, Scalar, Text
from kanboard_core.calls import AsyncCall, Call
from kanboard_core.database import Row
from kanboard_core.permissions import members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_core.validation import integer
from kanboard_plugins.project_files.attachments import PROJECT_FILES


@procedure("getAllProjectFiles", access=viewers(), effect=READS)
def get_all_project_files(call: Call, project_id: Id) -> list[Row]:
    """A project's files by name, without regard to the case of ASCII letters.

    Each also has ``username`` and ``user_name`` of who uploaded it; both are null for the application, and for an
    account that is gone. An empty array for an unknown project.
    """
    return PROJECT_FILES.all_of(call.tx, project_id)


@procedure("getProjectFile", access=viewers(), effect=READS)
def get_project_file(call: Call, project_id: Id, file_id: Id) -> Row | Literal[False]:
    """The file of that id; false when the project has none."""
    return _of_project(call, project_id, file_id) or False


@procedure("downloadProjectFile", access=viewers())
async def download_project_file(call: AsyncCall, project_id: Id, file_id: Id) -> str:
    """The content of a file as base64; "" when the project has no such file, or the content is missing."""
    return await PROJECT_FILES.content(call, await call.read(_of_project, project_id, file_id))


@procedure("createProjectFile", access=members())
async def create_project_file(call: AsyncCall, project_id: Scalar, filename: Text, blob: Text) -> int | Literal[False]:
    """Attach a file to a project; answers its id.

    ``blob``: the content as base64, read leniently: what isn't of the alphabet ``A-Za-z0-9+/`` is skipped, padding may
    be missing. False when there is no such project, the content is empty or the one character ``0``, or it can't be
    stored. A content that is larger than the server takes is answered -32602.
    """
    owner_id = integer(project_id) or 0
    return await PROJECT_FILES.upload(call, owner_id, filename or "", blob or "", project_id=owner_id)


@procedure("removeProjectFile", access=members())
async def remove_project_file(call: AsyncCall, project_id: Id, file_id: Id) -> bool:
    """Remove a file; false when the project has no such file. It stays when its content is missing: false too."""
    file = await call.read(_of_project, project_id, file_id)
    return bool(await PROJECT_FILES.remove(call, [file] if file else []))


@procedure("removeAllProjectFiles", access=members())
async def remove_all_project_files(call: AsyncCall, project_id: Id) -> bool:
    """Remove every file of a project; false when one stays, for its content is missing. True for an unknown project."""
    return await PROJECT_FILES.remove(call, await call.read(_all_of, project_id)) is not False


def _of_project(call: Call, project_id: int, file_id: int) -> Row | None:
    file = PROJECT_FILES.find(call.tx, file_id)
    return file if file is not None and file["project_id"] == project_id else None


def _all_of(call: Call, project_id: int) -> list[Row]:
    return PROJECT_FILES.all_of(call.tx, project_id)
