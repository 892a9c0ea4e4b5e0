"""What is known of where a request comes from: reverse proxies whose word counts, and what a client says of itself.

Source: spec page "authentication", section 5.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from aiohttp import hdrs, web
from multidict import istr

_FORWARDED_SCHEME = istr("X-Forwarded-Proto")


class TrustedProxies:
    """Finds what reverse proxies tell of a request: the caller's address, and whether it came over TLS."""

    def __init__(self, networks: Iterable[str], headers: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]
        self._headers = [header_name(header) for header in headers]

    def address(self, request: web.BaseRequest) -> str:
        """The peer's address; behind a trusted proxy the first valid one in the configured headers."""
        peer = request.remote or ""
        if not self._networks or not self._headers or not self._is_trusted(peer):
            return peer
        for header in self._headers:
            for value in ",".join(request.headers.getall(header, ())).split(","):
                if "%" in value:
                    continue  # the name of an interface, which is any text, stands for nothing outside its machine
                try:
                    return str(ipaddress.ip_address(value.strip()))
                except ValueError:
                    continue
        return peer

    def scheme(self, request: web.BaseRequest) -> str:
        """http or https: the server's own, or what a trusted proxy says."""
        forwarded = request.headers.get(_FORWARDED_SCHEME, "").lower()
        if request.secure or (forwarded == "https" and self.trusts(request)):
            return "https"
        return "http"

    def trusts(self, request: web.BaseRequest) -> bool:
        """Whether the request comes from a proxy whose word counts."""
        return self._is_trusted(request.remote or "")

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def header_name(constant: str) -> str:
    """The header that ``HTTP_X_REAL_IP`` stands for, as Kanboard's constants have them; also an ordinary name."""
    return constant.removeprefix("HTTP_").replace("_", "-")


def user_agent(request: web.BaseRequest) -> str:
    """What the client calls itself, "" when it doesn't say."""
    # Bytes that aren't UTF-8 could be neither stored nor answered.
    return request.headers.get(hdrs.USER_AGENT, "").encode("utf-8", "replace").decode()
