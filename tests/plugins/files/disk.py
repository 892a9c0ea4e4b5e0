"""The contents of files, as they travel and as they are on the disk behind a server."""

from __future__ import annotations

import base64

from kanboard_core.testing import RunningServer


def text(content: bytes) -> str:
    """A content as it travels."""
    return base64.b64encode(content).decode()


def on_disk(server: RunningServer) -> dict[str, bytes]:
    """Every file in the folder, by its key."""
    found = (path for path in server.files.rglob("*") if path.is_file())
    return {path.relative_to(server.files).as_posix(): path.read_bytes() for path in found}
