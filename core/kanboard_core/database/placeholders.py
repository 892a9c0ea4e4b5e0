"""SQL that was written with ``?`` for its values, as another engine wants it."""

from __future__ import annotations

import re
from collections.abc import Callable

# What may hold a question mark that stands for no value: texts, names, comments. The last one does.
_PIECES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\?", re.DOTALL)


def replaced(statement: str, place: Callable[[int], str]) -> str:
    """The statement with something else for its question marks, except those in texts, names and comments.

    ``place(number)`` is what stands for the value with this number, counted from 1.
    """
    count = 0

    def spelled(piece: re.Match[str]) -> str:
        nonlocal count
        if piece[0] != "?":
            return piece[0]
        count += 1
        return place(count)

    return _PIECES.sub(spelled, statement)
