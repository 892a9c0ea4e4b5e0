"""Types of notifications that plugins bring: which of them count, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from kanboard_core.calls import Call
from kanboard_core.configuration import load
from kanboard_core.events import Event
from kanboard_core.hooks import hookimpl
from kanboard_core.notifications import NotificationType, ProjectNotificationType, Recipient
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.server import Server


class Chat(NotificationType):
    """A type of accounts."""

    def __init__(self, name: Any) -> None:
        self.name = name

    def notify(self, call: Call, recipients: Sequence[Recipient], event: Event) -> None: ...


class Channel(ProjectNotificationType):
    """A type of projects."""

    def __init__(self, name: Any) -> None:
        self.name = name

    def notify(self, call: Call, project_id: int, event: Event) -> None: ...


def bringing(*types: Any, name: str = "chats") -> Plugin:
    """A third party's plugin with these types."""

    @hookimpl
    def register_notification_types() -> list[Any]:
        return list(types)

    module = SimpleNamespace(register_notification_types=register_notification_types)
    return Plugin(name, module, built_in=False, enabled=True, version="1")


def put_together(plugins: Plugins, *more: Plugin) -> tuple[set[str], set[str], dict[str, str]]:
    """The types of accounts and of projects of a server, and the plugins that failed with the reasons."""
    together = Plugins([*plugins, *more])
    server = Server(load(settings=[], environment={}, schema=together.schema), together)
    failures = {plugin.name: plugin.failure.reason for plugin in together if plugin.failure}
    return {*server.notification_types}, {*server.project_notification_types}, failures


def test_types_of_accounts_and_of_projects_are_apart(plugins: Plugins) -> None:
    accounts, projects, failures = put_together(plugins, bringing(Chat("chat"), Channel("chat"), Channel("web")))
    assert (accounts - {"chat"}, projects, failures) == ({"email", "web"}, {"chat", "web"}, {})
    assert "chat" in accounts


def test_a_name_belongs_to_the_first_and_to_built_in_plugins(plugins: Plugins) -> None:
    more = [bringing(Chat("web")), bringing(Chat("chat"), name="first"), bringing(Chat("chat"), name="second")]
    accounts, _, failures = put_together(plugins, *more)
    assert accounts == {"chat", "email", "web"}
    assert failures == {
        "chats": "there are notifications of the type web already",
        "second": "there are notifications of the type chat already",
    }


@pytest.mark.parametrize("wrong", ["text", Chat, Chat(""), Chat(None), Chat(7), Channel("x" * 51)])
def test_what_is_no_type(plugins: Plugins, wrong: Any) -> None:
    accounts, projects, failures = put_together(plugins, bringing(wrong))
    assert (accounts, projects) == ({"email", "web"}, set())
    assert "chats" in failures
    assert "must" in failures["chats"]


def test_people_are_called_by_their_names() -> None:
    named = [Recipient(1, "ada", name, None, None).display_name for name in ("Ada", "", None)]
    assert named == ["Ada", "ada", "ada"]
