"""Ports for servers that are told which one to take."""

from __future__ import annotations

import random
import socket
from contextlib import closing, suppress

#: the system hands out higher ones to all who ask for any, and to connections
_PORTS = range(15_000, 32_000)


def unused_port() -> int:
    """A port of 127.0.0.1 that nobody has, and that nobody gets by chance before it is taken."""
    for port in random.sample(_PORTS, 100):
        with suppress(OSError), closing(socket.create_server(("127.0.0.1", port))):
            return port
    raise OSError("100 ports were tried, and all are taken")
