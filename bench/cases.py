"""What is measured: the requests of each case."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.answers import good_batch, good_call
from bench.load import Workload
from bench.seed import Address, World
from bench.settings import APPLICATION, PASSWORD, USER, basic

#: Calls in the batch.
BATCH = 100

#: How many tasks the reading cases go through.
_SPREAD = 100

#: The column of the first task in a database that is filled by SQL.
FIRST_COLUMN = 4

#: How many titles a task of the write project goes through; consecutive updates of a task then always change it.
_TITLES = 5


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of request, told by its bodies; a body is a call, or a list of calls."""

    name: str
    bodies: Callable[[World], list[Any]]
    #: Whether the calls are made by the account, not by the application.
    by_password: bool = False


def _call(method: str, **params: Any) -> dict[str, Any]:
    call: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "id": 1}
    if params:
        call["params"] = params
    return call


def _get_task(world: World) -> list[Any]:
    step = max(1, len(world.read_tasks) // _SPREAD)
    return [_call("getTask", task_id=task) for task in world.read_tasks[::step]]


def _search(world: World) -> list[Any]:
    return [_call("searchTasks", project_id=world.read_project, query="status:open 7")]


def _new_task(project_id: int) -> dict[str, Any]:
    return _call("createTask", title="Made by the measurement", project_id=project_id)


def _update_task(world: World) -> list[Any]:
    return [
        _call("updateTask", id=task, title=f"Title {number} of {task}")
        for number in range(_TITLES)
        for task in world.write_tasks
    ]


def _batch(world: World) -> list[Any]:
    tasks = world.read_tasks
    return [
        [_call("getTask", task_id=task) | {"id": number} for number, task in enumerate(tasks[start : start + BATCH])]
        for start in range(0, len(tasks) - BATCH + 1, BATCH)
    ]


# The writing cases are last: the others find the database as it was seeded.
CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("getVersion", lambda _: [_call("getVersion")]),
        Case("getTask", _get_task),
        Case("getMe", lambda _: [_call("getMe")], by_password=True),
        Case("getBoard", lambda world: [_call("getBoard", project_id=world.read_project)]),
        Case("getAllTasks", lambda world: [_call("getAllTasks", project_id=world.read_project)]),
        Case("searchTasks", _search),
        Case("batch100", _batch),
        Case("updateTask", _update_task),
        Case("createTask", lambda world: [_new_task(world.write_project)]),
    )
}


def search(project_id: int, query: str) -> Case:
    """A query over the tasks of a project."""
    return Case("searchTasks", lambda _: [_call("searchTasks", project_id=project_id, query=query)])


def create_task(project_id: int) -> Case:
    """A task that is made in a project."""
    return Case("createTask", lambda _: [_new_task(project_id)])


def move_task(project_id: int, task_id: int, one: int, other: int, swimlane_id: int) -> Case:
    """A task that is moved to and fro between two columns, of which it stands in the other."""
    fixed = {"project_id": project_id, "task_id": task_id, "position": 1, "swimlane_id": swimlane_id}
    return Case(
        "moveTaskPosition",
        lambda _: [_call("moveTaskPosition", column_id=column_id, **fixed) for column_id in (one, other)],
    )


def move(tasks: int) -> Case:
    """Moves in the first column, which has so many tasks: each by a third of it, and from its end to its beginning."""
    behind = 10 * tasks  # is the end

    def bodies(world: World) -> list[Any]:
        return [
            _call(
                "moveTaskPosition",
                project_id=world.read_project,
                task_id=task,
                column_id=FIRST_COLUMN,
                position=position,
                swimlane_id=0,
            )
            for task in world.read_tasks[:tasks:7]
            for position in (tasks // 3, tasks // 3 * 2, behind, 1)
        ]

    return Case("moveTaskPosition", bodies)


def workload(case: Case, address: Address, token: str, world: World, *, bare: bool) -> Workload:
    """The case as requests to one server; the bare one gets the same bytes and answers one object to anything."""
    bodies = case.bodies(world)
    user, password = (USER, PASSWORD) if case.by_password else (APPLICATION, token)
    good = good_batch(len(bodies[0])) if isinstance(bodies[0], list) and not bare else good_call
    requests = [_request(address, basic(user, password), body) for body in bodies]
    return Workload(address.host, address.port, requests, good)


def _request(address: Address, authorization: str, body: Any) -> bytes:
    content = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST {address.path} HTTP/1.1\r\n"
        f"Host: {address.host}:{address.port}\r\n"
        f"Authorization: {authorization}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n"
        "\r\n"
    )
    return head.encode() + content
