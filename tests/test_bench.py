"""The load generator: what it reads, what it counts, what it computes.  Nothing here depends on speed."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bench import actions, boards, changes, guesses, searches
from bench.__main__ import main
from bench.answers import Answer, AnswerReader, MalformedAnswerError, good_batch, good_call
from bench.boards import Cost
from bench.cases import CASES, create_task, move, move_task, workload
from bench.comparison import Ratio, percentile, performance, ratio
from bench.filling import make_projects
from bench.load import Slice, Workload, run_slice
from bench.report import table
from bench.seed import IMAGINED, Address, SeedError, World, seed
from bench.server import Server, ServerError, bare_server
from bench.study import Verdict

from kanboard_core.testing import running

GOOD = b'{"jsonrpc":"2.0","result":true,"id":1}'


def with_length(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0a;x=y\r\n0123456789\r\n0\r\n"


class TestAnswerReader:
    def test_content_length(self) -> None:
        assert AnswerReader().feed(with_length(b"abc")) == Answer(200, b"abc", True)

    def test_several_answers_on_one_connection(self) -> None:
        reader = AnswerReader()
        for body in (b"abc", b"", b"abcd", CHUNKED):
            assert reader.feed(with_length(body)) == Answer(200, body, True)

    @pytest.mark.parametrize("end", [b"\r\n", b"X-Trailer: 1\r\n\r\n"], ids=["plain", "trailers"])
    def test_chunked(self, end: bytes) -> None:
        reader = AnswerReader()
        for _ in range(2):
            assert reader.feed(CHUNKED + end) == Answer(200, b"abc0123456789", True)

    @pytest.mark.parametrize("data", [with_length(b"abc"), CHUNKED + b"\r\n"], ids=["length", "chunked"])
    def test_byte_by_byte(self, data: bytes) -> None:
        reader = AnswerReader()
        answers = [reader.feed(data[position : position + 1]) for position in range(len(data))]
        assert answers[-1] is not None
        assert not any(answers[:-1])

    def test_end_of_connection_ends_a_body_without_length(self) -> None:
        reader = AnswerReader()
        assert reader.feed(b"HTTP/1.0 200 OK\r\n\r\nabc") is None
        assert reader.finish() == Answer(200, b"abc", False)

    def test_a_cut_answer_is_none(self) -> None:
        reader = AnswerReader()
        assert reader.feed(with_length(b"abc")[:-1]) is None
        assert reader.finish() is None

    def test_connection_close(self) -> None:
        answer = AnswerReader().feed(with_length(b"abc", more="Connection: close\r\n"))
        assert answer == Answer(200, b"abc", False)

    @pytest.mark.parametrize(
        "data",
        [
            b"SSH-2.0\r\n\r\n",
            with_length(b"abc") + b"d",
            CHUNKED + b"\r\nHTTP/1.1",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        ],
    )
    def test_malformed(self, data: bytes) -> None:
        with pytest.raises(MalformedAnswerError):
            AnswerReader().feed(data)


class TestGood:
    def test_call(self) -> None:
        assert good_call(GOOD)

    @pytest.mark.parametrize("result", ["false", "null", "[]", "0"])
    def test_empty_result(self, result: str) -> None:
        assert not good_call(f'{{"jsonrpc":"2.0","result":{result},"id":1}}'.encode())

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":{"code":-32603},"id":1}'])
    def test_bad(self, body: bytes) -> None:
        assert not good_call(body)

    def test_batch(self) -> None:
        assert good_batch(2)(b"[%b,%b]" % (GOOD, GOOD))
        assert not good_batch(2)(b"[%b]" % GOOD)
        assert not good_batch(2)(b'[%b,{"result":null}]' % GOOD)
        assert not good_batch(2)(GOOD)


def run_against(*answers: bytes, requests: int = 1, close: bool = False) -> tuple[Slice, Workload]:
    """A slice against a server that gives these answers in turn, the last one for ever.

    It is added up of several ones when it ends before the last answer was given three times.
    """

    async def run() -> tuple[Slice, Workload]:
        waiting = list(answers)
        total = Slice()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while await reader.read(1000):
                    writer.write(waiting.pop(0) if len(waiting) > 1 else waiting[0])
                    if close:
                        break
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            work = Workload("127.0.0.1", port, [b"x"] * requests, good_call)
            while total.good + total.bad < len(answers) + 2:
                part = await run_slice(work, 2, 0.05)
                total.rate += part.rate
                total.good += part.good
                total.bad += part.bad
                total.latencies += part.latencies
            return total, work

    return asyncio.run(run())


class TestSlice:
    def test_good_answers(self) -> None:
        result, work = run_against(with_length(GOOD), requests=3)
        assert result.good == len(result.latencies) > 0
        assert result.bad == 0
        assert result.rate > 0
        assert work.complaint == ""

    def test_bad_answers_are_counted(self) -> None:
        bad = with_length(b'{"jsonrpc":"2.0","result":false,"id":1}')
        result, work = run_against(bad, with_length(GOOD, "503 Busy"), with_length(GOOD))
        assert result.bad == 2
        assert result.good > 0
        assert "false" in work.complaint

    def test_a_known_answer_with_another_status_is_bad(self) -> None:
        result, _ = run_against(with_length(GOOD), with_length(GOOD), with_length(GOOD, "500 No"), with_length(GOOD))
        assert result.bad == 1

    def test_a_server_that_closes_is_connected_to_again(self) -> None:
        result, _ = run_against(with_length(GOOD, more="Connection: close\r\n"), close=True)
        assert result.good > 2
        assert result.bad == 0

    def test_a_lost_connection_is_bad(self) -> None:
        result, work = run_against(with_length(GOOD)[:-1], close=True)
        assert result.good == 0
        assert result.bad > 0
        assert "connection lost" in work.complaint

    def test_malformed_answers_are_bad(self) -> None:
        result, work = run_against(b"SSH-2.0\r\n\r\n", with_length(GOOD))
        assert result.bad == 1
        assert result.good > 0
        assert "no HTTP answer" in work.complaint


class TestNumbers:
    def test_ratio(self) -> None:
        assert ratio([10, 30, 20], [10, 10, 10]) == Ratio(2.0, 1.0, 3.0)

    def test_ratio_is_taken_round_by_round(self) -> None:
        assert ratio([10, 100], [5, 50]) == Ratio(2.0, 2.0, 2.0)

    def test_ratio_without_answers(self) -> None:
        assert ratio([0, 10], [10, 5]) == Ratio(2.0, 2.0, 2.0)
        assert ratio([0], [10]) is None

    def test_percentile(self) -> None:
        assert percentile([1, 2, 3, 4], 0.5) == 2
        assert percentile(list(range(1, 101)), 0.99) == 99
        assert percentile([5], 0.99) == 5
        assert percentile([], 0.5) is None

    def test_performance(self) -> None:
        total = performance([Slice(10, 1, 2, [0.001]), Slice(20, 2, 0, [0.003, 0.002])], extra_bad=1)
        assert (total.rate, total.p50, total.p99, total.good, total.bad) == (15, 2.0, 3.0, 3, 3)

    def test_verdict(self) -> None:
        assert Verdict("x", 0.7, "", 0.7, at_least=True).met
        assert not Verdict("x", 0.69, "", 0.7, at_least=True).met
        assert Verdict("x", 12, "", 12, at_least=False).met
        assert not Verdict("x", 12.1, "", 12, at_least=False).met
        assert not Verdict("x", None, "-", 12, at_least=False).met

    def test_table(self) -> None:
        assert table(("a", "b"), [("long", "1")]) == "a     b\n----  -\nlong  1"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://127.0.0.1:1", "/jsonrpc.php"),
        ("http://127.0.0.1:1/", "/jsonrpc.php"),
        ("http://127.0.0.1:1/kanboard", "/kanboard/jsonrpc.php"),
        ("http://127.0.0.1:1/jsonrpc.php", "/jsonrpc.php"),
    ],
)
def test_address(url: str, path: str) -> None:
    assert Address.of(url) == Address("127.0.0.1", 1, path)


def test_address_without_scheme() -> None:
    with pytest.raises(ValueError, match="is needed"):
        Address.of("127.0.0.1:80")


@pytest.mark.parametrize("name", CASES)
def test_requests(name: str) -> None:
    address = Address.of("http://127.0.0.1:1")
    work = workload(CASES[name], address, "secret", IMAGINED, bare=False)
    for request in work.requests:
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        json.loads(body)
    assert work.requests == workload(CASES[name], address, "secret", IMAGINED, bare=True).requests


class FakeApi(BaseHTTPRequestHandler):
    """As much of the API as seeding needs."""

    projects: dict[str, dict[str, Any]]
    users: dict[str, dict[str, Any]]
    members: set[int]
    tasks: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = [self.answer(call) for call in body] if isinstance(body, list) else self.answer(body)
        content = json.dumps(answer).encode()
        known = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")) != b"jsonrpc:wrong"
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": call["id"], "result": self.result(call["method"], call.get("params", {}))}

    def result(self, method: str, params: dict[str, Any]) -> Any:
        match method:
            case "getProjectByIdentifier":
                return self.projects.get(params["identifier"])
            case "createProject":
                self.projects[params["identifier"]] = {"id": len(self.projects) + 1}
                return len(self.projects)
            case "getUserByName":
                return self.users.get(params["username"])
            case "createUser":
                self.users[params["username"]] = {"id": 7}
                return 7
            case "getProjectUserRole":
                return params["project_id"] in self.members and "project-member"
            case "addProjectUser":
                self.members.add(params["project_id"])
                return True
            case "getColumns":
                return [{"id": 1}, {"id": 2}]
            case "getAllTasks":
                return [task for task in self.tasks if task["project_id"] == params["project_id"]]
            case "createTask":
                self.tasks.append({"id": len(self.tasks) + 1, "project_id": params["project_id"]})
                return len(self.tasks)
            case "getMe":
                return {"id": 7}
        return False

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[tuple[Address, type[FakeApi]]]:
    class Api(FakeApi):
        projects: dict[str, dict[str, Any]] = {}  # noqa: RUF012 (one server, one class)
        users: dict[str, dict[str, Any]] = {}  # noqa: RUF012
        members: set[int] = set()  # noqa: RUF012
        tasks: list[dict[str, Any]] = []  # noqa: RUF012
        protocol_version = "HTTP/1.1"

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Address.of(f"http://127.0.0.1:{server.server_port}"), Api
        server.shutdown()
        thread.join()


def test_seed_twice(api: tuple[Address, type[FakeApi]]) -> None:
    address, data = api
    world = seed(address, "secret")
    assert len(world.read_tasks) == 1000
    assert len(world.write_tasks) == 50
    assert len(data.tasks) == 1050
    data.tasks.append({"id": 1051, "project_id": world.write_project})
    assert seed(address, "secret") == world
    assert len(data.tasks) == 1051


def test_seed_with_a_wrong_token(api: tuple[Address, type[FakeApi]]) -> None:
    with pytest.raises(SeedError, match="HTTP 401"):
        seed(api[0], "wrong")


def test_a_server_that_ends(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="ended with status"):
        Server(["false"], 1, token="t", directory=tmp_path)


def test_bare_against_bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    with bare_server("secret") as a, bare_server("secret", "asyncio") as b:
        assert (a.resident() or 1) > 0
        urls = [f"http://127.0.0.1:{side.address.port}" for side in (a, b)]
        arguments = ["compare", "--a", urls[0], "--b", urls[1], "--a-kind", "bare", "--b-kind", "bare"]
        arguments += ["--rounds", "1", "--seconds", "0.02", "--connections", "1,3"]
        assert main([*arguments, "--token", "secret", "--json", str(report)]) == 0
        comparisons = json.loads(report.read_text())["comparisons"]
        assert [(part["case"], part["connections"]) for part in comparisons] == [
            (case, connections) for case in CASES for connections in (1, 3)
        ]
        assert all(part["ratio"]["median"] > 0 and part["a"]["bad"] == part["b"]["bad"] == 0 for part in comparisons)
        assert "getAllTasks" in capsys.readouterr().out

        assert main([*arguments, "--token", "wrong", "--cases", "getTask"]) == 1
        assert "HTTP 401" in capsys.readouterr().err
    assert main([*arguments, "--cases", "getTask"]) == 2


class TestBoards:
    @pytest.mark.sqlite
    async def test_the_boards_that_are_made(self, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(boards, "SMALL", 16)
        monkeypatch.setattr(boards, "LARGE", 40)
        monkeypatch.setattr(boards, "_OTHER", 7)
        assert boards.fill(database, 75) == {1: 16, 2: 40}
        async with running(database) as server:
            for table in ("tasks", "comments"):
                assert server.sql(f"SELECT COUNT(*) FROM {table}") == [(75,)]
            assert server.sql("SELECT COUNT(*) FROM projects") == [(5,)]
            for project_id, tasks in ((1, 16), (2, 40), (3, 7), (5, 5)):
                board = await server.client().getBoard(project_id)
                assert sum(lane["nb_tasks"] for lane in board) == tasks
            cells = [column["tasks"] for lane in await server.client().getBoard(1) for column in lane["columns"]]
            assert [len(cell) for cell in cells] == [2] * 8
            assert {len(task["tags"]) for cell in cells for task in cell} == {0, 1, 2}

    @pytest.mark.sqlite
    def test_without_room_for_the_large_one(self, database: Path) -> None:
        assert boards.fill(database, 1000) == {1: 1000}

    def test_targets(self) -> None:
        costs = [Cost(1000, 1000, 20, 1, 10), Cost(17000, 1000, 25, 1, 20), Cost(17000, 5000, 200, 1, 30)]
        verdicts = {verdict.name: (verdict.measured, verdict.met) for verdict in boards.verdicts(costs)}
        assert verdicts == {
            "board of 1000, CPU ms": (25, True),
            "board of 1000 among 17000 / 1000 tasks": (1.25, False),
            "board of 5000 / 1000, among 17000": (8, False),
            "getVersion beside a board of 5000, p99 ms": (30, False),
        }
        assert [verdict.met for verdict in boards.verdicts(costs[:1])] == [True, True]


class TestSearches:
    @pytest.mark.sqlite
    async def test_a_tenth_of_the_tasks_is_found(self, database: Path) -> None:
        make_projects(database, [60, 20], searches.title)
        async with running(database) as server:
            found = {
                called: [task["id"] for task in await server.client().searchTasks(1, query)]
                for called, query in searches.QUERIES.items()
            }
        assert found["a word"] == found["several words"] == found["a day"] == [1, 11, 21, 31, 41, 51]
        assert found["several filters"] == [51]

    def test_the_target(self) -> None:
        costs = [searches.Cost("a day", "due:today", 99), searches.Cost("a word", "needle", 31)]
        [verdict] = searches.verdicts(costs)
        assert (verdict.measured, verdict.met) == (31, False)


class TestActions:
    @pytest.mark.sqlite
    async def test_no_action_applies(self, database: Path) -> None:
        places = actions.fill(database)
        async with running(database) as server:
            application = server.client()
            assert [len(await application.getActions(project)) for project in places] == [0, actions.ACTIONS]
            assert {rule["action_name"] for rule in await application.getActions(2)} <= {
                *(await application.getAvailableActions())
            }
            before = await application.getAllTasks(2)
            for project, place in places.items():
                world = dataclasses.replace(IMAGINED, write_project=project)
                for case in (create_task(project), move_task(project, *place)):
                    for body in case.bodies(world):
                        assert await application.call(body["method"], **body["params"])
            task = places[2][0]
            [moved] = [found for found in before if found["id"] == task]
            found = await application.getTask(task)
            kept = ("column_id", "swimlane_id", "owner_id", "color_id", "category_id", "priority", "date_due")
            assert [found[name] for name in kept] == [moved[name] for name in kept]
            assert len(await application.getAllTasks(2)) == len(before) + 1
            assert len(server.events) == 2 * (2 + 2)

    def test_the_targets(self) -> None:
        costs = [actions.Cost("createTask", 1.0, 1.4), actions.Cost("moveTaskPosition", 0.5, 0.8)]
        assert [(verdict.measured, verdict.met) for verdict in actions.verdicts(costs)] == [(1.4, True), (1.6, False)]


class TestGuesses:
    @pytest.mark.sqlite
    def test_every_attempt_is_refused_and_measured(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(guesses, "_WARM_UP", 0)
        report = tmp_path / "report.json"
        assert main(["guesses", "--attempts", "1", "--token", "secret", "--json", str(report)]) == 0
        found = json.loads(report.read_text())["guesses"]
        assert [kind["name"] for kind in found] == list(guesses.ATTEMPTS)
        assert all(kind["running"] > 0 and kind["elapsed"] > 0 for kind in found)
        assert "unknown user" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("count", "interval"), [(1, (0, 0)), (5, (0, 4)), (6, (0, 5)), (9, (1, 7)), (20, (5, 14)), (100, (39, 60))]
    )
    def test_where_the_median_lies(self, count: int, interval: tuple[int, int]) -> None:
        """The ranks are those of tables of the sign test, counted from 0."""
        assert guesses.median_interval(reversed(range(count))) == interval

    def test_differences_are_those_of_one_round(self) -> None:
        assert guesses.difference([11, 22, 33], [10, 20, 30]) == guesses.Difference(2, 1, 3)

    def test_the_target(self) -> None:
        made = {
            kind: [guesses.Attempt(0.2, 0.1 + (0.01 if kind == "unknown user" else 0)) for _ in range(10)]
            for kind in guesses.ATTEMPTS
        }
        times = [guesses.times_of(kind, made, 0.1) for kind in guesses.ATTEMPTS]
        assert [found.hashes for found in times[:2]] == [pytest.approx(1), pytest.approx(1.1)]
        verdicts = {verdict.name.partition(",")[0]: verdict for verdict in guesses.verdicts(times, 0.1)}
        assert verdicts["unknown user"].measured == pytest.approx(0.1)
        assert not verdicts["unknown user"].met
        assert verdicts["disabled"].met
        assert "wrong password" not in verdicts


class TestChanges:
    @pytest.mark.sqlite
    async def test_tasks_gather_in_one_column(self, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(changes, "TASKS", 30)
        monkeypatch.setattr(changes, "_OTHER", 10)
        sizes = changes.WHERE["among others"](60)
        assert (sizes, changes.WHERE["in one project"](60)) == ([30, 10, 10, 10], [60])
        make_projects(database, sizes)
        changes.gather(database)
        async with running(database) as server:
            found = server.sql("SELECT column_id, swimlane_id, COUNT(*), MAX(position) FROM tasks WHERE project_id = 1")
            assert found == [(4, 2, 30, 30)]
            world = World(1, tuple(range(1, 31)), 1, tuple(range(1, 6)))
            for case in (CASES["updateTask"], CASES["createTask"], move(30)):
                for body in case.bodies(world):
                    assert await server.client().call(body["method"], **body["params"])

    def test_targets(self) -> None:
        costs = [
            changes.Cost(name, where, total, cost)
            for where in changes.WHERE
            for total, cost in ((1000, 1.0), (100000, 1.5))
            for name in ("updateTask", "createTask")
        ]
        costs += [changes.Cost("getAllTasks", "in one column", 1000, 9), changes.Cost("moveTaskPosition", "", 1000, 3)]
        verdicts = {verdict.name: (verdict.measured, verdict.met) for verdict in changes.verdicts(costs)}
        assert verdicts == {
            "updateTask among others, 100000 / 1000": (1.5, False),
            "createTask among others, 100000 / 1000": (1.5, False),
            "updateTask in one project, 100000 / 1000": (1.5, False),
            "moveTaskPosition, 1000 in a column, CPU ms": (3, False),
            "getAllTasks, 1000 in a column, CPU ms": (9, True),
        }
