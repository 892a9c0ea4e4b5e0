"""The categories that every new project has. Source: spec page "projects"."""

from __future__ import annotations

from kanboard_core.database import insertion
from kanboard_core.database.transaction import Transaction
from kanboard_core.settings import entries
from kanboard_plugins.categories.models import Category

_INSERT = insertion(Category, "project_id", "name")


def add_to(tx: Transaction, project_id: int) -> None:
    """Give a new project the categories of the setting ``project_categories``, without colour, in its order.

    Of entries that differ only in the case of ASCII letters, the first counts.
    """
    by_folded: dict[bytes, str] = {}
    for name in entries(tx.setting("project_categories")):
        by_folded.setdefault(name.encode().lower(), name)  # the case of bytes is that of ASCII
    for name in by_folded.values():
        tx.insert(_INSERT, project_id=project_id, name=name)
