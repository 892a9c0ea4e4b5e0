"""Values of filters as patterns of ``like_one_of``: their ``%`` and ``_`` are wildcards. Source: spec page "search"."""

from __future__ import annotations

from collections.abc import Iterable


def containing(values: Iterable[str]) -> list[str]:
    """Patterns of the texts in which a value occurs anywhere."""
    return [f"%{value}%" for value in values]


def beginning(values: Iterable[str]) -> list[str]:
    """Patterns of the texts that begin with a value."""
    return [f"{value}%" for value in values]


def is_number(value: str) -> bool:
    """Whether a value consists of digits."""
    return value.isascii() and value.isdigit()
