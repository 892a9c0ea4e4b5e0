"""The way from a column to the project that it belongs to, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.columns.models import Column

#: the id of a column's project, given the column's id as ``value``
PROJECT_OF_COLUMN = statement(Column.select(Column.project_id).where(Column.id == param("value")))

#: the scope of procedures whose argument ``column_id`` leads to the project; an unknown column is refused
COLUMN = Scope("column_id", PROJECT_OF_COLUMN)
