"""Ports for servers that are told which one to take."""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress

#: the system hands out higher ones to all who ask for any, and to connections
_PORTS = range(20_000, 32_768)


def unused_port() -> int:
    """A port of 127.0.0.1 that nobody has, and that nobody gets by chance before it is taken."""
    first = os.getpid()
    for number in range(first, first + len(_PORTS)):
        port: int = _PORTS[number % len(_PORTS)]
        with suppress(OSError), closing(socket.create_server(("127.0.0.1", port))):
            return port
    raise OSError("all ports are taken")
