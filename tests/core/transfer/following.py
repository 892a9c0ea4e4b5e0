"""Following a copy."""

from __future__ import annotations


def quietly(stage: str, done: int, total: int) -> None:
    """Tell nobody, but see that what is told makes sense."""
    assert 0 <= done <= total
