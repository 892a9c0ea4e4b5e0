"""The way from a category to the project that it belongs to, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.categories.models import Category

#: the scope of procedures whose argument ``category_id`` leads to the project; an unknown category is refused
CATEGORY = Scope("category_id", statement(Category.select(Category.project_id).where(Category.id == param("value"))))
