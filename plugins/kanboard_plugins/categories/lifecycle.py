"""A category's life: it is created, changed, removed. Source: spec page "categories".

Names are unique in a project without regard to the case of ASCII letters. The table knows that on SQLite only, so
names are looked for before they are written.
"""

from __future__ import annotations

from kanboard_core.arguments import NO_ID
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.categories.models import Category
from kanboard_plugins.categories.scopes import PROJECT_OF_CATEGORY

#: in characters
LONGEST_NAME = 191

_BY_ID = Category.id == param("category_id")

_CATEGORY = statement(Category.select().where(_BY_ID))
_CATEGORIES = statement(
    Category.select().where(Category.project_id == param("project_id")).order_by(Category.name, Category.id)
)
_OTHER_OF_NAME = statement(
    Category.select(Category.id).where(
        (Category.project_id == param("project_id"))
        & (Category.name == param("name"))
        & (Category.id != param("category_id"))
    )
)
_INSERT = insertion(Category, "project_id", "name", "color_id")
_CHANGE = statement(Category.update({Category.name: param("name"), Category.color_id: param("color_id")}).where(_BY_ID))
_DELETE = statement(Category.delete().where(_BY_ID))


def find(tx: Transaction, category_id: int) -> Row | None:
    """The category, all table columns; None for an unknown id."""
    return tx.one(_CATEGORY, category_id=category_id)


def categories_of(tx: Transaction, project_id: int) -> list[Row]:
    """The project's categories by name, the case of ASCII letters left aside; empty for an unknown project."""
    return tx.all(_CATEGORIES, project_id=project_id)


def create(tx: Transaction, project_id: int, name: str | None, color_id: str | None) -> int | None:
    """Create a category; answers its id.

    None when the name is missing, too long or taken in the project, or there is no such project.
    """
    if not _is_valid(name):
        return None
    tx.lock_projects(project_id)
    if _is_taken(tx, project_id, name):
        return None
    try:
        return tx.insert(_INSERT, project_id=project_id, name=name, color_id=color_id)
    except Conflict:
        return None


def change(tx: Transaction, category_id: int, name: str | None, color_id: str | None) -> bool:
    """Write name and colour; a colour of None takes it away.

    False when the name is missing, too long or another's. An unknown category is no failure.
    """
    if not _is_valid(name):
        return False
    tx.lock_projects_of(PROJECT_OF_CATEGORY, value=category_id)
    project_id = tx.scalar(PROJECT_OF_CATEGORY, value=category_id)
    if project_id is None:
        return True
    if _is_taken(tx, project_id, name, category_id):
        return False
    try:
        tx.run(_CHANGE, category_id=category_id, name=name, color_id=color_id)
    except Conflict:
        return False
    return True


def remove(call: Call, category_id: int) -> bool:
    """Remove a category, after its tasks have let go of it. False when there is no such category."""
    call.tx.lock_projects_of(PROJECT_OF_CATEGORY, value=category_id)
    if find(call.tx, category_id) is None:
        return False
    call.server.plugins.call("category_removing", call=call, category_id=category_id)
    call.tx.run(_DELETE, category_id=category_id)
    return True


def _is_taken(tx: Transaction, project_id: int, name: str | None, category_id: int = NO_ID) -> bool:
    """Whether a category of the project other than ``category_id`` has the name."""
    return tx.scalar(_OTHER_OF_NAME, project_id=project_id, name=name, category_id=category_id) is not None


def _is_valid(name: str | None) -> bool:
    return name is not None and len(name) <= LONGEST_NAME
