"""Whether the server is alive, and whether it can do its work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kanboard_core.calls import CONTAINED
from kanboard_core.database.errors import NotServed
from kanboard_core.database.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from kanboard_core.plugins import Plugin
    from kanboard_core.server import Server

_logger = logging.getLogger(__name__)

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Something that a plugin needs to work, looked at when somebody asks ``/ready``.

    ``await check()`` raises when it isn't there; it runs on the event loop and must not block it. ``critical``: the
    server isn't ready without it.
    """

    #: unique within the plugin
    name: str
    check: Callable[[], Awaitable[None]]
    critical: bool = False
    #: name of the plugin that registered it
    plugin: str = ""


class Health:
    """What ``/health`` and ``/ready`` answer. Neither asks for credentials, nor tells a secret."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._failing: set[HealthCheck] = set()

    async def alive(self) -> tuple[int, dict[str, Any]]:
        """Status 200 as long as the process answers."""
        return 200, {"status": "alive"}

    async def ready(self) -> tuple[int, dict[str, Any]]:
        """Status 200 when calls can be carried out, else 503; the body says which part can't.

        ``plugins`` has the state of each: ``on``, ``off`` or ``failed``, with where it failed. ``workers`` is there
        when several processes serve: how many are ``wanted`` and ``alive``; the rest is what this one sees.
        """
        database, checked = await asyncio.gather(
            self._database(), asyncio.gather(*map(self._checked, self._server.health_checks))
        )
        checks = {f"{check.plugin}: {check.name}": outcome for check, outcome in checked}
        ready = database == "ok" and all(outcome == "ok" for check, outcome in checked if check.critical)
        return (200 if ready else 503), {
            "status": "ready" if ready else "not ready",
            "database": database,
            "plugins": {plugin.name: _state(plugin) for plugin in self._server.plugins},
            **({"checks": checks} if checks else {}),
            **({"workers": self._server.workers()} if self._server.workers else {}),
        }

    async def _checked(self, check: HealthCheck) -> tuple[HealthCheck, str]:
        try:
            async with asyncio.timeout(_SECONDS):
                await check.check()
        except CONTAINED as error:
            if check not in self._failing:  # said once, however often somebody asks
                _logger.warning("plugin %s: the health check %s failed: %r", check.plugin, check.name, error)
            self._failing.add(check)
            return check, f"failed: {type(error).__name__}"
        self._failing.discard(check)
        return check, "ok"

    async def _database(self) -> str:
        engine = self._server.database.engine
        try:
            version = await asyncio.wait_for(self._server.database.read(engine.schema_version), _SECONDS)
        except NotServed as error:
            return str(error)
        except Exception as error:
            return f"failed: {type(error).__name__}"
        return "ok" if version >= SCHEMA_VERSION[engine.kind] else f"schema version {version} is too old"


def _state(plugin: Plugin) -> str:
    """What a plugin does, in words that tell nothing of its inside."""
    if plugin.failure is not None:
        return f"failed at {plugin.failure.stage}"
    if plugin.incidents:
        times = "once" if plugin.incidents == 1 else f"{plugin.incidents} times"
        return f"{plugin.state}, failed {times}, last in {plugin.last_incident}"
    return plugin.state
