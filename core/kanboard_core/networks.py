"""Requests to addresses that clients have chosen: only the public Internet is reached, unless the operator allows more.

Whoever may name an address could otherwise look through this server into the networks that it stands in. Names aren't
to be relied on, for their owner may answer each question differently: an address is checked when it is connected to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

#: threads that look up names; those of names whose servers are silent take none from anything else
_LOOKUPS = 8

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Private, local and reserved ones, as the registries of IANA have them. Of IPv4 those for documentation aren't among
# them: nobody is there.
_NOT_PUBLIC: tuple[_Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared address space: providers, overlay networks, metadata of some clouds
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",  # laboratories
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",
            "2001::/23",  # Teredo, benchmarks and other protocols
            "2001:db8::/32",
            "3fff::/20",
        ),
    )
)
#: what isn't in it is local, multicast or reserved
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NotPublic(aiohttp.ClientError):
    """The host is, or resolves to, an address that isn't public. Nothing was sent."""


class _Refused(OSError):
    """What becomes NotPublic, in a form that aiohttp passes on."""


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one of the public Internet; false for what is no address.

    An IPv6 address that stands for an IPv4 one (mapped, 6to4, NAT64) is as public as that.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        embedded = _embedded(found)
        if embedded is None and found not in _GLOBAL_UNICAST:
            return False
        found = embedded or found
    return not any(found in network for network in _NOT_PUBLIC)


def open_session(
    *, allow_private: bool, seconds: float, connections: int, verify: bool = True
) -> aiohttp.ClientSession:
    """A client for addresses that others have chosen; close it in the end. On the event loop.

    Unless ``allow_private``, a request raises NotPublic when the host isn't public, or one of several addresses that
    its name stands for isn't; so does each one that follows a redirect. ``seconds``: how long a request may take, from
    looking up the name to the last byte; ``connections``: how many there are at once, others wait; ``verify``: whether
    servers must prove by a certificate who they are. It keeps no cookies
    and no connections. It asks for contents that aren't compressed, and doesn't unpack those that are all the same.
    """
    return aiohttp.ClientSession(
        connector=_Connector(allow_private, connections, verify),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=seconds),
        headers={"User-Agent": "kanboard-server", "Accept-Encoding": "identity"},
        auto_decompress=False,
        middlewares=() if allow_private else (_guard,),
    )


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for; None for one of its own."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


async def _guard(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Refuse hosts that are no names, which nobody looks up, and say in one way what the connector refuses."""
    address = _literal(request.url.raw_host or "")
    if address and not is_public(address):
        raise NotPublic(address)
    try:
        return await send(request)
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _Refused):
            raise NotPublic(str(error.os_error)) from error
        raise


def _literal(host: str) -> str:
    """The address that a host is, also one that is written as in old times (127.1, 0x7f000001); "" for a name."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host if ":" in host else ""


def _public_socket(address: tuple[Any, ...]) -> socket.socket:
    """The socket for a connection to an address as ``getaddrinfo`` has them. Raises _Refused."""
    family, kind, protocol, _, (host, *_) = address
    if not is_public(host):
        raise _Refused(host)
    return socket.socket(family, kind, protocol)


class _Connector(aiohttp.TCPConnector):
    """Connects to addresses that are public, or to any."""

    def __init__(self, allow_private: bool, connections: int, verify: bool) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")
        super().__init__(
            resolver=_Resolver(self._threads, allow_private),
            socket_factory=None if allow_private else _public_socket,
            use_dns_cache=False,
            ssl=verify,
            force_close=True,
            limit=connections,
        )

    async def close(self, *, abort_ssl: bool = False) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        await super().close(abort_ssl=abort_ssl)


class _Resolver(AbstractResolver):
    """Looks up names. Raises _Refused when one of the addresses isn't public."""

    def __init__(self, threads: ThreadPoolExecutor, allow_private: bool) -> None:
        self._threads = threads
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _addresses, host, port, family)
        if not self._allow_private:
            for address in found:
                if not is_public(address["host"]):
                    raise _Refused(address["host"])
        return found

    async def close(self) -> None:
        pass


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, address in found
    ]
