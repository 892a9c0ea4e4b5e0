"""What tests write and read when it doesn't matter what it is: groups, whose table needs no other one."""

from __future__ import annotations

from kanboard_core.database import insertion, param, statement
from kanboard_core.models import Group

INSERT = insertion(Group, "name", "external_id")
NAMES = statement(Group.select(Group.name).order_by(Group.id))
BY_NAME = statement(Group.select(Group.id).where(Group.name == param("name")))
RENAME = statement(Group.update({Group.name: param("name")}).where(Group.id == param("id")))
