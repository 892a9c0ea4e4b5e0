"""A call without a server process: for commands of plugins, on the same database, also beside a running server."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from kanboard_core.calls import Call
from kanboard_core.configuration import Configuration
from kanboard_core.database import location
from kanboard_core.database.engine import CannotOpen
from kanboard_core.permissions import APPLICATION
from kanboard_core.plugins import Plugins
from kanboard_core.server import Server

#: seconds that a server which writes at the moment is waited for
_PATIENCE = 60.0


#: makes one call of the application, in a transaction that is committed at the end and undone by an exception
Calling = Callable[[], contextlib.AbstractContextManager[Call]]


@contextlib.contextmanager
def application_call(configuration: Configuration, plugins: Plugins, *, writable: bool = True) -> Iterator[Call]:
    """One call of the application, in a write transaction that is committed at the end and undone by an exception.

    One that isn't ``writable`` reads a snapshot, and nobody waits for it.

    Procedures are called as what they are, plain functions: ``create_note(call, task_id, "...")``. Reactions and hooks
    run as they do in a server. Waits up to a minute for a server that writes at the moment. Raises CannotOpen when
    there is no database that can be served, PluginError when the plugins don't fit together.
    """
    with application_calls(configuration, plugins, writable=writable) as (_, calling), calling() as call:
        yield call


@contextlib.contextmanager
def application_calls(
    configuration: Configuration, plugins: Plugins, *, writable: bool = True
) -> Iterator[tuple[Server, Calling]]:
    """The same for several calls, one after the other, each in a transaction of its own; and their server.

    Entering raises what ``application_call`` raises.
    """
    server = Server(configuration, plugins)
    engine = server.database.engine
    if not engine.exists():
        raise CannotOpen(f"there is no database {engine.label} yet: serve, or create one")
    location.prepare(engine, configuration)
    server.migrate()

    @contextlib.contextmanager
    def calling() -> Iterator[Call]:
        with contextlib.closing(engine.session(writable=writable)) as session, session.work(_PATIENCE) as transaction:
            yield Call(server, APPLICATION, transaction, int(time.time()))

    try:
        yield server, calling
    finally:
        server.passwords.close()
