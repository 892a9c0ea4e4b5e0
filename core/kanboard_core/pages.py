"""What is served beside the JSON-RPC endpoint: the state of the server, and the routes of plugins."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import hdrs, web
from multidict import CIMultiDict

from kanboard_core.authentication import Unauthorized
from kanboard_core.calls import CONTAINED, AsyncCall
from kanboard_core.credentials import Credentials
from kanboard_core.database.errors import Busy, DatabaseError
from kanboard_core.health import Health
from kanboard_core.permissions import APPLICATION, Forbidden
from kanboard_core.routes import Route
from kanboard_core.server import Server

_logger = logging.getLogger(__name__)

_HEADERS = CIMultiDict({hdrs.CONTENT_TYPE: "application/json", hdrs.SERVER: "kanboard-server"})
_REALM = 'Basic realm="JsonRPC"'


def response(body: bytes, status: int) -> web.Response:
    """An answer in JSON; one that says 401 asks for credentials."""
    answer = web.Response(body=body, status=status, headers=CIMultiDict(_HEADERS))
    if status == web.HTTPUnauthorized.status_code:
        answer.headers[hdrs.WWW_AUTHENTICATE] = _REALM
    return answer


class Pages:
    """Answers the requests that are no calls."""

    def __init__(self, server: Server, prefix: str) -> None:
        self._server = server
        self._prefix = prefix
        health = Health(server)
        self._states: dict[str, Callable[[], Awaitable[tuple[int, dict[str, Any]]]]] = {
            "/health": health.alive,
            "/ready": health.ready,
        }

    async def answer(
        self, request: web.BaseRequest, credentials: Credentials, sent_to: str
    ) -> web.StreamResponse | None:
        """The page that was asked for, at the address ``sent_to``; None when there is none."""
        if not request.path.startswith(self._prefix + "/"):
            return None
        path = request.path.removeprefix(self._prefix)
        if path in self._states:
            status, content = await self._states[path]()
            return response(orjson.dumps(content), status)
        found = self._server.routes.find(request.method, path)
        if isinstance(found, tuple):
            return await self._carry_out(request, credentials, sent_to, *found)
        if found and path != "/":  # whoever sends calls there is told where they go
            refusal = _refusal(405, "the method isn't allowed")
            refusal.headers[hdrs.ALLOW] = ", ".join(found)
            return refusal
        return None

    async def _carry_out(
        self, request: web.BaseRequest, credentials: Credentials, sent_to: str, route: Route, parts: dict[str, str]
    ) -> web.StreamResponse:
        try:
            caller = APPLICATION
            if route.access is not None:
                caller = await self._server.dispatcher.caller(credentials, route.access)
            call = AsyncCall(self._server, caller, int(time.time()), sent_to)
            answer = await route.handler(call, request, **parts)
            if isinstance(answer, web.StreamResponse):
                return answer
            raise TypeError(f"the handler of {route.path} answered no response")
        except Unauthorized:
            return _refusal(401, "Unauthorized")
        except Forbidden:
            return _refusal(403, "Forbidden")
        except (asyncio.CancelledError, ConnectionError, web.HTTPException):
            raise
        except DatabaseError as error:
            _logger.error("the database could not carry out a request of %s: %s", route.path, error)
            return _refusal(503 if isinstance(error, Busy) else 500, "the database could not do it")
        except CONTAINED as error:
            self._server.plugins.report(route.plugin, f"the route {route.path}", error)
            return _refusal(500, "Internal error")


def _refusal(status: int, words: str) -> web.Response:
    return response(orjson.dumps({"error": words}), status)
