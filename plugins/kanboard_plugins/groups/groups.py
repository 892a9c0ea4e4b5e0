"""Groups: their names and external ids. The table alone has rules: a name, and each name once. Spec page "groups"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from peewee import fn

from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, GroupMember

_MEMBERS = GroupMember.select(fn.COUNT(GroupMember.user_id)).where(GroupMember.group_id == Group.id)

_GROUP = statement(Group.select().where(Group.id == param("group_id")))
_GROUPS = statement(
    Group.select(Group.id, Group.name, Group.external_id, _MEMBERS.alias("nb_users")).order_by(Group.name)
)
# Looked for first: an insert that fails uses up an id on PostgreSQL.
_NAMED = statement(Group.select(Group.id).where(Group.name == param("name")))
_INSERT = insertion(Group, "name", "external_id")
_REMOVE = statement(Group.delete().where(Group.id == param("group_id")))


def group(tx: Transaction, group_id: int) -> Row | None:
    """The group: id, external_id and name; None when there is none of that id."""
    return tx.one(_GROUP, group_id=group_id)


def all_groups(tx: Transaction) -> list[Row]:
    """Every group by name (capitals before small letters), with the number of its members as ``nb_users``."""
    return tx.all(_GROUPS)


def create(tx: Transaction, name: str | None, external_id: str | None) -> int | Literal[False]:
    """Make a group; answers its id, or False when there is no name or another group has it."""
    if tx.scalar(_NAMED, name=name) is not None:
        return False
    try:
        return tx.insert(_INSERT, name=name, external_id=external_id)
    except Conflict:
        return False


def update(tx: Transaction, group_id: int, changes: Mapping[str, str]) -> bool:
    """Change name or external id. False when another group has the name; an unknown group is no failure."""
    if not changes:
        return True
    try:
        tx.update(Group, group_id, changes)
    except Conflict:
        return False
    return True


def remove(tx: Transaction, group_id: int) -> bool:
    """Remove a group with its memberships and its roles in projects. False when there is none of that id."""
    return tx.run(_REMOVE, group_id=group_id) > 0
