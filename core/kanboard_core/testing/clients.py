"""Clients that call procedures as ordinary methods."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp


class RpcError(Exception):
    """The server answered with an error object."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{error.get('code')} {error.get('message')}: {error.get('data')}")
        #: HTTP status
        self.status = status
        self.code: int = error["code"]
        self.data: str | None = error.get("data")


class Unauthorized(RpcError):
    """The credentials were refused (401)."""


class Forbidden(RpcError):
    """The caller may not do that (403)."""


class Client:
    """Calls procedures as one caller: ``await client.createProject(name="x")`` or ``await client.getTask(1)``."""

    def __init__(self, session: aiohttp.ClientSession, url: str, username: str, password: str) -> None:
        self._session = session
        self.url = url
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}
        #: the account's id, where the test knows it
        self.id = 0

    def __getattr__(self, procedure: str) -> Callable[..., Awaitable[Any]]:
        if procedure.startswith("_"):
            raise AttributeError(procedure)

        async def call(*positional: Any, **named: Any) -> Any:
            return await self.call(procedure, *positional, **named)

        return call

    async def call(self, procedure: str, /, *positional: Any, **named: Any) -> Any:
        """Call a procedure; answers its result. Raises Unauthorized, Forbidden or RpcError."""
        if positional and named:
            raise TypeError("arguments are sent by position or by name, not both")
        message = {"jsonrpc": "2.0", "method": procedure, "params": named or list(positional), "id": 1}
        status, answer = await self.send(message)
        if "error" not in answer:
            return answer["result"]
        kinds: dict[int, type[RpcError]] = {401: Unauthorized, 403: Forbidden}
        raise kinds.get(status, RpcError)(status, answer["error"])

    async def batch(self, *calls: tuple[Any, ...]) -> list[dict[str, Any]]:
        """Send ``(procedure, argument, ...)`` tuples as one batch; answers the answer objects, numbered from 0."""
        message = [
            {"jsonrpc": "2.0", "method": procedure, "params": list(arguments), "id": number}
            for number, (procedure, *arguments) in enumerate(calls)
        ]
        _, answers = await self.send(message)
        return answers if isinstance(answers, list) else [answers]

    async def send(self, message: Any) -> tuple[int, Any]:
        """Send a message as it is; answers HTTP status and decoded answer (None: empty body)."""
        status, body = await self.send_bytes(json.dumps(message).encode())
        return status, json.loads(body) if body else None

    async def send_bytes(
        self, body: bytes, *, method: str = "POST", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send bytes as they are; answers HTTP status and body."""
        sent = {**self._headers, **(headers or {})}
        async with self._session.request(method, self.url, data=io.BytesIO(body), headers=sent) as response:
            return response.status, await response.read()
