"""What the server says of itself. Source: the OpenRPC specification, "Service Discovery Method"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kanboard_core import __version__
from kanboard_core.calls import Call
from kanboard_core.description import openrpc
from kanboard_core.permissions import ANYONE
from kanboard_core.procedures import Effect, Registry, procedure

if TYPE_CHECKING:
    from kanboard_core.server import Server

#: the document of each registry that was asked for: what is served doesn't change while it is served
_DOCUMENTS: WeakKeyDictionary[Registry, dict[str, Any]] = WeakKeyDictionary()

_DESCRIPTION = """\
JSON-RPC 2.0 over HTTP POST. Callers sign in with HTTP Basic: a user with name and password or personal token, the \
application as `jsonrpc` with its token. Parameters are sent by position or by name. Each procedure says in `x-access` \
who may call it.\
"""


@procedure("rpc.discover", access=ANYONE, effect=Effect.NONE)
def discover(call: Call) -> dict[str, Any]:
    """The description of everything that is served: an OpenRPC document.

    It has the procedures of all plugins that are enabled on this server, also those that the caller may not call.
    """
    registry = call.server.registry
    described = _DOCUMENTS.get(registry)
    if described is None:
        described = _DOCUMENTS[registry] = describe(call.server)
    return described


def describe(server: Server) -> dict[str, Any]:
    """The OpenRPC document of a server. It names the server's address only when that is configured."""
    url = server.base_url.rstrip("/") + server.configuration.text("server", "path") if server.base_url else None
    return openrpc.document(
        server.registry, title="kanboard-server", version=__version__, url=url, description=_DESCRIPTION
    )
