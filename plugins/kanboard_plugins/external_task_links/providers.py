"""The kinds of external links that come with the server. Source: spec page "external_task_links"."""

from __future__ import annotations

import logging

import aiohttp

from kanboard_core import networks
from kanboard_core.configuration import Configuration
from kanboard_core.external_links import AUTO, ExternalLinkProvider
from kanboard_core.server import Server
from kanboard_plugins.external_task_links import addresses, pages

_logger = logging.getLogger(__name__)

#: endings of addresses that are pages all the same
_PAGES = frozenset(("html", "htm", "xhtml", "php", "jsp", "do", "action", "asp", "aspx", "cgi"))
_WEB = ("http://", "https://")
#: pages that are fetched at once
_CONNECTIONS = 32


class LocalFile(ExternalLinkProvider):
    """A file on a share or a machine: any scheme but those of the web."""

    type = "file"
    name = "Local File"

    def accepts(self, url: str) -> bool:
        """With a scheme that doesn't begin as those of web and FTP do."""
        return "://" in url and not url.startswith(("http", "ftp"))

    async def title(self, url: str) -> str:
        """The name of the file."""
        return _file_name(url)


class Attachment(ExternalLinkProvider):
    """A file on the web."""

    type = "attachment"
    name = "Attachment"

    def accepts(self, url: str) -> bool:
        """With an ending that isn't one of pages; query and fragment are looked at too."""
        if not url.startswith(_WEB):
            return False
        _, slash, last = url.partition("://")[2].rpartition("/")
        dot = last.rfind(".", 0, -1)
        return bool(slash) and dot >= 0 and last[dot + 1 :].lower() not in _PAGES

    async def title(self, url: str) -> str:
        """The name of the file, as it is written in the address."""
        return _file_name(url)


class WebLink(ExternalLinkProvider):
    """A web page. Fetches its title, in between ``open`` and ``close``."""

    type = "weblink"
    name = "Web Link"

    _session: aiohttp.ClientSession

    def open(self, configuration: Configuration) -> None:
        """Be ready to fetch pages. On the event loop."""
        self._session = networks.open_session(
            allow_private=configuration.flag("external_task_links", "external_link_allow_private_networks"),
            seconds=configuration.number("http", "http_timeout"),
            connections=_CONNECTIONS,
            verify=configuration.flag("http", "http_verify_ssl_certificate"),
        )

    async def close(self) -> None:
        """Fetch no more."""
        await self._session.close()

    def accepts(self, url: str) -> bool:
        """Any address of the web that is valid."""
        return url.startswith(_WEB) and addresses.is_valid(url)

    async def title(self, url: str) -> str:
        """The title of the page. Where that isn't known host and path, the address where it has no path.

        The address too when the page isn't to be fetched, for its host isn't public.
        """
        try:
            title = await pages.title_at(self._session, url)
        except networks.NotPublic as error:
            _logger.info("a page was linked and its title not fetched: %s isn't public", error)
            return url
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError):
            title = ""  # RuntimeError is what uvloop raises for some failures of connections
        if title:
            return title
        address = addresses.parts(url)
        return address.host + address.path if address and address.path else url


def web_link(server: Server) -> WebLink:
    """The provider of web pages of a server."""
    [found] = [provider for provider in server.external_link_providers.values() if isinstance(provider, WebLink)]
    return found


def chosen(server: Server, kind: str | None, url: str) -> ExternalLinkProvider | None:
    """The provider of a type, if it accepts an address; of the type ``auto`` the first that does."""
    providers = server.external_link_providers
    candidates = providers.values() if kind == AUTO else [providers[kind]] if kind in providers else []
    return next((provider for provider in candidates if provider.accepts(url)), None)


def _file_name(url: str) -> str:
    address = addresses.parts(url)
    return addresses.last_segment(address.path.replace("\\", "/")) if address else ""
