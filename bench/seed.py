"""The data that the cases need, made over the API itself; what is there already is used again."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.settings import API_PATH, APPLICATION, PASSWORD, USER, basic

READ_PROJECT = "BENCH1000"
READ_TASKS = 1000
WRITE_PROJECT = "BENCHWRITE"
WRITE_TASKS = 50

_CALLS_PER_BATCH = 100
_COLORS = ("yellow", "blue", "green", "purple", "red", "orange", "grey", "brown")
_DESCRIPTION = "What is to be done here takes a few sentences, as it does on a board that people work with. " * 3


class SeedError(Exception):
    """The server doesn't answer as seeding needs it."""


@dataclass(frozen=True, slots=True)
class World:
    """What the requests of the cases name."""

    read_project: int
    read_tasks: tuple[int, ...]
    write_project: int
    write_tasks: tuple[int, ...]


#: For two bare servers, which look at nothing.
IMAGINED = World(1, tuple(range(1, READ_TASKS + 1)), 2, tuple(range(READ_TASKS + 1, READ_TASKS + WRITE_TASKS + 1)))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Of a base URL, or of the complete URL of the API."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"an address like http://127.0.0.1:8080 is needed, not {url!r}")
        path = parts.path.rstrip("/")
        return cls(parts.hostname, parts.port or 80, path if path.endswith(".php") else path + API_PATH)


class Caller:
    """Calls procedures one after the other; for preparation, not for measuring."""

    def __init__(self, address: Address, user: str, password: str) -> None:
        self._address = address
        self._connection = http.client.HTTPConnection(address.host, address.port, timeout=300)
        self._headers = {"Authorization": basic(user, password), "Content-Type": "application/json"}

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, method: str, **params: Any) -> Any:
        """The result of a call."""
        answer = self._post({"jsonrpc": "2.0", "method": method, "id": 1, "params": params})
        return self._result(method, answer)

    def batch(self, method: str, calls: list[dict[str, Any]]) -> list[Any]:
        """The results of many calls of one procedure."""
        results: list[Any] = []
        for start in range(0, len(calls), _CALLS_PER_BATCH):
            part = calls[start : start + _CALLS_PER_BATCH]
            answers = self._post(
                [{"jsonrpc": "2.0", "method": method, "id": n, "params": params} for n, params in enumerate(part)]
            )
            if not isinstance(answers, list) or len(answers) != len(part):
                raise SeedError(f"{method} in a batch answered {str(answers)[:300]}")
            results += [self._result(method, answer) for answer in answers]
        return results

    def _post(self, payload: Any) -> Any:
        try:
            self._connection.request("POST", self._address.path, json.dumps(payload), self._headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise SeedError(f"{self._address.host}:{self._address.port}: {error!r}") from error
        if response.status != 200:
            raise SeedError(f"HTTP {response.status}: {body[:300].decode(errors='replace')}")
        try:
            return json.loads(body)
        except ValueError:
            raise SeedError(f"no JSON: {body[:300]!r}") from None

    @staticmethod
    def _result(method: str, answer: Any) -> Any:
        if not isinstance(answer, dict) or "result" not in answer:
            raise SeedError(f"{method} answered {str(answer)[:300]}")
        return answer["result"]


def seed(address: Address, token: str) -> World:
    """Makes what is missing, and says what there is.  Raises SeedError."""
    with Caller(address, APPLICATION, token) as api:
        user = _user(api)
        read_project = _project(api, READ_PROJECT, user)
        write_project = _project(api, WRITE_PROJECT, user)
        world = World(
            read_project,
            _tasks(api, read_project, user, READ_TASKS),
            write_project,
            _tasks(api, write_project, user, WRITE_TASKS),
        )
    with Caller(address, USER, PASSWORD) as api:
        if not api.call("getMe"):
            raise SeedError(f"getMe of {USER} is empty")
    return world


def _made(what: str, result: Any) -> int:
    if not result:
        raise SeedError(f"{what} could not be made: the answer is {json.dumps(result)}")
    return int(result)


def _user(api: Caller) -> int:
    known = api.call("getUserByName", username=USER)
    if known:
        return int(known["id"])
    return _made(f"the account {USER}", api.call("createUser", username=USER, password=PASSWORD))


def _project(api: Caller, identifier: str, user: int) -> int:
    known = api.call("getProjectByIdentifier", identifier=identifier)
    if known:
        project = int(known["id"])
    else:
        project = _made(identifier, api.call("createProject", name=identifier, identifier=identifier))
    if not api.call("getProjectUserRole", project_id=project, user_id=user):
        _made(f"the member of {identifier}", api.call("addProjectUser", project_id=project, user_id=user))
    return project


def _tasks(api: Caller, project: int, user: int, count: int) -> tuple[int, ...]:
    """The ids of the first `count` open tasks."""
    ids = sorted(int(task["id"]) for task in api.call("getAllTasks", project_id=project, status_id=1))
    columns = [int(column["id"]) for column in api.call("getColumns", project_id=project)]
    calls = [
        {
            "title": f"Task {number} of the measurement",
            "project_id": project,
            "column_id": columns[number % len(columns)],
            "owner_id": user if number % 3 else 0,
            "color_id": _COLORS[number % len(_COLORS)],
            "description": _DESCRIPTION,
            "score": number % 13,
            "priority": number % 4,
        }
        for number in range(len(ids), count)
    ]
    ids += [_made("a task", result) for result in api.batch("createTask", calls)]
    return tuple(ids[:count])
