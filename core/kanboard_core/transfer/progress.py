"""How a copy is followed, and how it fails."""

from __future__ import annotations

from collections.abc import Callable

from kanboard_core.database.errors import DatabaseError

#: told every moment what is being done, how much of it is done and how much there is; it may raise to stop the work
Progress = Callable[[str, int, int], None]


class CopyFailed(DatabaseError):
    """Not everything can be copied; one clear sentence for the operator. Nothing is left of the copy."""
