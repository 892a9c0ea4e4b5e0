"""A day's work with the official Python client against a real server process, over HTTP and over HTTPS."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from kanboard import Client, ClientError
from tests.waiting import said

SERVER = Path(sys.executable).with_name("kanboard-server")

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="the command is not installed beside this Python")


class Served:
    """A server process, and clients for it."""

    def __init__(self, url: str, authority: Path | None, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._authority = authority
        self.loop = loop

    def client(self, username: str = "jsonrpc", password: str = "token", **options: Any) -> Any:
        """A client; without arguments it is the application."""
        cafile = str(self._authority) if self._authority else None
        return Client(self.url, username, password, cafile=cafile, loop=self.loop, **options)


@pytest.fixture(scope="module", params=["http", "https"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a new database."""
    home = tmp_path_factory.mktemp(request.param)
    options, cafile = [], None
    if request.param == "https":
        authority = trustme.CA()
        cafile = home / "authority.pem"
        authority.cert_pem.write_to_path(cafile)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(home / "server.pem")
        options = ["--set=server.certificate=server.pem", "--set=server.key=server.pem"]
    environment = {
        "PATH": os.environ["PATH"],
        "API_AUTHENTICATION_TOKEN": "token",
        "API_AUTHENTICATION_HEADER": "X-API-Auth",
    }
    log = home / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen([SERVER, "serve", "--port=0", *options], cwd=home, env=environment, stderr=stream)
    loop = asyncio.new_event_loop()
    try:
        yield Served(said(r"listening on (\S+)", log, process)[1], cafile, loop)
        process.terminate()
        assert process.wait(15) == 0
        told = log.read_text()
        assert "Traceback" not in told
        assert " ERROR " not in told
    finally:
        process.kill()
        process.wait(15)
        loop.close()


@pytest.fixture(params=["application", "user"])
def kanboard(request: pytest.FixtureRequest, served: Served) -> Any:
    """A client of the application, or of an account that may create projects."""
    if request.param == "application":
        return served.client()
    name = "Müller:Ü"
    served.client().create_user(username="manager", password=name, role="app-manager")
    return served.client("manager", name)


def test_a_board_from_the_first_column_to_the_last_card(kanboard: Any) -> None:
    project_id = kanboard.create_project(name="Küche", description="New kitchen")
    assert project_id > 0
    project = kanboard.get_project_by_id(project_id=project_id)
    assert (project["name"], project["description"], project["is_active"]) == ("Küche", "New kitchen", 1)

    titles = [column["title"] for column in kanboard.get_columns(project_id=project_id)]
    assert titles == ["Backlog", "Ready", "Work in progress", "Done"]
    review_id = kanboard.add_column(project_id=project_id, title="Review", task_limit=3)
    assert kanboard.change_column_position(project_id=project_id, column_id=review_id, position=4)
    columns = {column["title"]: column["id"] for column in kanboard.get_columns(project_id=project_id)}
    assert list(columns) == ["Backlog", "Ready", "Work in progress", "Review", "Done"]

    [default] = kanboard.get_active_swimlanes(project_id=project_id)
    urgent_id = kanboard.add_swimlane(project_id=project_id, name="Urgent")
    assert urgent_id not in (False, default["id"])

    sink = kanboard.create_task(title="Sink", project_id=project_id, color_id="blue", description="Steel")
    oven = kanboard.create_task(title="Oven", project_id=project_id, swimlane_id=urgent_id)
    lamp = kanboard.create_task(title="Lamp", project_id=project_id, column_id=columns["Ready"])
    assert len({sink, oven, lamp}) == 3

    assert kanboard.update_task(id=sink, title="Sink and tap", score=5)
    task = kanboard.get_task(task_id=sink)
    assert (task["title"], task["score"], task["color_id"], task["description"]) == ("Sink and tap", 5, "blue", "Steel")

    def move(task_id: int, column: str, position: int, swimlane_id: int) -> bool:
        moved: bool = kanboard.move_task_position(
            project_id=project_id,
            task_id=task_id,
            column_id=columns[column],
            position=position,
            swimlane_id=swimlane_id,
        )
        return moved

    assert move(sink, "Ready", 1, default["id"])
    assert move(oven, "Work in progress", 1, urgent_id)
    assert kanboard.close_task(task_id=oven)
    assert [task["title"] for task in kanboard.get_all_tasks(project_id=project_id, status_id=0)] == ["Oven"]
    assert kanboard.get_task(task_id=oven)["is_active"] == 0

    board = {
        (swimlane["name"], column["title"]): [(task["title"], task["is_active"]) for task in column["tasks"]]
        for swimlane in kanboard.get_board(project_id=project_id)
        for column in swimlane["columns"]
    }
    assert len(board) == 10
    assert {place: tasks for place, tasks in board.items() if tasks} == {
        (default["name"], "Ready"): [("Sink and tap", 1), ("Lamp", 1)],
        ("Urgent", "Work in progress"): [("Oven", 0)],
    }

    assert kanboard.open_task(task_id=oven)
    assert kanboard.remove_task(task_id=lamp)
    assert {task["id"] for task in kanboard.get_all_tasks(project_id=project_id)} == {sink, oven}
    assert kanboard.remove_project(project_id=project_id)


def test_many_cards_at_once(kanboard: Any, served: Served) -> None:
    project_id = kanboard.create_project(name="Many")

    async def create() -> list[Any]:
        titles = [f"Card {number}" for number in range(12)]
        return await asyncio.gather(
            *(kanboard.create_task_async(title=title, project_id=project_id) for title in titles)
        )

    created = served.loop.run_until_complete(create())
    tasks = kanboard.get_all_tasks(project_id=project_id)
    assert sorted(task["id"] for task in tasks) == sorted(created)
    assert sorted(task["position"] for task in tasks) == list(range(1, 13))


def test_the_client_is_told_what_is_wrong(kanboard: Any, served: Served) -> None:
    with pytest.raises(ClientError, match=r"^Method not found$"):
        kanboard.make_coffee()
    with pytest.raises(ClientError, match=r"^Invalid params$"):
        kanboard.create_project()
    with pytest.raises(ClientError, match="401"):
        served.client("nobody", "nothing").get_version()
    with pytest.raises(ClientError, match="403"):
        served.client().get_me()


def test_the_client_may_use_a_header_of_its_own(served: Served) -> None:
    assert served.client(auth_header="X-API-Auth").get_version() == "1.2.53"
    with pytest.raises(ClientError, match="401"):
        served.client(password="wrong", auth_header="X-API-Auth").get_version()
