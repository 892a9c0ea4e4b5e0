"""Sockets that several processes accept connections on, at one address."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterable
from typing import Any

#: connections that wait in each socket until they are accepted
_BACKLOG = 128

#: Whether the system deals connections out to the sockets that share an address. Where it doesn't, all processes
#: accept on the same socket, and whoever is awake first takes all that is there.
DEALS_OUT = sys.platform == "linux"


def claimed(host: str, port: int, count: int) -> list[list[socket.socket]]:
    """What each of ``count`` processes listens on: a socket for each address of the host, all on the same port.

    Nobody else who listens there already is joined. Port 0 becomes one that is free. Raises OSError.
    """
    firsts: list[socket.socket] = []
    others: list[list[socket.socket]] = []
    try:
        for family, address in _addresses(host, port):
            first = _socket(family)
            if first is None:
                continue
            firsts.append(first)
            first.bind((address[0], port, *address[2:]))  # the port that the first address got
            first.listen(_BACKLOG)
            port = first.getsockname()[1]
            if DEALS_OUT:
                # Only now, when the address is ours alone: with this option from the start, another server's would do.
                first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if not firsts:
            raise OSError(errno.EAFNOSUPPORT, "there is no address to listen on")
        for _ in range(count - 1):
            others.append([])
            for first in firsts:
                others[-1].append(_beside(first) if DEALS_OUT else first)
    except OSError:
        close([firsts, *others])
        raise
    return [firsts, *others]


def close(sockets: Iterable[Iterable[socket.socket]]) -> None:
    """Close this process's view of sockets; those that are closed already stay so."""
    for listening in sockets:
        for each in listening:
            each.close()


def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    """The addresses of a host; those of every interface for "". Raises OSError when the name isn't known."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((int(family), address) for family, _, _, _, address in found))


def _socket(family: int) -> socket.socket | None:
    """A new socket; None when the system doesn't know the kind of address."""
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.setblocking(False)
    return made


def _beside(first: socket.socket) -> socket.socket:
    """One more socket at the same address."""
    made = _socket(first.family)
    assert made is not None  # noqa: S101 - the first one was made in the same way
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(first.getsockname())
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made
