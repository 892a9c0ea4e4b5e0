"""Pages: signing in with captcha and second factor, one's own token, locked accounts."""

from kanboard_core.configuration import Section
from kanboard_core.hooks import hookimpl
from kanboard_core.routes import Route
from kanboard_plugins.web import configuration, routes


@hookimpl
def register_configuration() -> Section:
    """How long sessions last, and what the pages offer."""
    return configuration.SECTION


@hookimpl
def register_routes() -> list[Route]:
    """The pages."""
    return routes.ROUTES
