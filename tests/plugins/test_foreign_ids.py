"""Ids of another project's things, sent by someone who manages a project of their own.

They lead to nothing and change nothing, whatever the procedure and whichever of its ids they are, except where the
pages say so. The procedures are those of the registry, so that a new one is covered without a line here.
"""

from __future__ import annotations

import base64
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.plugins import furnished
from tests.plugins.conftest import Undoing
from tests.plugins.test_roles import argument, procedures

from kanboard_core.database.transaction import Transaction
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Procedure
from kanboard_core.testing import Client, RunningServer, running

# What belongs where is found by statements, and these are tested on every engine.
pytestmark = pytest.mark.sqlite

#: stands in everything of the project 2
SECRET = "Nobody's business"
ENCODED = base64.b64encode(SECRET.encode()).decode()

#: what each id of the own project, 1, becomes to name the same of the project 2
FOREIGN = {
    "action_id": 2,
    "category_id": 2,
    "column_id": 5,
    "comment_id": 2,
    "file_id": 2,
    "opposite_task_id": 2,
    "project_id": 2,
    "subtask_id": 2,
    "swimlane_id": 2,
    "tag_id": 2,
    "task_id": 2,
    "task_link_id": 2,
}
#: what ``id`` and ``link_id`` stand for
NAMED_OTHERWISE = {
    "updateCategory": {"id": 2},
    "updateComment": {"id": 2},
    "updateSubtask": {"id": 2},
    "updateTask": {"id": 2},
    **{f"{verb}ExternalTaskLink": {"link_id": 2} for verb in ("update", "remove")},
    "getExternalTaskLinkById": {"link_id": 2},
}

#: what is shown of a thing of the project 2, by table; the column that leads there
SHOWN = {
    "projects": ("id", "name, description"),
    "tasks": ("project_id", "title, description, reference"),
    "columns": ("project_id", "title, description"),
    "swimlanes": ("project_id", "name, description"),
    "project_has_categories": ("project_id", "name, description"),
    "tags": ("project_id", "name"),
    "project_has_files": ("project_id", "name"),
    "project_has_metadata": ("project_id", "value"),
    "project_has_roles": ("project_id", "role"),
    "comments": ("task_id", "comment, reference"),
    "subtasks": ("task_id", "title"),
    "task_has_files": ("task_id", "name"),
    "task_has_metadata": ("task_id", "value"),
    "task_has_external_links": ("task_id", "title, url"),
    "project_activities": ("project_id", "data"),
}

#: shown of the own project after each call: what a foreign id could have come into
LOOKS: list[tuple[str, list[Any]]] = [
    ("getBoard", [1]),
    ("getAllTasks", [1]),
    ("getTask", [1]),
    ("getTaskTags", [1]),
    ("getAllComments", [1]),
    ("getAllSubtasks", [1]),
    ("getAllTaskLinks", [1]),
    ("getAllExternalTaskLinks", [1]),
    ("getAllTaskFiles", [1]),
    ("getAllProjectFiles", [1]),
    ("getColumns", [1]),
    ("getAllCategories", [1]),
    ("getAllTags", []),
    ("getActions", [1]),
]

#: spec page "tasks", section 4: that a category is the project's isn't checked, and boards show it with the task
SHOWS_MORE = {
    "createTask": {"category_id"},
    "updateTask": {"category_id"},
}


class Rows:
    """The rows of the project 2, as each transaction has left them."""

    def __init__(self) -> None:
        self.seen: list[list[Any]] = []
        self._queries: list[str] = []

    def look(self, tx: Transaction) -> None:
        """Keep them."""
        self._queries = self._queries or list(_queries(tx))
        self.seen.append([tx.sql(query) for query in self._queries])


