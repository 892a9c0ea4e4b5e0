"""Savepoints that are made when the first statement comes that needs them."""

from __future__ import annotations

from typing import ClassVar


class Savepoints:
    """Those of one transaction, one inside of the other: answers the commands that are to be sent, "" for none.

    Most savepoints are around reactions that find nothing to do, and on the other side of a network each command costs
    as much as a statement. So one that is entered is only noted. Those that are still notes when something is to be
    changed begin at the same point, which one command marks for all of them.
    """

    __slots__ = ("_depth", "_made", "_marked")

    #: whether several with the same name stay side by side; else the next one takes the place of the one before
    pile_up: ClassVar[bool] = True

    def __init__(self) -> None:
        #: how many are entered
        self._depth = 0
        #: how many of these have a point to go back to
        self._marked = 0
        #: the numbers of those that were made; the others that are marked begin where the last one before them does
        self._made: list[int] = []

    def enter(self) -> None:
        """Begin another one, inside of the others."""
        self._depth += 1

    def make(self) -> str:
        """Mark the point where those begin that were entered since: something is about to be changed."""
        if self._marked == self._depth:
            return ""
        number = self._marked + 1
        self._made.append(number)
        self._marked = self._depth
        return f"SAVEPOINT {_name(number)}"

    def meet(self) -> str:
        """The same when a command is about to be sent of which nothing is known."""
        return self.make()

    def undo(self) -> str:
        """Go back to where the innermost one begins."""
        return f"ROLLBACK TO SAVEPOINT {_name(self._made[-1])}" if self._marked == self._depth else ""

    def leave(self) -> str:
        """End the innermost one; what was done in it and not undone belongs to the one around it."""
        name = self.innermost()
        self.abandon()
        return f"RELEASE SAVEPOINT {name}" if name and self.pile_up else ""

    def abandon(self) -> None:
        """The same in a transaction that can't go on."""
        if self.innermost():
            self._made.pop()
        self._depth -= 1
        self._marked = min(self._marked, self._depth)

    def innermost(self) -> str:
        """The name of the innermost one, "" when it wasn't made."""
        return _name(self._depth) if self._made and self._made[-1] == self._depth else ""


def _name(number: int) -> str:
    return f"level_{number}"
