"""Mails about events. Source: spec page "notifications", section "E-mail"."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, Undefined
from markupsafe import Markup

from kanboard_core import dates, markdown, templates
from kanboard_core.calls import Call
from kanboard_core.events import Event
from kanboard_core.notifications import NotificationType, Recipient
from kanboard_plugins.mail import messages, task_sheet
from kanboard_plugins.mail.messages import Message
from kanboard_plugins.notifications.titles import title
from kanboard_plugins.outbox import posting
from kanboard_plugins.tasks import wording

#: templates, by event; the others say what has happened to the task and no more
_TEMPLATES = {
    "task.update": "changes.html",
    "task.assignee_change": "assignee.html",
    "task.move.column": "place.html",
    "task.move.position": "place.html",
    "task.move.swimlane": "place.html",
    "task.move.project": "place.html",
    "task.user.mention": "description.html",
    "task.overdue": "overdue.html",
    "comment.create": "comment.html",
    "comment.update": "comment.html",
    "comment.delete": "comment.html",
    "comment.user.mention": "comment.html",
    "subtask.create": "subtask.html",
    "subtask.update": "subtask.html",
    "subtask.delete": "subtask.html",
    "task.file.create": "file.html",
    "task.file.destroy": "file.html",
    "task_internal_link.create_update": "link.html",
    "task_internal_link.delete": "link.html",
}
_PLAIN = "event.html"


class EmailNotification(NotificationType):
    """Mails, from the account that calls."""

    name = "email"

    def notify(self, call: Call, recipients: Sequence[Recipient], event: Event) -> None:
        """Send a mail to each of the accounts that have an address."""
        addressed = [recipient for recipient in recipients if recipient.email]
        if not addressed or not posting.is_open(call.server, messages.KIND):
            return
        subject, html = subject_of(event), body(call, event)
        messages.send(
            call, *(Message(recipient.display_name, recipient.email or "", subject, html) for recipient in addressed)
        )


def subject_of(event: Event) -> str:
    """The subject of a mail: the project, and what has happened."""
    payload = event.payload
    project_name = payload["project_name"] if "project_name" in payload else payload["task"]["project_name"]
    return f"[{project_name}] {title(event.name, payload)}"


def body(call: Call, event: Event) -> str:
    """The HTML of a mail: the task, what has happened to it, and links if the address of Kanboard is set."""
    payload = event.payload
    task: Mapping[str, Any] = payload.get("task") or {}
    if event.name == "task.create":
        return task_sheet.rendered(call, task)
    changes = payload.get("changes")
    return (
        _environment()
        .get_template(_TEMPLATES.get(event.name, _PLAIN))
        .render(
            **{**payload, "task": task},
            event_name=event.name,
            title=title(event.name, payload),
            lines=wording.changes_in_words(call.tx, changes, task),
            new_description=wording.new_description(changes, task),
            moment=functools.partial(dates.shown, call.tx),
            links=task_sheet.links(call, task) if task else {},
            links_of=functools.partial(task_sheet.links, call),
        )
    )


def _markdown(text: Any) -> Markup:
    return Markup(markdown.rendered(text))  # noqa: S704 - safe to embed


@functools.cache
def _environment() -> Environment:
    # What another program has left out of a payload is shown as nothing; the footer is that of all mails.
    environment = templates.environment("kanboard_plugins.notifications", "kanboard_plugins.mail", undefined=Undefined)
    environment.filters.update(hours=wording.hours, markdown=_markdown)
    environment.globals.update(person=wording.person)
    return environment
