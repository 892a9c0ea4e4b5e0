"""Routes: pages of plugins beside the JSON-RPC endpoint."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from kanboard_core.permissions import Access

#: an ``async`` function that gets the call, the HTTP request and the variable parts of the path, by name
Handler = Callable[..., Awaitable[web.StreamResponse]]

_PART = re.compile(r"\{([a-z_]+)\}")
_PATH = re.compile(r"(/([\w.~-]+|\{[a-z_]+\}))+/?|/", re.ASCII)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Route:
    """A page: ``await handler(call, request, ...)`` answers requests of these methods to a path.

    ``path`` is below the configured prefix, ``/`` itself the front page; ``/notes/{task_id}`` hands the text of that
    part on as the argument ``task_id``. ``access`` is the rule for callers, who sign in as they do for calls (HTTP
    Basic); it can't name a project role. None opens the page to everybody, unasked. A page for GET answers HEAD too.
    The handler gets an :class:`~kanboard_core.calls.AsyncCall` (of the application, when nobody was asked), runs on the
    event loop and must not block it.

    Raises ValueError for a path or method that can't be served.
    """

    path: str
    handler: Handler
    access: Access | None
    methods: tuple[str, ...] = ("GET",)
    #: name of the plugin that registered it
    plugin: str = ""
    #: whether another plugin may answer the same requests in its place
    yields: bool = False

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.path):
            raise ValueError(f"{self.path!r} is no path of a route")
        for method in self.methods:
            if method not in _METHODS:
                raise ValueError(f"{method!r} is no method of a route")
        if self.access is not None and self.access.scopes:
            raise ValueError(f"{self.path}: the access rule of a route can't name a project role")


class Routes:
    """The pages of all plugins."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        """Raises ValueError when two routes answer the same requests."""
        self._routes: list[tuple[re.Pattern[str], Route]] = []
        taken: dict[tuple[str, str], Route] = {}
        for route in sorted(routes, key=lambda route: route.yields):
            shape = _PART.sub("{}", route.path)
            if route.yields and any((method, shape) in taken for method in route.methods):
                continue
            for method in route.methods:
                other = taken.setdefault((method, shape), route)
                if other is not route:
                    both = f"{other.plugin!r} and {route.plugin!r}"
                    raise ValueError(f"{method} {route.path} is served by the plugins {both}")
            self._routes.append((_pattern(route.path), route))
        # A path that is written out goes before one with variable parts.
        self._routes.sort(key=lambda found: found[1].path.count("{"))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, Any]] | list[str]:
        """The route for a request with the variable parts of its path; else the methods that the path knows."""
        allowed: set[str] = set()
        for pattern, route in self._routes:
            found = pattern.fullmatch(path)
            if found:
                if method in route.methods or (method == "HEAD" and "GET" in route.methods):
                    return route, found.groupdict()
                allowed.update(route.methods)
        return sorted(allowed)

    def __bool__(self) -> bool:
        return bool(self._routes)


def _pattern(path: str) -> re.Pattern[str]:
    parts = _PART.split(path)
    return re.compile(
        "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )
