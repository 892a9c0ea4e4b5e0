"""What a proxy says of its user, in the headers that are configured."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from kanboard_core.configuration import Configuration
from kanboard_core.permissions import ApplicationRole
from kanboard_core.proxies import header_name


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a user."""

    username: str
    #: "": nothing
    name: str
    email: str
    #: that of an account which is made for the user
    role: str


class Headers:
    """Reads the headers."""

    def __init__(self, configuration: Configuration) -> None:
        def text(option: str) -> str:
            return configuration.text("reverse_proxy", option)

        self._username = header_name(text("reverse_proxy_user_header"))
        self._email = header_name(text("reverse_proxy_email_header"))
        self._name = header_name(text("reverse_proxy_fullname_header"))
        self._default_admin = text("reverse_proxy_default_admin")
        self._default_domain = text("reverse_proxy_default_domain")

    def username(self, request: web.BaseRequest) -> str:
        """The user name; "" when none was said, or more than one, of which the client may have sent the first."""
        said = request.headers.getall(self._username, ())
        return _readable(said[0]) if len(said) == 1 else ""

    def said(self, request: web.BaseRequest) -> Said:
        """Everything that was said."""
        username = self.username(request)
        email = _readable(request.headers.get(self._email, ""))
        if not email and self._default_domain:
            email = f"{username}@{self._default_domain}"
        role = ApplicationRole.ADMIN if username == self._default_admin else ApplicationRole.USER
        return Said(username, _readable(request.headers.get(self._name, "")), email, role.value)


def _readable(value: str) -> str:
    """A header's text; "" when it isn't UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return ""
    return value.strip()
