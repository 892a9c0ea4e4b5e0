"""Who is in which group. Source: spec page "groups"."""

from __future__ import annotations

from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, GroupMember, User
from kanboard_plugins.users.fields import USER_FIELDS

_MEMBERSHIP = (GroupMember.group_id == param("group_id")) & (GroupMember.user_id == param("user_id"))

_MEMBERS = statement(
    GroupMember.select(GroupMember.group_id, GroupMember.user_id, *USER_FIELDS)
    .join(User, on=(User.id == GroupMember.user_id))
    .where(GroupMember.group_id == param("group_id"))
    .order_by(GroupMember.user_id)
)
_GROUPS = statement(
    Group.select()
    .join(GroupMember, on=(GroupMember.group_id == Group.id))
    .where(GroupMember.user_id == param("user_id"))
    .order_by(Group.name)
)
_IS_MEMBER = statement(GroupMember.select(GroupMember.user_id).where(_MEMBERSHIP))
_INSERT = insertion(GroupMember, "group_id", "user_id")
_REMOVE = statement(GroupMember.delete().where(_MEMBERSHIP))


def members(tx: Transaction, group_id: int) -> list[Row]:
    """The group's accounts by ascending id: ``group_id``, ``user_id`` and every column of the account."""
    return tx.all(_MEMBERS, group_id=group_id)


def groups_of(tx: Transaction, user_id: int) -> list[Row]:
    """The account's groups by name: id, external_id and name."""
    return tx.all(_GROUPS, user_id=user_id)


def is_member(tx: Transaction, group_id: int, user_id: int) -> bool:
    """Whether the account is in the group."""
    return tx.scalar(_IS_MEMBER, group_id=group_id, user_id=user_id) is not None


def add(tx: Transaction, group_id: int, user_id: int) -> bool:
    """Put the account into the group. False when it is in it already, or there is no such account or group."""
    try:
        tx.insert(_INSERT, group_id=group_id, user_id=user_id)
    except Conflict:
        return False
    return True


def remove(tx: Transaction, group_id: int, user_id: int) -> bool:
    """Take the account out of the group. False when it wasn't in it."""
    return tx.run(_REMOVE, group_id=group_id, user_id=user_id) > 0
