"""What the fields of a project accept, the same at creation and at a change.

Source: spec page "projects", section "Validation rules shared by createProject and updateProject".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kanboard_core.arguments import to_id, to_text
from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project, User
from kanboard_core.validation import integer, is_empty, is_mail_address
from kanboard_plugins.projects.lookup import capitals

#: characters
LONGEST_NAME = 65535
#: characters; a longer one is no date
LONGEST_DATE = 10
#: what only one project may have; no rule of the schema says so
_UNIQUE = ("email", "identifier")

_IDENTIFIER = re.compile(r"[A-Z0-9]{1,50}\Z", re.ASCII)

_OTHER_OF_IDENTIFIER = statement(
    Project.select(Project.id).where((Project.identifier == param("identifier")) & (Project.id != param("project_id")))
)
_OTHER_OF_EMAIL = statement(
    Project.select(Project.id).where((Project.email == param("email")) & (Project.id != param("project_id")))
)
# The account stays until the project refers to it.
_USER = statement(User.select(User.id).where(User.id == param("user_id")).for_update("FOR KEY SHARE"))  # type: ignore[arg-type]


class Refused(Exception):
    """A field breaks a rule: the call answers false and nothing is written."""


def accepted(tx: Transaction, given: Mapping[str, Any], project_id: int = 0) -> dict[str, Any]:
    """The columns to write for the fields that a client gave, null meaning "not given".

    ``project_id`` is the project that is changed, 0 for a new one; it is locked, and what no other project may have is
    nobody else's until the transaction ends. Dates are taken as given. Raises Refused.
    """
    for column in _UNIQUE:
        if given.get(column) not in (None, ""):
            tx.lock_name(f"projects.{column}")
    if project_id:
        tx.lock_projects(project_id)
    return {column: _RULES[column](tx, value, project_id) for column, value in given.items() if value is not None}


def _name(tx: Transaction, value: Any, project_id: int) -> str:
    name = to_text(value) or ""
    if not name or len(name) > LONGEST_NAME:
        raise Refused
    return name


def _description(tx: Transaction, value: Any, project_id: int) -> str | None:
    return to_text(value)


def _identifier(tx: Transaction, value: Any, project_id: int) -> str:
    if value == "":
        return ""
    identifier = capitals(value)
    # The text "0" is an identifier, the numbers and flags that are empty aren't.
    if not value or not _IDENTIFIER.match(identifier):
        raise Refused
    if tx.one(_OTHER_OF_IDENTIFIER, identifier=identifier, project_id=project_id):
        raise Refused
    return identifier


def _email(tx: Transaction, value: Any, project_id: int) -> str:
    if value == "":
        return ""
    email = to_text(value) or ""
    if not is_mail_address(email) or tx.one(_OTHER_OF_EMAIL, email=email, project_id=project_id):
        raise Refused
    return email


def _owner(tx: Transaction, value: Any, project_id: int) -> int:
    if is_empty(value):
        return 0
    owner_id = to_id(value)
    if tx.one(_USER, user_id=owner_id) is None:
        raise Refused
    return owner_id


def _date(tx: Transaction, value: Any, project_id: int) -> str:
    date = to_text(value) or ""
    if len(date) > LONGEST_DATE:
        raise Refused
    return date


def _priority(tx: Transaction, value: Any, project_id: int) -> int:
    if value == "":
        return 0
    priority = integer(value)
    if priority is None:
        raise Refused
    return priority


_RULES = {
    "name": _name,
    "description": _description,
    "owner_id": _owner,
    "identifier": _identifier,
    "start_date": _date,
    "end_date": _date,
    "priority_default": _priority,
    "priority_start": _priority,
    "priority_end": _priority,
    "email": _email,
}
