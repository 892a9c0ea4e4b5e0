"""What savepoints have sent."""

from __future__ import annotations

from kanboard_core.database.savepoints import Savepoints


def commands(savepoints: Savepoints, *steps: str) -> list[str]:
    """The commands that are to be sent while these methods are called."""
    answers = [getattr(savepoints, step)() for step in steps]
    return [answer for answer in answers if answer]
