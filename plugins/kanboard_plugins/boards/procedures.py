"""The procedures of the group Board. Source: spec page "boards".

A swimlane of a board has all that getSwimlane answers and

* ``columns``: its columns, each with the tasks that stand there
* ``nb_swimlanes``, ``nb_columns``: how many of them the board has
* ``nb_tasks``, ``score``: the number of its tasks, open and closed, and the sum of their scores

A column in it has all that getColumn answers and

* ``tasks``: the tasks in this swimlane and column, by position
* ``nb_tasks``, ``score``: their number and the sum of their scores
* ``nb_open_tasks``, ``nb_unfiltered_tasks_across_swimlane``: how many open tasks the column has in all swimlanes
* ``column_nb_open_tasks``: the same, or only of this swimlane in projects that count so (``per_swimlane_task_limits``)
* ``nb_visible_tasks_across_swimlane``, ``cumulative_score_across_swimlane``: the number of tasks in the column of all
  active swimlanes, open and closed, and the sum of their scores

A task in it has the columns of its row without ``external_provider`` and ``external_uri``, and

* ``assignee_username``, ``assignee_name``, ``assignee_email``, ``assignee_avatar_path``: null when there is no assignee
* ``category_name``, ``category_description``, ``category_color_id``: null when it has no category
* ``column_name``, ``column_position``, ``swimlane_name``, ``project_name``
* ``tags``: objects with ``id``, ``name``, ``color_id`` and ``task_id``, by name
* ``nb_comments``, ``nb_files``, ``nb_subtasks``, ``nb_completed_subtasks``, ``nb_links``, ``nb_external_links``
* ``is_milestone``: 1, or null
* ``is_draggable``: whether the calling user may move it; always false for the application and for closed tasks
"""

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
