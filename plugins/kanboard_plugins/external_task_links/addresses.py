"""The addresses of external links: which are valid URLs, and what they consist of.

Source: spec page "external_task_links".
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

#: what is taken away around an address, and around the title of a page
BLANKS = " \t\n\r\v\0"

_PRINTABLE = re.compile(r"[!-~]+\Z", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z0-9+.-]+\Z", re.ASCII)
_END_OF_HOST = re.compile(r"[/?#]")
_END_OF_PATH = re.compile(r"[?#]")
_PORT = re.compile(r"[+-]?([0-9]+)", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\.?\Z){_LABEL}(?:\.{_LABEL})*\.?\Z", re.ASCII)
_CREDENTIAL = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*\Z", re.ASCII)

_LONGEST_PORT = 5
_LARGEST_PORT = 65535
_WITHOUT_HOST = ("mailto", "news", "file")


class Address(NamedTuple):
    """The parts of a URL, as they stand in it; "" for what it hasn't."""

    scheme: str
    credentials: tuple[str, ...]
    host: str
    path: str


def parts(url: str) -> Address | None:
    """The parts of a URL of printable ASCII; None when it has no scheme, an empty host or no possible port."""
    scheme, _, rest = url.partition(":")
    if scheme == url or not _SCHEME.match(scheme):
        return None
    if rest.startswith("///") and scheme.lower() == "file":
        return Address(scheme, (), "", _path(rest[3:] if _is_drive(rest[3:]) else rest[2:]))
    if not rest.startswith("//"):
        return Address(scheme, (), "", _path(rest))
    found = _END_OF_HOST.search(rest, 2)
    end = found.start() if found else len(rest)
    credentials, at, place = rest[2:end].rpartition("@")
    host = _host(place)
    return Address(scheme, tuple(credentials.split(":", 1)) if at else (), host, _path(rest[end:])) if host else None


def is_valid(url: str) -> bool:
    """Whether a text is a URL that can be stored: of printable ASCII, with a host that could be one."""
    address = parts(url) if _PRINTABLE.match(url) else None
    if address is None:
        return False
    if address.scheme.lower() in ("http", "https"):
        if not (_HOST.match(address.host) or _is_ipv6(address.host)):
            return False
    elif not address.host and address.scheme not in _WITHOUT_HOST:
        return False
    return all(_CREDENTIAL.match(credential) for credential in address.credentials)


def last_segment(path: str) -> str:
    """What stands behind the last slash of a path, a closing one left aside; "" when that is nothing."""
    return path.rstrip("/").rpartition("/")[2]


def _host(place: str) -> str:
    """The host of "host:port"; "" when it is empty, or the port can't be one."""
    if place.startswith("[") and place.endswith("]"):
        return place
    host, colon, port = place.rpartition(":")
    if not colon:
        return place
    if len(port) > _LONGEST_PORT:
        return ""
    number = _PORT.match(port)
    possible = not port or (number and int(number[0]) in range(_LARGEST_PORT + 1))
    return host if possible else ""


def _path(rest: str) -> str:
    return _END_OF_PATH.split(rest, maxsplit=1)[0]


def _is_drive(path: str) -> bool:
    """Whether it begins as a path of Windows does: ``C:``."""
    return path[1:2] == ":"


def _is_ipv6(host: str) -> bool:
    if not (host.startswith("[") and host.endswith("]")) or "%" in host:
        return False
    try:
        ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return False
    return True
