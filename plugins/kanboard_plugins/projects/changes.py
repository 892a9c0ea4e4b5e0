"""Changing a project. None of it touches ``last_modified``, none raises an event. Source: spec page "projects"."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping
from typing import Any

from kanboard_core import dates
from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project
from kanboard_core.validation import is_empty
from kanboard_plugins.projects.fields import Refused, accepted

#: tried after the form of the settings
_DATE_FORMS = ("Y-m-d", "Y_m_d")

_SET_ACTIVE = statement(Project.update(is_active=param("is_active")).where(Project.id == param("project_id")))
_SET_PUBLIC = statement(
    Project.update(is_public=param("is_public"), token=param("token")).where(Project.id == param("project_id"))
)


def update(tx: Transaction, project_id: int, given: Mapping[str, Any]) -> bool:
    """Write the fields that a client gave, null meaning "leave it"; False for an unknown project or a broken rule.

    Dates become ``YYYY-MM-DD``. Every change resets ``per_swimlane_task_limits``, as Kanboard does.
    """
    try:
        columns = accepted(tx, given, project_id)
    except Refused:
        return False
    for column in ("start_date", "end_date"):
        if not is_empty(columns.get(column)):
            columns[column] = iso_day(tx, columns[column])
    columns["per_swimlane_task_limits"] = 0
    return tx.update(Project, project_id, columns) > 0


def iso_day(tx: Transaction, text: str) -> str:
    """The day that a text means, as ``YYYY-MM-DD``: Unix seconds, or a date in the form of the settings or ISO's.

    The day of moment 0 for what can't be understood, and for what lies before it: 1970-01-01, or the day before where
    the application's time zone lies behind UTC.
    """
    zone = dates.timezone(tx)
    first = datetime.datetime.fromtimestamp(0, zone).date()
    if text.isascii() and text.isdigit():
        day: datetime.date | None = datetime.datetime.fromtimestamp(int(text), zone).date()
    else:
        forms = (dates.date_form(tx), *_DATE_FORMS)
        day = next((found for form in forms if (found := dates.day(text, form))), None)
    return max(day or first, first).isoformat()


def set_active(tx: Transaction, project_id: int, *, active: bool) -> bool:
    """Open or close a project; False when there is none."""
    return tx.run(_SET_ACTIVE, project_id=project_id, is_active=int(active)) > 0


def set_public(tx: Transaction, project_id: int, *, public: bool) -> bool:
    """Turn public access on, with a new token each time, or off; False when there is no such project."""
    token = secrets.token_hex(30) if public else ""
    return tx.run(_SET_PUBLIC, project_id=project_id, is_public=int(public), token=token) > 0
