"""Pages of plugins beside the endpoint: who may see them, and what happens when they fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.guests import guest

from kanboard_core.calls import AsyncCall, Call
from kanboard_core.database import param, statement
from kanboard_core.health import HealthCheck
from kanboard_core.hooks import hookimpl
from kanboard_core.models import Project
from kanboard_core.permissions import ADMINISTRATORS, ANYONE, members
from kanboard_core.plugins import Plugin, PluginError, Plugins
from kanboard_core.routes import Route, Routes
from kanboard_core.testing import Client, Location, RunningServer, running

_NAME = statement(Project.select(Project.name).where(Project.id == param("id")))


def name_of(call: Call, project_id: int) -> str:
    return str(call.tx.scalar(_NAME, id=project_id))


async def show(call: AsyncCall, request: web.BaseRequest, project_id: str) -> web.Response:
    return web.Response(text=f"{await call.read(name_of, int(project_id))} for {call.caller.name}")


def base_of(call: Call) -> str:
    return call.base_url


async def link(call: AsyncCall, request: web.BaseRequest) -> web.Response:
    return web.Response(text=await call.read(base_of))


async def fail(call: AsyncCall, request: web.BaseRequest) -> web.Response:
    raise RuntimeError("the password is hunter2")


async def nothing(call: AsyncCall, request: web.BaseRequest) -> Any:
    return None


async def leave(call: AsyncCall, request: web.BaseRequest) -> web.Response:
    raise web.HTTPFound("/elsewhere")


async def hello(call: AsyncCall, request: web.BaseRequest) -> web.Response:
    return web.Response(text=f"{request.method} {len(await request.read())}")


ROUTES = (
    Route("/votes/{project_id}", show, ANYONE),
    Route("/votes/link", link, None),
    Route("/votes/fail", fail, None),
    Route("/votes/nothing", nothing, None),
    Route("/votes/leave", leave, None),
    Route("/votes/hello", hello, None, ("GET", "POST")),
    Route("/votes/closed", hello, ADMINISTRATORS),
)


def with_routes(plugins: Plugins, *routes: Route, name: str = "votes") -> Plugins:
    """The plugins, and one that serves pages."""

    @hookimpl
    def register_routes() -> list[Route]:
        return list(routes)

    module = SimpleNamespace(register_routes=register_routes)
    return Plugins([*plugins, Plugin(name, module, built_in=False, enabled=True, version="1")])


@pytest.fixture(scope="session")
def plugins(plugins: Plugins) -> Plugins:
    """The built-in plugins, and one with pages."""
    return with_routes(plugins, *ROUTES)


@pytest.fixture(params=["", "/kanboard"])
def settings(request: pytest.FixtureRequest) -> list[str]:
    return [f"server.prefix={request.param}"]


async def asked(
    server: RunningServer, path: str, *, method: str = "GET", auth: tuple[str, str] | None = None, data: bytes = b""
) -> tuple[int, str]:
    headers = {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
    url = server.base_url.rstrip("/") + path
    async with server.session.request(method, url, headers=headers, data=data, allow_redirects=False) as response:
        return response.status, await response.text()


async def test_a_page_gets_the_parts_of_its_path_and_its_caller(server: RunningServer, application: Client) -> None:
    project_id = await application.createProject("Moving")
    assert await asked(server, f"/votes/{project_id}", auth=("admin", "admin")) == (200, "Moving for admin")
    assert await asked(server, f"/votes/{project_id}", auth=("jsonrpc", "test")) == (200, "Moving for jsonrpc")


async def test_links_in_a_page_begin_with_the_host_that_the_client_names(server: RunningServer) -> None:
    async with server.session.get(f"{server.base_url}votes/link", headers={"Host": "example.org"}) as response:
        prefix = server.server.configuration.text("server", "prefix")
        assert await response.text() == f"http://example.org{prefix}/"


async def test_without_credentials_it_asks_for_them(server: RunningServer) -> None:
    async with server.session.get(server.base_url + "votes/1") as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Basic realm="JsonRPC"'
    assert await asked(server, "/votes/1", auth=("admin", "wrong")) == (401, '{"error":"Unauthorized"}')


async def test_wrong_passwords_count_as_they_do_for_calls(server: RunningServer) -> None:
    for _ in range(3):
        assert (await asked(server, "/votes/1", auth=("admin", "wrong")))[0] == 401
    assert (await asked(server, "/votes/1", auth=("admin", "admin")))[0] == 401


async def test_the_role_must_suffice(server: RunningServer, account: Callable[..., Awaitable[Client]]) -> None:
    await account("bob")
    assert await asked(server, "/votes/closed", auth=("bob", "secret")) == (403, '{"error":"Forbidden"}')
    assert await asked(server, "/votes/closed", auth=("admin", "admin")) == (200, "GET 0")


async def test_a_page_that_is_open_asks_nobody(server: RunningServer) -> None:
    assert await asked(server, "/votes/hello") == (200, "GET 0")
    assert await asked(server, "/votes/hello", method="POST", data=b"abc") == (200, "POST 3")


async def test_a_page_for_get_answers_head_without_a_body(server: RunningServer) -> None:
    assert await asked(server, "/votes/hello", method="HEAD") == (200, "")


async def test_another_method_is_not_allowed(server: RunningServer) -> None:
    async with server.session.delete(server.base_url + "votes/hello") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET, POST"


async def test_a_page_that_fails_tells_nothing_and_is_reported(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert await asked(server, "/votes/fail") == (500, '{"error":"Internal error"}')
    assert server.incidents == {"votes": "the route /votes/fail"}
    assert "hunter2" in caplog.text
    assert await asked(server, "/votes/nothing") == (500, '{"error":"Internal error"}')


async def test_a_page_may_answer_by_an_exception_of_aiohttp(server: RunningServer) -> None:
    assert (await asked(server, "/votes/leave"))[0] == 302


async def test_what_nobody_serves(server: RunningServer) -> None:
    assert (await asked(server, "/votes/1/2"))[0] == 404
    assert (await asked(server, "/votes"))[0] == 404


# Declarations


@pytest.mark.parametrize("path", ["votes", "", "/votes/{Task}", "/votes//x", "/votes?x", "/vo tes", "/{a}-{b}"])
def test_a_path_that_can_not_be_served(path: str) -> None:
    with pytest.raises(ValueError, match="is no path of a route"):
        Route(path, hello, None)


def test_a_method_or_a_rule_that_can_not_be_served() -> None:
    with pytest.raises(ValueError, match="'BREW' is no method"):
        Route("/votes", hello, None, ("BREW",))
    with pytest.raises(ValueError, match="can't name a project role"):
        Route("/votes", hello, members())


def test_a_path_that_is_written_out_goes_before_one_with_parts() -> None:
    parts, written = Route("/votes/{task_id}", hello, None), Route("/votes/new", hello, None)

    assert Routes([parts, written]).find("GET", "/votes/new") == (written, {})
    assert Routes([parts, written]).find("GET", "/votes/7") == (parts, {"task_id": "7"})
    assert Routes([parts, written]).find("PUT", "/votes/new") == ["GET"]
    assert Routes([parts, written]).find("GET", "/") == []


async def test_two_plugins_with_the_same_page_stop_the_start(database: Location, plugins: Plugins) -> None:
    both = with_routes(plugins, Route("/votes/{id}", hello, None), name="polls")
    with pytest.raises(PluginError, match=r"GET /votes/\{.*\} is served by the plugins 'votes' and 'polls'"):
        async with running(database, plugins=both):
            pass


async def test_a_plugin_may_answer_the_front_page_in_the_place_of_the_one_that_yields_it(
    database: Location, plugins: Plugins
) -> None:
    with_front = with_routes(plugins, Route("/", hello, None), name="front")
    async with running(database, plugins=with_front) as server:
        assert await asked(server, "/") == (200, "GET 0")


# Health checks


async def test_a_health_check_that_fails_is_logged_once_until_it_is_fine_again(
    caplog: pytest.LogCaptureFixture, database: Location, plugins: Plugins
) -> None:
    sound = iter([False, False, True, False])

    async def check() -> None:
        if not next(sound):
            raise ConnectionError("nobody is there")

    @hookimpl
    def register_health_checks() -> list[HealthCheck]:
        return [HealthCheck("queue", check)]

    module = SimpleNamespace(register_health_checks=register_health_checks)
    with_check = Plugins([*plugins, Plugin("mail", module, built_in=False, enabled=True, version="1")])
    told = []
    async with running(database, plugins=with_check) as server:
        for _ in range(4):
            async with server.session.get(server.base_url + "ready") as response:
                told.append((await response.json())["checks"]["mail: queue"])
    assert told == ["failed: ConnectionError"] * 2 + ["ok", "failed: ConnectionError"]
    assert caplog.text.count("the health check queue failed: ConnectionError('nobody is there')") == 2


async def test_health_checks_stand_in_the_state_of_the_server(database: Location, plugins: Plugins) -> None:
    async def sound() -> None:
        pass

    async def broken() -> None:
        raise ConnectionError("user:password@mail")

    def checks(*found: HealthCheck) -> Plugins:
        @hookimpl
        def register_health_checks() -> list[HealthCheck]:
            return list(found)

        return Plugins([*plugins, guest("mail", register_health_checks=register_health_checks)])

    async def ready(*found: HealthCheck) -> tuple[int, Any]:
        async with (
            running(database, plugins=checks(*found)) as server,
            server.session.get(server.base_url + "ready") as response,
        ):
            return response.status, await response.json()

    status, told = await ready(HealthCheck("connection", sound), HealthCheck("queue", broken))
    assert (status, told["status"]) == (200, "ready")
    assert {"mail: connection": "ok", "mail: queue": "failed: ConnectionError"}.items() <= told["checks"].items()
    status, told = await ready(HealthCheck("queue", broken, critical=True))
    assert (status, told["status"]) == (503, "not ready")
