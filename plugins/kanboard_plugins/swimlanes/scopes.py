"""The way from a swimlane to the project that it belongs to, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.swimlanes.models import Swimlane

#: the scope of procedures whose argument ``swimlane_id`` leads to the project; an unknown swimlane is refused
SWIMLANE = Scope("swimlane_id", statement(Swimlane.select(Swimlane.project_id).where(Swimlane.id == param("value"))))
