"""User names in patterns: filters of searches and DNs. Nothing that a caller sends is part of the syntax."""

from __future__ import annotations

import re

from kanboard_plugins.ldap.configuration import PLACEHOLDER

#: what stands for itself in every syntax; of all else the bytes are written
_PLAIN = re.compile(r"[A-Za-z0-9._@-]")
#: what RFC 4514 lets be escaped within a value of a DN, and mostly wants to be
_SPECIAL_IN_DN = frozenset('"#+,;<=>\\')


def in_filter(pattern: str, value: str) -> str:
    """A filter (RFC 4515) with the value in its place, and with parentheses around it."""
    text = pattern.replace(PLACEHOLDER, escaped_for_filter(value))
    return text if text.startswith("(") else f"({text})"


def in_username(pattern: str, username: str) -> str:
    """Whom to bind as: a DN (RFC 4514) when the pattern is one, else another form such as NAME@DOMAIN."""
    return pattern.replace(PLACEHOLDER, escaped_for_dn(username) if "=" in pattern else username)


def escaped_for_filter(value: str) -> str:
    """The value as it stands in a filter for nothing but itself."""
    return "".join(
        character if _PLAIN.fullmatch(character) else "".join(f"\\{byte:02x}" for byte in character.encode())
        for character in value
    )


def escaped_for_dn(value: str) -> str:
    """The value as it stands in a DN for nothing but itself."""
    escaped = "".join(f"\\{character}" if character in _SPECIAL_IN_DN else character for character in value)
    escaped = escaped.replace("\0", "\\00")
    if escaped.startswith(" "):
        escaped = f"\\{escaped}"
    if escaped.endswith(" ") and len(value) > 1:
        escaped = f"{escaped[:-1]}\\ "
    return escaped
