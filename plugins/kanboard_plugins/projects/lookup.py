"""Finding projects by what identifies them, for answers and for access rules. Source: spec page "projects"."""

from __future__ import annotations

import string
from typing import Any

from kanboard_core.arguments import to_text
from kanboard_core.database import Statement, param, statement
from kanboard_core.models import Project
from kanboard_core.permissions import Scope

_CAPITALS = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def capitals(value: Any) -> str:
    """An identifier as it is stored: ASCII letters as capitals, others as they are; "" for null and the number 0."""
    return (to_text(value or "") or "").translate(_CAPITALS)


#: several projects may have one name: the oldest counts
_NAMED = Project.name == param("value")
#: many projects have no identifier or no address
_IDENTIFIED = (Project.identifier == param("value")) & (Project.identifier != "")
_ADDRESSED = (Project.email == param("value")) & (Project.email != "")


def _row(condition: Any) -> Statement:
    return statement(Project.select().where(condition).order_by(Project.id).limit(1))


def _id(condition: Any) -> Statement:
    return statement(Project.select(Project.id).where(condition).order_by(Project.id).limit(1))


PROJECT_BY_ID = statement(Project.select().where(Project.id == param("id")))
PROJECT_BY_NAME = _row(_NAMED)
PROJECT_BY_IDENTIFIER = _row(_IDENTIFIED)
PROJECT_BY_EMAIL = _row(_ADDRESSED)
#: bytewise, capitals before small letters
ALL_PROJECTS = statement(Project.select().order_by(Project.name, Project.id))

NAME = Scope("name", _id(_NAMED), convert=to_text, unknown="false")
IDENTIFIER = Scope("identifier", _id(_IDENTIFIED), convert=capitals, unknown="false")
EMAIL = Scope("email", _id(_ADDRESSED), convert=to_text, unknown="false")
