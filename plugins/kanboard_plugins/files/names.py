"""Names that clients give, and the keys under which contents are kept. Source: spec page "file_storage"."""

from __future__ import annotations

import hashlib
import secrets

#: in bytes of UTF-8
LONGEST_NAME = 255

_IMAGES = {"jpeg", "jpg", "png", "gif"}


def stored_name(name: str) -> str:
    """A name as its row has it: what fits of it, in whole characters. It is a label, nothing else."""
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")


def is_image(name: str) -> bool:
    """Whether a name, uncut, has the extension of a picture. The content isn't looked at."""
    _, dot, extension = name.rstrip("/").rpartition("/")[2].rpartition(".")
    return bool(dot) and extension.isascii() and extension.lower() in _IMAGES


def new_key(area: str, owner_id: int, name: str, now: int) -> str:
    """A key that nothing has, in the form of Kanboard's: where the content of a new file is to be kept.

    Kanboard's digest is that of name and second, so that of two such files the first is lost; this one is unique.
    """
    digest = hashlib.sha1(f"{name}{now}{secrets.token_hex(16)}".encode(), usedforsecurity=False).hexdigest()
    return f"{area}/{owner_id}/{digest}"


def thumbnail_key(key: str) -> str:
    """Where the thumbnail of the file under a key is kept."""
    return f"thumbnails/{key}"


def etag(key: str | None) -> str:
    """What stands for a version of a file in answers, 32 hexadecimal digits."""
    return hashlib.md5((key or "").encode(), usedforsecurity=False).hexdigest()
