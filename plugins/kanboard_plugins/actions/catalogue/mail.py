"""Actions that send a task to somebody by mail. Source: spec page "actions", "E-mail content"."""

from __future__ import annotations

import re
from typing import Any

from kanboard_core.actions import Payload, Rule
from kanboard_core.arguments import to_text
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.models import User
from kanboard_plugins.actions.catalogue.daily import DailyAction, is_older
from kanboard_plugins.actions.catalogue.single_task import (
    CLOSED,
    CREATED,
    IN_COLUMN,
    MOVED_TO_COLUMN,
    PREFIX,
    TaskAction,
    of_task,
)
from kanboard_plugins.mail import task_sheet
from kanboard_plugins.mail.messages import Message, send
from kanboard_plugins.tasks.events import task_payloads

_RECIPIENT = statement(User.select(User.username, User.name, User.email).where(User.id == param("id")))

_FIELD = re.compile(r"\{\{(\w+)\}\}")


def _recipient(call: Call, rule: Rule) -> Row | None:
    """The account that mails of a rule go to; None when there is none, or it has no address."""
    user_id = rule.integer("user_id")
    found = None if user_id is None else call.tx.one(_RECIPIENT, id=user_id)
    return found if found and found["email"] else None


def _message(call: Call, recipient: Row, subject: str, task: Row) -> Message:
    name = recipient["name"] or recipient["username"]
    return Message(name, recipient["email"], subject, task_sheet.rendered(call, task))


def with_fields(subject: str, task: Row) -> str:
    """A subject with the fields of a task for ``{{field}}``; what is null or unknown stays as it is written."""

    def value(found: re.Match[str]) -> str:
        field: Any = task.get(found[1])
        return found[0] if field is None else to_text(field) or ""

    return _FIELD.sub(value, subject)


class TaskEmail(TaskAction):
    """Somebody gets a mail with a task that is in a column."""

    name = PREFIX + "TaskEmail"
    description = "Send a task by email to someone"
    events = (MOVED_TO_COLUMN, CLOSED, CREATED)
    parameters = ("column_id", "user_id", "subject")
    needs = of_task("column_id")
    where = (IN_COLUMN,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Send the task as it was when the event was raised."""
        recipient = _recipient(call, rule)
        if recipient is not None:
            task = payload["task"]
            send(call, _message(call, recipient, with_fields(rule.text("subject"), task), task))


class TaskEmailNoActivity(DailyAction):
    """Somebody gets a mail with each task that nobody has changed for more than so many days."""

    name = PREFIX + "TaskEmailNoActivity"
    description = "Send email when there is no activity on a task"
    parameters = ("user_id", "subject", "duration")

    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Tasks that weren't changed for so long."""
        return is_older(call, rule, task["date_modification"])

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Send the tasks as they are now."""
        recipient = _recipient(call, rule)
        ids = [task["id"] for task in self.concerned(call, rule, payload)]
        if recipient is not None and ids:
            tasks = task_payloads(call.tx, ids)
            found = [tasks[task_id] for task_id in ids if task_id in tasks]
            send(call, *(_message(call, recipient, rule.text("subject"), task) for task in found))


ACTIONS = (TaskEmail(), TaskEmailNoActivity())
