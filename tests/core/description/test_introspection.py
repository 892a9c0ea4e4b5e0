"""``rpc.discover``: what the server says of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.core.description.test_openrpc import META_SCHEMA

from kanboard_core import __version__
from kanboard_core.calls import NO_DATABASE, Call
from kanboard_core.description.introspection import discover
from kanboard_core.permissions import APPLICATION
from kanboard_core.plugins import discovery
from kanboard_core.testing import TOKEN, Client, Location, RpcError, RunningServer, Unauthorized, running

MakeAccount = Callable[..., Awaitable[Client]]


async def test_everybody_who_signs_in_is_told(
    application: Client, administrator: Client, account: MakeAccount, server: RunningServer
) -> None:
    told = await application.call("rpc.discover")
    META_SCHEMA.validate(told)
    assert told["info"]["version"] == __version__
    assert await administrator.call("rpc.discover") == told
    bob = await account("bob")
    assert await bob.call("rpc.discover") == told
    with pytest.raises(Unauthorized):
        await server.client("bob", "wrong").call("rpc.discover")


async def test_it_is_a_procedure_like_any_other(application: Client) -> None:
    answers = await application.batch(("getVersion",), ("rpc.discover",), ("createProject", "Mixed"), ("RPC.Discover",))
    version, told, created, again = (answer["result"] for answer in answers)
    assert (version, created) == ("1.2.53", 1)
    assert again == told
    with pytest.raises(RpcError) as refused:
        await application.call("rpc.discover", 1)
    assert (refused.value.code, refused.value.data) == (-32602, "Too many arguments")


async def test_other_names_with_a_dot_are_unknown(application: Client) -> None:
    for name in ("rpc", "rpc.", ".discover", "rpc.discover.", "rpc.Discovery"):
        with pytest.raises(RpcError) as refused:
            await application.call(name)
        assert refused.value.code == -32601


async def test_it_names_all_that_is_served_and_itself(application: Client, server: RunningServer) -> None:
    told = await application.call("rpc.discover")
    by_name = {method["name"]: method for method in told["methods"]}
    assert by_name.keys() == {served.name for served in server.server.registry}
    assert by_name["rpc.discover"]["x-plugin"] == "core"
    assert by_name["rpc.discover"]["x-access"]["words"] == "the application and every user"


async def test_what_is_disabled_is_not_in_it(database: Location) -> None:
    async with running(database, plugins=discovery.load(disabled=["categories", "boards"])) as server:
        told = await server.client().call("rpc.discover")
    names = {method["name"] for method in told["methods"]}
    assert "getBoard" not in names
    assert "createCategory" not in names
    assert "getColumns" in names


async def test_it_is_the_same_document_for_every_call(server: RunningServer) -> None:
    call = Call(server.server, APPLICATION, NO_DATABASE, 0)
    assert discover(call) is discover(call)


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ([], None),
        (["server.base_url=https://example.org/kanboard/"], "https://example.org/kanboard/jsonrpc.php"),
        (["server.base_url=https://example.org", "server.path=/rpc"], "https://example.org/rpc"),
    ],
)
async def test_it_names_the_address_when_that_is_configured(application: Client, url: str | None) -> None:
    told = await application.call("rpc.discover")
    assert told.get("servers") == (None if url is None else [{"name": "kanboard-server", "url": url}])


async def test_it_holds_nothing_of_the_configuration(database: Location, tmp_path: Path) -> None:
    secret = "zebra-7421-quagga"
    settings = [
        f"authentication.api_authentication_token={secret}",
        f"logging.access_log={tmp_path}/access.log",
    ]
    async with running(database, settings=settings) as server:
        _, body = await server.client("jsonrpc", secret).send_bytes(
            b'{"jsonrpc": "2.0", "method": "rpc.discover", "id": 1}'
        )
    told = body.decode()
    assert '"rpc.discover"' in told
    for kept_back in (secret, TOKEN.join('""'), str(database), str(Path(__file__).parents[3])):
        assert kept_back not in told
