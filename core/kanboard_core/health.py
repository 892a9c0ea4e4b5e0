"""Whether the server is alive, and whether it can do its work."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

from kanboard_core.database import location, schema
from kanboard_core.database.transaction import Transaction
from kanboard_core.server import Server

_SECONDS = 5.0


class Health:
    """What ``/health`` and ``/ready`` answer. Neither asks for credentials, nor tells a secret."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def alive(self) -> tuple[int, dict[str, Any]]:
        """Status 200 as long as the process answers."""
        return 200, {"status": "alive"}

    async def ready(self) -> tuple[int, dict[str, Any]]:
        """Status 200 when calls can be carried out, else 503; the body says which part can't."""
        checks = {
            "database": await self._database(),
            "plugins": {plugin.name: "on" if plugin.enabled else "off" for plugin in self._server.plugins},
        }
        ready = checks["database"] == "ok"
        return (200 if ready else 503), {"status": "ready" if ready else "not ready", **checks}

    async def _database(self) -> str:
        try:
            version = await asyncio.wait_for(self._server.database.read(self._version), _SECONDS)
        except Exception as error:
            return f"failed: {type(error).__name__}"
        return "ok" if version >= schema.SCHEMA_VERSION["sqlite"] else f"schema version {version} is too old"

    def _version(self, transaction: Transaction) -> int:
        """The schema version, found by a reader and, under the same path, by somebody who comes now.

        A connection that is open goes on when its file is removed or overwritten.
        """
        with closing(location.connect_unchanging(self._server.database.engine.path)) as newcomer:
            return min(schema.version(transaction.connection), schema.version(newcomer))
