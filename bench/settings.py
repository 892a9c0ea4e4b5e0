"""What the load generator and the bare server agree on: credentials, path and event loop."""

from __future__ import annotations

import asyncio
import base64
import importlib
import os
from collections.abc import Callable

#: Where the API answers below the base URL of a server.
API_PATH = "/jsonrpc.php"

#: The application's user name, as Kanboard fixes it.
APPLICATION = "jsonrpc"

#: The account that the cases "by password" use; seeding makes it.
USER = "bench"
PASSWORD = "bench-password"  # noqa: S105 (an account of a throw-away database)

TOKEN_VARIABLE = "API_AUTHENTICATION_TOKEN"  # noqa: S105 (a variable's name)


def token_from_environment() -> str:
    """The application's token: the one of the environment, else one that is good for trying."""
    return os.environ.get(TOKEN_VARIABLE) or "bench-token"


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """The event loop called `auto` (uvloop when it is installed), `uvloop` or `asyncio`."""
    if name != "asyncio":
        try:
            factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
        except ImportError:
            if name == "uvloop":
                raise
        else:
            return factory
    return asyncio.new_event_loop
