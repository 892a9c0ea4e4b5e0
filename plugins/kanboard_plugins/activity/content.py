"""Events as HTML for people. Source: spec page "activity", section "event_content"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from kanboard_core import dates, markdown, templates
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.activity.titles import sentence
from kanboard_plugins.tasks import wording

#: templates, by event; the others show the task's title only
_TEMPLATES = {
    "task.update": "changes.html",
    "comment.create": "comment.html",
    "comment.update": "comment.html",
    "comment.delete": "comment.html",
    "subtask.create": "subtask.html",
    "subtask.update": "subtask.html",
    "subtask.delete": "subtask.html",
    "task.file.create": "file.html",
    "task.file.destroy": "file.html",
    "task_internal_link.create_update": "link.html",
    "task_internal_link.delete": "link.html",
}
_PLAIN = "event.html"

#: characters of Markdown that are rendered for one answer; the texts that come after are shown as they were written
MARKDOWN = 20_000


def _environment() -> jinja2.Environment:
    # What another program has left out of a payload is shown as nothing.
    environment = templates.environment("kanboard_plugins.activity", undefined=jinja2.ChainableUndefined)
    environment.filters.update(plain=wording.plain, hours=wording.hours)
    environment.globals.update(person=wording.person, task_address=task_address)
    return environment


def task_address(task_id: Any) -> str:
    """The address of a task's page, relative to the host."""
    return f"/task/{wording.plain(task_id)}"


_ENVIRONMENT = _environment()


class Rendering:
    """Renders the events of one answer."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._left = MARKDOWN

    def content(self, event: Mapping[str, Any], task: Mapping[str, Any]) -> str:
        """An event of the stream as an HTML fragment that is well-formed and safe to embed.

        ``event`` has the keys of the payload, ``event_name``, ``author`` and ``date_creation``; ``task`` is the
        payload's.
        """
        name, changes = event["event_name"], event.get("changes")
        return _ENVIRONMENT.get_template(_TEMPLATES.get(name, _PLAIN)).render(
            event=event,
            task=task,
            sentence=sentence(name, task, event["author"] or "", task_address(task.get("id"))),
            date=dates.shown(self._tx, event["date_creation"]),
            lines=wording.changes_in_words(self._tx, changes, task) if name == "task.update" else (),
            description=wording.new_description(changes, task) if name == "task.update" else "",
            markdown=self._markdown,
        )

    def _markdown(self, value: Any) -> Markup:
        text = wording.plain(value)
        shown = markdown.rendered(text, longest=min(self._left, markdown.LONGEST))
        self._left = max(0, self._left - len(text))
        return Markup(shown)  # noqa: S704 - safe to embed
