"""The procedures of the groups Group and GroupMember, open to the application and to administrators.

Source: spec page "groups".
"""

from __future__ import annotations

from typing import Literal

from kanboard_core.arguments import Id, Text
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.permissions import ADMINISTRATORS
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.groups import groups, membership


@procedure("createGroup", access=ADMINISTRATORS)
def create_group(call: Call, name: Text, external_id: Text = "") -> int | Literal[False]:
    """Make a group; ``external_id`` is its name in a directory, if it has one.

    Returns the new id; false when the name is null or another group's. Names are compared exactly and may be empty.
    """
    return groups.create(call.tx, name, external_id)


@procedure("updateGroup", access=ADMINISTRATORS)
def update_group(call: Call, group_id: Id, name: Text = None, external_id: Text = None) -> bool:
    """Change a group's name or external id; what is null stays.

    Returns true, also for an unknown id; false when the name is another group's.
    """
    given = {"name": name, "external_id": external_id}
    return groups.update(call.tx, group_id, {field: value for field, value in given.items() if value is not None})


@procedure("removeGroup", access=ADMINISTRATORS)
def remove_group(call: Call, group_id: Id) -> bool:
    """Remove a group with its memberships and its roles in projects. Returns false when there is none of that id."""
    return groups.remove(call.tx, group_id)


@procedure("getGroup", access=ADMINISTRATORS, effect=READS)
def get_group(call: Call, group_id: Id) -> Row | None:
    """The group: ``id``, ``external_id`` (text or null) and ``name``; null when there is none of that id."""
    return groups.group(call.tx, group_id)


@procedure("getAllGroups", access=ADMINISTRATORS, effect=READS)
def get_all_groups(call: Call) -> list[Row]:
    """Every group by name, as getGroup answers it, with ``nb_users``: how many accounts are in it, also disabled."""
    return groups.all_groups(call.tx)


@procedure("getMemberGroups", access=ADMINISTRATORS, effect=READS)
def get_member_groups(call: Call, user_id: Id) -> list[Row]:
    """The groups that an account is in, as getGroup answers them, by name."""
    return membership.groups_of(call.tx, user_id)


@procedure("getGroupMembers", access=ADMINISTRATORS, effect=READS)
def get_group_members(call: Call, group_id: Id) -> list[Row]:
    """The accounts of a group by ascending id: ``group_id``, ``user_id`` and all that getUser answers."""
    return membership.members(call.tx, group_id)


@procedure("addGroupMember", access=ADMINISTRATORS)
def add_group_member(call: Call, group_id: Id, user_id: Id) -> bool:
    """Put an account into a group. Returns false when it is in it already, or one of the two doesn't exist."""
    return membership.add(call.tx, group_id, user_id)


@procedure("removeGroupMember", access=ADMINISTRATORS)
def remove_group_member(call: Call, group_id: Id, user_id: Id) -> bool:
    """Take an account out of a group. Returns false when it wasn't in it."""
    return membership.remove(call.tx, group_id, user_id)


@procedure("isGroupMember", access=ADMINISTRATORS, effect=READS)
def is_group_member(call: Call, group_id: Id, user_id: Id) -> bool:
    """Whether an account is in a group."""
    return membership.is_member(call.tx, group_id, user_id)
