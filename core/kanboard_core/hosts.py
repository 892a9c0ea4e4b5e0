"""The address that a request was sent to, as its client says, for links in its answer.

It is what any client wants it to be, so nothing is kept of it: links in mails, calls of others and stored texts have
the configured address only. Source: spec page "projects", the last deviation.
"""

from __future__ import annotations

import functools
import ipaddress
import re

_HOST = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z", re.ASCII)


@functools.lru_cache(64)
def url(scheme: str, host: str, prefix: str) -> str:
    """What addresses below a prefix of this host begin with, such as ``https://example.org/``, with a closing slash.

    Empty for what is no host, and for one that means the machine itself (``localhost``, ``127.0.0.1``), which would
    lead others nowhere.
    """
    found = _HOST.match(host)
    if found is None or _is_the_machine_itself(found["name"].lower()):
        return ""
    return f"{scheme}://{host}{prefix}/"


def _is_the_machine_itself(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.startswith("[")  # an address in brackets that is none
    return address.is_loopback or address.is_unspecified
