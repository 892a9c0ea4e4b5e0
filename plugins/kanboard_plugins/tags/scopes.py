"""The way from a tag to its project, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.tags.models import Tag

#: the project of the tag that the parameter ``tag_id`` names; an unknown tag isn't checked, a global one has no project
TAG = Scope("tag_id", statement(Tag.select(Tag.project_id).where(Tag.id == param("value"))), unknown="unchecked")
