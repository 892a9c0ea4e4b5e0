"""Signing in on the pages by what a reverse proxy says of its user."""

from kanboard_core.backends import PageBackend
from kanboard_core.configuration import Section
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import PluginError
from kanboard_core.server import Server
from kanboard_plugins.reverse_proxy import configuration
from kanboard_plugins.reverse_proxy.headers import Headers
from kanboard_plugins.reverse_proxy.vouching import ReverseProxy

requires = ("users", "web")


@hookimpl
def register_configuration() -> Section:
    """Whether a proxy is believed, and the headers that it sends."""
    return configuration.SECTION


@hookimpl
def register_authentication_backends(server: Server) -> list[PageBackend]:
    """The proxy's word, where it is wanted."""
    if not server.configuration.flag("reverse_proxy", "reverse_proxy_auth"):
        return []
    if not server.configuration.items("server", "trusted_proxy_networks"):
        raise PluginError("[reverse_proxy] reverse_proxy_auth needs [server] trusted_proxy_networks")
    excluded = frozenset(server.configuration.items("authentication", "external_auth_exclude_fields"))
    return [ReverseProxy(Headers(server.configuration), server.proxies, excluded)]
