"""Contents as they travel: base64, read leniently. Source: spec page "file_storage", section "Writing"."""

from __future__ import annotations

import base64
import binascii
import string

_ALPHABET = (string.ascii_letters + string.digits + "+/").encode()
_OTHERS = bytes(set(range(256)) - set(_ALPHABET))


def decoded(text: str) -> bytes:
    """The content that a text stands for.

    Whatever isn't of the standard alphabet is skipped, ``=`` too; bits and a last character that fill no byte are
    dropped.
    """
    digits = text.encode("ascii", "ignore").translate(None, _OTHERS)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def encoded(content: bytes) -> str:
    """A content as standard base64 with padding, without line ends."""
    return base64.b64encode(content).decode("ascii")


def is_refused(content: bytes) -> bool:
    """Whether Kanboard takes a content for none: nothing, or the one character ``0``."""
    return content in (b"", b"0")
