"""Events as HTML for people. Source: spec page "activity", section "event_content"."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from kanboard_core import dates, markdown
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


def _markdown(text: Any) -> Markup:
    return Markup(markdown.rendered(wording.plain(text)))  # noqa: S704


def _environment() -> jinja2.Environment:
    # What another program has left out of a payload is shown as nothing.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
    )
    environment.filters.update(plain=wording.plain, hours=wording.hours, markdown=_markdown)
    environment.globals.update(person=wording.person, task_address=task_address)
    return environment


def task_address(task_id: Any) -> str:
    """The address of a task's page, relative to the host."""
    return f"/task/{wording.plain(task_id)}"


_ENVIRONMENT = _environment()


def content(tx: Transaction, event: Mapping[str, Any], task: Mapping[str, Any]) -> str:
    """An event of the stream as an HTML fragment that is well-formed and safe to embed.

    ``event`` has the keys of the payload, ``event_name``, ``author`` and ``date_creation``; ``task`` is the payload's.
    """
    name, changes = event["event_name"], event.get("changes")
    return _ENVIRONMENT.get_template(_TEMPLATES.get(name, _PLAIN)).render(
        event=event,
        task=task,
        sentence=sentence(name, task, event["author"] or "", task_address(task.get("id"))),
        date=dates.shown(tx, event["date_creation"]),
        lines=wording.changes_in_words(tx, changes, task) if name == "task.update" else (),
        description=wording.new_description(changes, task) if name == "task.update" else "",
    )