def _queries(tx: Transaction) -> Iterator[str]:
    found = tx.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    for (table,) in sorted(found):
        columns = [row[1] for row in tx.sql(f"PRAGMA table_info('{table}')")]
        ways = [name for name in ("project_id", "task_id", "opposite_task_id", "subtask_id") if name in columns]
        if table == "projects":
            ways = ["id"]
        if ways:
            yield f"SELECT * FROM {table} WHERE {' OR '.join(f'{way} = 2' for way in ways)} ORDER BY 1, 2"


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
async def server(
    furnished_database: Path, tmp_path: Path, plugins: Plugins, undoing: Undoing, rows: Rows
) -> AsyncIterator[RunningServer]:
    """A server that undoes what it writes. The project 1 is bob's, the project 2 eve's, and keeps a secret."""
    path = Path(shutil.copyfile(furnished_database, tmp_path / "furnished.sqlite"))
    async with running(path, plugins=plugins) as server:
        for table, (way, columns) in SHOWN.items():
            for column in columns.split(", "):
                server.sql(f"UPDATE {table} SET {column} = ? || coalesce({column}, '') WHERE {way} = 2", SECRET)
        for kind in ("project", "task"):
            key = f"{kind}s/2/secret"
            server.sql(f"UPDATE {kind}_has_files SET path = ? WHERE {kind}_id = 2", key)
            (server.files / key).parent.mkdir(parents=True)
            (server.files / key).write_text(SECRET)
        # The furnished links lead from project to project.
        for link, opposite in ((1, 3), (2, 2), (3, 1)):
            server.sql("UPDATE task_has_links SET opposite_task_id = ? WHERE id = ?", opposite, link)
        undoing(server, rows.look)
        yield server


@pytest.fixture
def bob(server: RunningServer) -> Client:
    return server.client("bob", furnished.TOKEN)


def foreign_ids(procedure: Procedure) -> dict[str, int]:
    """The parameters that name something of a project, and what they are for the project 2."""
    known = FOREIGN | NAMED_OTHERWISE.get(procedure.name, {})
    return {parameter.name: known[parameter.name] for parameter in procedure.parameters.all if parameter.name in known}


def calls_of(procedure: Procedure) -> Iterator[tuple[set[str], dict[str, Any]]]:
    """A call for each choice of parameters that are foreign."""
    foreign = foreign_ids(procedure)
    own = {
        parameter.name: argument(parameter)
        for parameter in procedure.parameters.all
        if parameter.required or parameter.name in foreign
    }
    if procedure.name == "createComment":
        own["user_id"] = 2
    for count in range(len(foreign) + 1):
        for chosen in itertools.combinations(foreign, count):
            yield set(chosen), own | {name: foreign[name] for name in chosen}


def message(server: RunningServer, procedure: Procedure, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """The call, and a look at what the own project shows then, in one transaction."""
    looks = [(name, sent) for name, sent in LOOKS if server.server.registry.find(name) is not None]
    return [
        {"jsonrpc": "2.0", "method": name, "params": sent, "id": number}
        for number, (name, sent) in enumerate([(procedure.name, arguments), *looks])
    ]


async def test_they_show_and_change_nothing(server: RunningServer, bob: Client, rows: Rows) -> None:
    shown, changed, failed, tried = [], [], [], 0
    await bob.setTaskTags(1, 1, [])
    before = rows.seen[0]
    for procedure in procedures(server):
        for chosen, arguments in calls_of(procedure):
            rows.seen.clear()
            _, answer = await bob.send(message(server, procedure, arguments))
            told = json.dumps(answer)
            if (SECRET in told or ENCODED in told) and not chosen & SHOWS_MORE.get(procedure.name, set()):
                shown.append((procedure.name, chosen))
            if any(left != before for left in rows.seen):
                changed.append((procedure.name, chosen))
            if "-32603" in told:
                failed.append((procedure.name, chosen))
            tried += bool(chosen)
    assert (shown, changed, failed) == ([], [], [])
    assert tried > 100


async def test_whoever_may_see_them_finds_them_by_the_same_calls(server: RunningServer) -> None:
    """What the test above looks for is there to be found."""
    server.sql("UPDATE users SET api_access_token = ? WHERE id = 3", furnished.TOKEN)
    eve = server.client("eve", furnished.TOKEN)
    telling = set()
    for procedure in procedures(server):
        *_, (_, arguments) = calls_of(procedure)
        _, answer = await eve.send(message(server, procedure, arguments)[0])
        if SECRET in json.dumps(answer) or ENCODED in json.dumps(answer):
            telling.add(procedure.name)
    things = ("Category", "Column", "Comment", "ExternalTaskLinkById", "ProjectFile", "Subtask", "Swimlane", "Task")
    assert telling >= {f"get{thing}" for thing in (*things, "TaskFile", "TaskTags")}
    assert telling >= {"downloadProjectFile", "downloadTaskFile", "getBoard"}
