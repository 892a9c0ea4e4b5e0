"""A task as mails show it. Source: spec page "actions", "E-mail content"."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from kanboard_core import dates, templates
from kanboard_core.calls import Call
from kanboard_core.markdown import rendered as markdown


def rendered(call: Call, task: Mapping[str, Any]) -> str:
    """The HTML of a task: heading, list of what is known of it, description, links.

    ``task``: the member ``task`` of the payload of an event (spec page "events"). Nothing in it is trusted. Dates are
    those of the application's time zone, in its forms.
    """
    return (
        _environment()
        .get_template("task_sheet.html")
        .render(
            task=task,
            moment=functools.partial(dates.shown, call.tx),
            description=Markup(markdown(task["description"])),  # noqa: S704 - safe to embed
            links=links(call, task),
        )
    )


def links(call: Call, task: Mapping[str, Any]) -> dict[str, str]:
    """The addresses of a task and of its board, as ``task`` and ``board``; none when no address of Kanboard is set.

    The address that the request was sent to doesn't count: it is the client's word.
    """
    base = call.server.base_url or call.tx.setting("application_url")
    if not base:
        return {}
    base = base.rstrip("/")
    return {"task": f"{base}/task/{task['id']}", "board": f"{base}/board/{task['project_id']}"}


@functools.cache
def _environment() -> Environment:
    return templates.environment("kanboard_plugins.mail")
