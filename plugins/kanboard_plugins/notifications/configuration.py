"""The section ``[notifications]``."""

from __future__ import annotations

from kanboard_core.configuration import Option, Section

SECTION = Section(
    "notifications",
    "What people are told of.",
    (
        Option(
            "overdue",
            "projects",
            "Who is told of overdue tasks once a day. projects: whoever wants to be told, of each project apart. "
            "users: the same people, of all their projects together. managers: the managers of each project, of all "
            "its tasks. none: nobody.",
            choices=("projects", "users", "managers", "none"),
        ),
    ),
)
