"""Pages: signing in with captcha and second factor, one's own token, locked accounts."""

import asyncio

from kanboard_core.configuration import Section
from kanboard_core.hooks import hookimpl
from kanboard_core.routes import Route
from kanboard_plugins.web import configuration, documents, routes

requires = ("users",)


@hookimpl
def register_configuration() -> Section:
    """How long sessions last, and what the pages offer."""
    return configuration.SECTION


@hookimpl
def register_routes() -> list[Route]:
    """The pages."""
    return routes.ROUTES


@hookimpl
async def server_started() -> None:
    """Templates are compiled before anybody asks for a page."""
    await asyncio.to_thread(documents.templates)
