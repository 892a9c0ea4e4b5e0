"""The procedures of the activity stream. Source: spec page "activity".

An event is an object with

* ``id``, ``date_creation`` (Unix seconds), ``event_name``
* ``project_id``, ``task_id``: where it happened; rows stay in their project when a task leaves it
* ``creator_id``, ``author_username``, ``author_name``, ``email``, ``avatar_path``: who did it, as they are called now
* ``author``: the author's name, or user name
* ``task``, and ``comment``, ``subtask``, ``file``, ``task_link`` and ``changes`` where it is about them, and for moves
  ``position``, ``column_id``, ``swimlane_id``, ``src_column_id``, ``dst_column_id``, ``date_moved``,
  ``recurrence_status`` and ``recurrence_trigger``: as they were then
* ``event_title``: a sentence, plain text, not escaped
* ``event_content``: HTML

Of ``event_content`` this much is stable: it is well-formed, and safe to embed, with all texts of people escaped and
Markdown rendered without HTML of its own. It is a ``p`` of the class ``activity-title`` with a sentence and, in a
``small`` of the class ``activity-date``, date and time; then a ``div`` of the class ``activity-description``, which
begins with a ``p`` of the class ``activity-task-title``. Wording, white space, addresses of links, the form of dates
and what else is in the ``div`` may change with any release.

Events about comments that the caller doesn't see are left out after the newest events were taken, so there may be fewer
although older ones exist. What the application does leaves none, and the events of a task go with it.
"""

from __future__ import annotations

from kanboard_core.arguments import Id, Ids
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.permissions import PROJECTS, USERS, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.activity import stream


@procedure("getProjectActivity", access=viewers(), effect=READS)
def get_project_activity(call: Call, project_id: Id) -> list[Row]:
    """The newest 50 events of a project, open or closed, the newest first; an empty list for an unknown one."""
    return stream.of_project(call, project_id)


@procedure("getProjectActivities", access=viewers(PROJECTS), effect=READS)
def get_project_activities(call: Call, project_ids: Ids) -> list[Row]:
    """The newest 50 events of several projects together, the newest first.

    An empty list for no project. An account must have a role in every one of them.
    """
    return stream.of_projects(call, project_ids)


@procedure("getMyActivityStream", access=USERS, effect=READS)
def get_my_activity_stream(call: Call) -> list[Row]:
    """The newest 100 events of all open projects in which the caller has a role, the newest first."""
    return stream.of_caller(call)
