"""Histories of things that stand in an order in their project: random steps, carried out by the server and on a list.

A board of a test says on a list what each step does, in the words of the page; after each step both are compared.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import strategies as st

from kanboard_core.testing import RunningServer

Row = dict[str, Any]
Step = tuple[Any, ...]
#: carries out a step; answers what the procedure answered, and the rows that there are then
CarryOut = Callable[..., Awaitable[tuple[Any, list[Row]]]]

#: which of the rows that there were so far, removed ones included
WHICH = st.integers(0, 9)
#: another program moves a row and those behind it away
GAPS = st.tuples(st.just("gap"), WHICH, st.integers(1, 4))


class Board:
    """Rows with an id and a position, as the page says that they change; a step answers what its procedure does."""

    def __init__(self, rows: list[Row], *keys: str) -> None:
        self.keys = ("id", "position", *keys)
        self.rows = [self.known(row) for row in rows]

    def known(self, row: Row) -> Row:
        """What is compared of a row."""
        return {key: row[key] for key in self.keys}

    def shown(self) -> list[Row]:
        """The rows in their order."""
        return sorted(self.rows, key=lambda row: (row["position"], row["id"]))

    def found(self, row_id: int) -> Row | None:
        """The row of an id, if it is there."""
        return next((row for row in self.rows if row["id"] == row_id), None)

    def gap(self, row_id: int, size: int) -> bool:
        """Move a row and those behind it away."""
        row = self.found(row_id)
        place = 1_000_000 if row is None else row["position"]
        for other in self.rows:
            other["position"] += size if other["position"] >= place else 0
        return True


def make_gap(server: RunningServer, table: str, project_id: int, row_id: int, size: int) -> None:
    """The same in the database."""
    server.sql(
        f"UPDATE {table} SET position = position + ? WHERE project_id = ? AND position >="
        f" (SELECT position FROM {table} other WHERE other.id = ? AND other.project_id = ?)",
        *(size, project_id, row_id, project_id),
    )


async def follow(steps: list[Step], board: Board, known: list[int], carry_out: CarryOut) -> None:
    """Carry out steps, and compare after each; ``known`` are the ids that steps name by their number."""
    for what, *arguments in steps:
        if what != "add":
            arguments[0] = known[arguments[0] % len(known)]
        answer, rows = await carry_out(what, *arguments)
        if what == "add":
            arguments.append(answer)
            if answer is not False:
                known.append(answer)
                answer = True
        assert answer is getattr(board, what)(*arguments)
        assert [board.known(row) for row in rows] == board.shown()
