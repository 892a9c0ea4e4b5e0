"""The way from a category to the project that it belongs to, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.categories.models import Category

#: the id of a category's project, given the category's id as ``value``
PROJECT_OF_CATEGORY = statement(Category.select(Category.project_id).where(Category.id == param("value")))

#: the scope of procedures whose argument ``category_id`` leads to the project; an unknown category is refused
CATEGORY = Scope("category_id", PROJECT_OF_CATEGORY)
