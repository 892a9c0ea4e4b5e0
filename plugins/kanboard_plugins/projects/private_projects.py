"""What happens to private projects when their user goes. Source: spec pages "projects" and "users"."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project, ProjectUser

_REMOVE = statement(
    Project.delete().where(
        (Project.is_private == 1)
        & Project.id.in_(ProjectUser.select(ProjectUser.project_id).where(ProjectUser.user_id == param("user_id")))
    )
)
_CLOSE = statement(
    Project.update(is_active=0).where((Project.is_private == 1) & (Project.owner_id == param("user_id")))
)


def remove_with(tx: Transaction, user_id: int) -> None:
    """Delete the private projects in which an account has a role of its own, whichever; their tags and files stay."""
    tx.run(_REMOVE, user_id=user_id)


def close_with(tx: Transaction, user_id: int) -> None:
    """Close the private projects that an account owns."""
    tx.run(_CLOSE, user_id=user_id)
