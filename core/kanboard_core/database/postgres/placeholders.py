"""SQL that was written with ``?`` for its values, as PostgreSQL wants it."""

from __future__ import annotations

import re

# What may hold a question mark that stands for no value: texts, names, comments. The last one does.
_PIECES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\?", re.DOTALL)


def numbered(statement: str) -> str:
    """The statement with ``$1``, ``$2``, ... for its question marks, except those in texts, names and comments."""
    count = 0

    def number(piece: re.Match[str]) -> str:
        nonlocal count
        if piece[0] != "?":
            return piece[0]
        count += 1
        return f"${count}"

    return _PIECES.sub(number, statement)
