"""The addresses of a project's pages. Source: spec page "projects", section "The `url` object"."""

from __future__ import annotations

from collections.abc import Iterable

from kanboard_core.calls import Call
from kanboard_core.database import Row


def urls_of(base: str, project: Row) -> dict[str, str]:
    """The pages of a project by name: the board and the list, and the public ones while public access is on.

    ``base`` is what they begin with, with its closing slash.
    """
    urls = {"board": f"{base}board/{project['id']}", "list": f"{base}list/{project['id']}"}
    token = project["token"]
    if project["is_public"] and token:
        urls["public_board"] = f"{base}public/board/{token}"
        urls["rss_feed"] = f"{base}feed/project/{token}"
        urls["ical_feed"] = f"{base}ical/project/{token}"
    return urls


def with_urls(call: Call, projects: Iterable[Row]) -> list[Row]:
    """Project objects as they are on the wire: all columns, and ``url``."""
    base = call.base_url
    return [{**project, "url": urls_of(base, project)} for project in projects]


def with_url(call: Call, project: Row | None) -> Row | None:
    """A project object as it is on the wire; None for None."""
    return None if project is None else {**project, "url": urls_of(call.base_url, project)}
