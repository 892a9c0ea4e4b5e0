"""The procedures of the group Tag. Source: spec page "tags".

A tag is an object with ``id``, ``name``, ``project_id`` (0: it is global, for tasks of all projects) and ``color_id``
(text or null).
"""

from __future__ import annotations

from typing import Literal

from peewee import JOIN

from kanboard_core.arguments import NO_ID, Id, Text
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, param, statement
from kanboard_core.membership import in_projects_of
from kanboard_core.models import Project
from kanboard_core.permissions import ANYONE, members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.tags import names
from kanboard_plugins.tags.models import Tag
from kanboard_plugins.tags.scopes import TAG

_ALL = statement(Tag.select())
_OF_USER = statement(
    Tag.select(Tag)
    .join(Project, JOIN.LEFT_OUTER, on=(Project.id == Tag.project_id))
    .where((Tag.project_id == 0) | ((Project.is_active == 1) & in_projects_of(Project.id, "user_id")))
)
_OF_PROJECT = statement(Tag.select().where(Tag.project_id == param("project_id")))
# Looked for first: an insert that fails uses up an id on PostgreSQL.
_NAMED = statement(Tag.select(Tag.id).where((Tag.project_id == param("project_id")) & (Tag.name == param("name"))))
_UPDATE = statement(Tag.update({Tag.name: param("name"), Tag.color_id: param("color_id")}).where(Tag.id == param("id")))
#: the project of a tag; of a global one every project
_PROJECTS_OF_TAG = statement(
    Project.select(Project.id)
    .join(Tag, on=((Tag.project_id == Project.id) | (Tag.project_id == 0)))
    .where(Tag.id == param("id"))
)
_DELETE = statement(Tag.delete().where(Tag.id == param("id")))


@procedure("getAllTags", access=ANYONE, effect=READS)
def get_all_tags(call: Call) -> list[Row]:
    """Tags by name: every one for the application and administrators, else the global ones and those of the caller's
    active projects. Equal names are in the order of their ids, else of their projects, the global ones first.
    """
    if call.caller.is_application or call.caller.is_administrator:
        return names.as_shown(call.tx.all(_ALL))
    found = call.tx.all(_OF_USER, user_id=call.caller.user_id)
    return sorted(found, key=lambda row: (row["name"], row["project_id"]))


@procedure("getTagsByProject", access=viewers(), effect=READS)
def get_tags_by_project(call: Call, project_id: Id) -> list[Row]:
    """The tags of a project by name, without the global ones (which are those of project 0)."""
    return names.as_shown(call.tx.all(_OF_PROJECT, project_id=project_id))


@procedure("createTag", access=members())
def create_tag(call: Call, project_id: Id, tag: Text, color_id: Text = None) -> int | Literal[False]:
    """Make a tag called ``tag`` in a project, in project 0 a global one; answers its id.

    ``color_id`` may be any text, null for no colour. False when the name is null or, with the same case, taken in the
    project. The project isn't looked up.
    """
    if project_id == NO_ID or tag is None:
        return False
    if call.tx.scalar(_NAMED, project_id=project_id, name=tag) is not None:
        return False
    try:
        return names.create(call.tx, project_id, tag, color_id)
    except Conflict:
        return False


@procedure("updateTag", access=members(TAG))
def update_tag(call: Call, tag_id: Id, tag: Text, color_id: Text = None) -> bool:
    """Give a tag the name ``tag`` and this colour, both: a colour that is left out is taken away.

    False when the name is null or another tag of the project has it; true whatever is sent when there is no such tag.
    """
    try:
        call.tx.run(_UPDATE, id=tag_id, name=tag, color_id=color_id)
    except Conflict:
        return False
    return True


@procedure("removeTag", access=members(TAG))
def remove_tag(call: Call, tag_id: Id) -> bool:
    """Remove a tag, also from its tasks; false when there is none."""
    call.tx.lock_projects_of(_PROJECTS_OF_TAG, id=tag_id)
    return call.tx.run(_DELETE, id=tag_id) > 0
