"""The external links of a recurring task."""

from __future__ import annotations

from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.testing import Location, running


@procedure("recur", access=ANYONE)
def recur(call: Call, task_id: int, copy_id: int) -> None:
    """Say that a task is the next one of another."""
    call.server.plugins.call("task_recurred", call=call, task_id=task_id, copy_id=copy_id)


@hookimpl
def register_procedures() -> list[Procedure]:
    return [declaration(recur)]


async def test_the_next_task_has_the_same_links(database: Location, plugins: Plugins) -> None:
    recurring = guest("recurring", register_procedures=register_procedures)
    async with running(database, plugins=Plugins([*plugins, recurring])) as server:
        application = server.client()
        project = await application.createProject("One")
        for title in ("This", "Next"):
            await application.createTask(title, project)
        for title in ("b", "a"):
            await application.createExternalTaskLink(1, "http://example.org/", "related", "auto", title)
        await application.recur(1, 2)
        assert [link["title"] for link in await application.getAllExternalTaskLinks(2)] == ["a", "b"]
        assert len(await application.getAllExternalTaskLinks(1)) == 2
