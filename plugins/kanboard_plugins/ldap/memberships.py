"""Memberships follow the directory's groups. Source: spec page "authentication", section 6."""

from __future__ import annotations

from collections.abc import Iterable

from kanboard_core.database import one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, GroupMember

_IS_OF_ACCOUNT = GroupMember.user_id == param("user_id")
_JOIN = statement(
    GroupMember.insert_from(
        Group.select(Group.id, param("user_id")).where(
            one_of(Group.external_id, "dns")
            & Group.id.not_in(GroupMember.select(GroupMember.group_id).where(_IS_OF_ACCOUNT))
        ),
        fields=[GroupMember.group_id, GroupMember.user_id],
    )
)
_LEAVE = statement(
    GroupMember.delete().where(
        _IS_OF_ACCOUNT
        & GroupMember.group_id.in_(
            Group.select(Group.id).where((Group.external_id != "") & ~one_of(Group.external_id, "dns"))
        )
    )
)


def follow(tx: Transaction, user_id: int, groups: Iterable[str]) -> None:
    """Have the account in those groups whose external id is among these DNs; groups without one don't matter.

    The row of the account must be locked.
    """
    dns = [dn for dn in groups if dn]
    tx.run(_LEAVE, user_id=user_id, dns=dns)
    if dns:
        tx.run(_JOIN, user_id=user_id, dns=dns)
