"""Kinds of external links that plugins bring: which of them count, in which order, and those that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from kanboard_core.configuration import load
from kanboard_core.external_links import ExternalLinkProvider
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.server import Server
from kanboard_core.testing import Client, Location, running

BUILT_IN = ["file", "attachment", "weblink"]


class Ticket(ExternalLinkProvider):
    """A ticket, at an address that a web page could have too."""

    type = "ticket"
    name = "Ticket"
    dependencies: Mapping[str, str] = {"cause": "Is caused by"}

    def accepts(self, url: str) -> bool:
        return "/tickets/" in url

    async def title(self, url: str) -> str:
        return "Ticket " + url.rpartition("/")[2]


class Failing(Ticket):
    """One that can do nothing."""

    def accepts(self, url: str) -> bool:
        if "odd" in url:
            raise RuntimeError("odd")
        return super().accepts(url)

    async def title(self, url: str) -> Any:
        if url.endswith("none"):
            return None
        raise SystemExit


def bringing(*providers: Any, name: str = "tickets") -> Plugin:
    """A third party's plugin with these providers."""

    @hookimpl
    def register_external_link_providers() -> list[Any]:
        return list(providers)

    module = SimpleNamespace(register_external_link_providers=register_external_link_providers)
    return Plugin(name, module, built_in=False, enabled=True, version="1")


def put_together(plugins: Plugins, *more: Plugin) -> tuple[list[str], dict[str, str]]:
    """The types of a server with more plugins, in the order in which they are tried; why plugins failed."""
    together = Plugins([*plugins, *more])
    server = Server(load(environment={}, schema=together.schema), together)
    return [*server.external_link_providers], {
        plugin.name: plugin.failure.reason for plugin in server.plugins if plugin.failure
    }


def made(**declared: Any) -> ExternalLinkProvider:
    """A provider with other declarations."""
    provider = Ticket()
    for name, value in declared.items():
        setattr(provider, name, value)
    return provider


def test_those_of_others_are_tried_before_the_built_in_ones(plugins: Plugins) -> None:
    assert put_together(plugins) == (BUILT_IN, {})
    assert put_together(plugins, bringing(Ticket())) == (["ticket", *BUILT_IN], {})


def test_a_type_that_is_taken_leaves_its_plugin_out(plugins: Plugins) -> None:
    taken = "external links of the type {} are those of {}".format
    types, failed = put_together(plugins, bringing(made(type="weblink")))
    assert (types, failed) == (BUILT_IN, {"tickets": taken("weblink", "external_task_links")})
    types, failed = put_together(plugins, bringing(Ticket()), bringing(Ticket(), made(type="other"), name="more"))
    assert (types, failed) == (["ticket", *BUILT_IN], {"more": taken("ticket", "tickets")})


@pytest.mark.parametrize(
    ("provider", "reason"),
    [
        (made(type=""), "must have a type, a text"),
        (made(type=7), "must have a type, a text"),
        (made(name=None), "must have a name, a text"),
        (made(type="auto"), 'must have a type other than "auto", of at most 100 characters'),
        (made(type="t" * 101), 'must have a type other than "auto", of at most 100 characters'),
        (made(dependencies=["related"]), "must have dependencies, texts by texts"),
        (made(dependencies={"related": 1}), "must have dependencies, texts by texts"),
        (Ticket, "register_external_link_providers must answer providers, not"),
        ("ticket", "register_external_link_providers must answer providers, not"),
    ],
)
def test_what_is_wrong_with_a_provider_is_said(plugins: Plugins, provider: Any, reason: str) -> None:
    types, failed = put_together(plugins, bringing(provider))
    assert types == BUILT_IN
    assert reason in failed["tickets"]


async def link(application: Client, url: str, **arguments: Any) -> dict[str, Any]:
    """What a link to an address looks like in the list."""
    created = await application.createExternalTaskLink(task_id=1, url=url, dependency="cause", **arguments)
    [found] = [found for found in await application.getAllExternalTaskLinks(1) if found["id"] == created]
    return {key: found[key] for key in ("link_type", "title", "type", "dependency_label")}


@pytest.fixture
def with_a_task(database: Location, plugins: Plugins) -> Callable[[ExternalLinkProvider], Any]:
    """Runs a server with another provider; there is the task 1."""

    def run(provider: ExternalLinkProvider) -> Any:
        return running(database, plugins=Plugins([*plugins, bringing(provider)]))

    return run


async def test_links_of_another_type(with_a_task: Callable[[ExternalLinkProvider], Any]) -> None:
    async with with_a_task(Ticket()) as server:
        application = server.client()
        await application.createTask("Task", await application.createProject("One"))
        shown = {"link_type": "ticket", "title": "Ticket 12", "type": "Ticket", "dependency_label": "Is caused by"}
        assert await link(application, "http://example.org/tickets/12") == shown
        assert (await link(application, "http://example.org/tickets/12", type="weblink", title="T"))[
            "type"
        ] == "Web Link"
        assert await application.createExternalTaskLink(1, "http://example.org/", "cause", "ticket") is False
        assert [*(await application.getExternalTaskLinkTypes())] == ["auto", "attachment", "file", "ticket", "weblink"]
        assert await application.getExternalTaskLinkProviderDependencies("ticket") == {"cause": "Is caused by"}
        assert await application.createExternalTaskLink(1, "http:///tickets/12", "cause") is False, "no valid URL"


async def test_one_that_fails_is_passed_over_and_reported(with_a_task: Callable[[ExternalLinkProvider], Any]) -> None:
    async with with_a_task(Failing()) as server:
        application = server.client()
        await application.createTask("Task", await application.createProject("One"))
        for url in ("http://example.org/tickets/12", "http://example.org/tickets/none"):
            assert (await link(application, url))["title"] == url
        assert server.incidents == {"tickets": "finding titles of the type ticket"}
        assert (await link(application, "http://example.org/tickets/odd", title="T"))["link_type"] == "weblink"
        assert server.incidents == {"tickets": "accepting addresses of the type ticket"}


async def test_links_of_a_type_that_nobody_serves_any_more(
    with_a_task: Callable[[ExternalLinkProvider], Any], database: Location, plugins: Plugins
) -> None:
    async with with_a_task(Ticket()) as server:
        application = server.client()
        await application.createTask("Task", await application.createProject("One"))
        await link(application, "http://example.org/tickets/12")
    async with running(database, plugins=plugins) as server:
        [found] = await server.client().getAllExternalTaskLinks(1)
        assert (found["link_type"], found["type"], found["dependency_label"]) == ("ticket", "Unknown", "cause")
