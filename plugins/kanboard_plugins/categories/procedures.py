"""The procedures of the group Category. Source: spec page "categories".

A category is an object with ``id``, ``name``, ``project_id``, ``description`` (text or null; no
procedure sets it) and ``color_id`` (text or null).
"""

from __future__ import annotations

from typing import Any, Literal

from kanboard_core.arguments import Id, Scalar, Text, to_text
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.permissions import managers, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_core.validation import integer
from kanboard_plugins.categories import lifecycle
from kanboard_plugins.categories.scopes import CATEGORY


@procedure("getAllCategories", access=viewers(), effect=READS)
def get_all_categories(call: Call, project_id: Id) -> list[Row]:
    """The project's categories by name, without regard to case (ASCII); an empty array for an unknown project."""
    return lifecycle.categories_of(call.tx, project_id)


@procedure("getCategory", access=viewers(CATEGORY), effect=READS)
def get_category(call: Call, category_id: Id) -> Row | None:
    """The category of that id; null when there is none."""
    return lifecycle.find(call.tx, category_id)


@procedure("createCategory", access=managers())
def create_category(call: Call, project_id: Scalar, name: Scalar, color_id: Text = None) -> int | Literal[False]:
    """Create a category; ``color_id`` may be any text, null for no colour.

    Returns the new category's id, or false when there is no such project, or the name is null, empty, longer than 191
    characters or taken in the project (``Bug`` and ``BUG`` are one name).
    """
    project = integer(project_id)
    return (project is not None and lifecycle.create(call.tx, project, _given(name), color_id)) or False


@procedure("updateCategory", access=managers(CATEGORY.named("id")))
def update_category(call: Call, id: Scalar, name: Scalar, color_id: Text = None) -> bool:
    """Set name and colour of a category, both: a colour that is left out is taken away.

    Returns false when the name is null, empty, longer than 191 characters or taken in the project. An unknown id
    answers true to the application, if it is an integer.
    """
    category = integer(id)
    return category is not None and lifecycle.change(call.tx, category, _given(name), color_id)


@procedure("removeCategory", access=managers(CATEGORY))
def remove_category(call: Call, category_id: Id) -> bool:
    """Remove a category; its tasks have none then, without any event. Returns false when there is no such category."""
    return lifecycle.remove(call, category_id)


def _given(name: Any) -> str | None:
    """The name that was sent, None when that is nothing; false is a name, which has no characters."""
    return None if name == "" else to_text(name)
