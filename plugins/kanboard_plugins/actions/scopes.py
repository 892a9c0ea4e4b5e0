"""The way from an automatic action to the project that has it, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.actions.models import StoredRule

#: the id of the project of an action, given the action's id as ``value``
PROJECT_OF_ACTION = statement(StoredRule.select(StoredRule.project_id).where(StoredRule.id == param("value")))

#: the project of the action that the parameter ``action_id`` names; an unknown action is refused
ACTION = Scope("action_id", PROJECT_OF_ACTION)
