"""The life of the server."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from kanboard_core.hooks.markers import hookspec

if TYPE_CHECKING:
    from kanboard_core.server import Server


@hookspec
def server_started(server: Server) -> Awaitable[None] | None:
    """The database is open and calls are about to be accepted: open what the plugin needs, start its tasks.

    On the event loop, outside any transaction; must not block it. May be ``async``. With several workers it is called
    in each of their processes, as ``server_stopping`` is, while everything that comes before runs once, in their
    parent. Also called in disabled built-in plugins. An exception is logged and reported.
    """


@hookspec
def server_stopping(server: Server) -> Awaitable[None] | None:
    """No call is running any more, the database is still open: finish and close what ``server_started`` opened.

    On the event loop, outside any transaction; must not block it. May be ``async``. Also called in disabled built-in
    plugins. An exception is logged and reported.
    """
