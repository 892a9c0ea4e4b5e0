"""The procedures of the group Board. Source: spec page "boards"."""

from __future__ import annotations

from kanboard_core.arguments import Id
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.permissions import viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.boards import board


@procedure("getBoard", access=viewers(), effect=READS)
def get_board(call: Call, project_id: Id) -> list[Row]:
    """The project's active swimlanes, in each all its columns, in each the tasks there, open and closed.

    An empty list for an unknown project, and for one without columns or active swimlanes.
    """
    return board.board_of(call, project_id)
