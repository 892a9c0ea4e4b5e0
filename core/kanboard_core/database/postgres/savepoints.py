"""Savepoints on PostgreSQL."""

from __future__ import annotations

from kanboard_core.database.savepoints import Savepoints

_STATEMENT = "statement"


class PostgresSavepoints(Savepoints):
    """Those of one transaction, and one more, called ``statement``, before a statement that may be undone alone.

    What is no longer needed is released together with the command that makes the next one.
    """

    __slots__ = ("_over",)

    def __init__(self) -> None:
        super().__init__()
        #: the one that is no longer needed, with those that were made after it; "" for none
        self._over = ""

    @property
    def guarded(self) -> bool:
        """Whether the last one is that before a statement."""
        return self._over == _STATEMENT

    def guard(self) -> str:
        """Make the one before the next statement."""
        command = self._instead(f"SAVEPOINT {_STATEMENT}")
        self._over = _STATEMENT
        return command

    def make(self) -> str:
        """Mark the point where those begin that were entered since."""
        command = super().make()
        return self._instead(command) if command else ""

    def meet(self) -> str:
        """The same; which of those that are no longer needed are still there afterwards nobody knows."""
        self._over = ""
        return self.make()

    def undo(self) -> str:
        """Go back to where the innermost one begins, which forgets those that were made after it."""
        command = super().undo()
        if command:
            self._over = ""
        return command

    def leave(self) -> str:
        """End the innermost one. No command: that can wait."""
        name = self.innermost()
        self.abandon()
        self._over = name or self._over
        return ""

    def _instead(self, command: str) -> str:
        """A command, behind the one that releases what is no longer needed."""
        over, self._over = self._over, ""
        return f"RELEASE SAVEPOINT {over}; {command}" if over else command
