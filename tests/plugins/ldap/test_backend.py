"""How long a directory may take, and what happens without the library."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from typing import Any

import pytest

pytest.importorskip("ldap3")

from tests.plugins.ldap.conftest import silent_server
from tests.waiting import PATIENCE

from kanboard_core.directories import DirectoryUnavailable
from kanboard_core.plugins import Plugins
from kanboard_core.testing import running
from kanboard_plugins.ldap import backend
from kanboard_plugins.ldap.backend import backend_of
from kanboard_plugins.ldap.configuration import NOT_INSTALLED


def settings_for(url: str) -> list[str]:
    """A server that asks the directory there."""
    return ["ldap.ldap_auth=yes", f"ldap.ldap_server={url}", "ldap.ldap_user_filter=uid=%s"]


async def test_a_directory_that_answers_too_slowly_is_left(
    database: Any, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, left = threading.Event(), threading.Event()

    def answer_slowly(listening: socket.socket) -> None:
        link, _ = listening.accept()
        begun.set()
        with link:
            link.recv(1000)
            link.sendall(b"\x30\x84\x7f\xff\xff\xff")  # the beginning of a long message
            try:
                while not left.wait(0.05):
                    link.sendall(b"\0")
            except OSError:
                left.set()

    monkeypatch.setattr(backend, "_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer_slowly, args=[listening])
        thread.start()
        settings = settings_for(f"ldap://127.0.0.1:{listening.getsockname()[1]}")
        async with running(database, plugins=plugins, settings=settings) as server:
            asked = backend_of(server.server)
            assert asked is not None
            while not begun.is_set():  # on a busy machine it may take too long before it comes to that
                with pytest.raises(DirectoryUnavailable, match="took too long"):
                    await asked.ask("bob", "bob-word")
            assert await asyncio.to_thread(left.wait, 30)
        thread.join()


async def test_those_who_are_too_many_fail_at_once(
    database: Any, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "_CONVERSATIONS", 3)
    monkeypatch.setattr(backend, "_SECONDS", PATIENCE)  # their steps have a limit of their own
    with silent_server() as url:
        async with running(database, plugins=plugins, settings=settings_for(url)) as server:
            asked = backend_of(server.server)
            assert asked is not None
            waiting = [asyncio.create_task(asked.ask(f"person{number}", "any")) for number in range(3)]
            await asyncio.sleep(0)
            with pytest.raises(DirectoryUnavailable, match="3 others are asking"):
                await asked.ask("bob", "bob-word")
            for outcome in await asyncio.gather(*waiting, return_exceptions=True):
                assert "timed out" in str(outcome)
            with pytest.raises(DirectoryUnavailable, match="timed out"):
                await asked.ask("bob", "bob-word")


async def test_without_the_library_one_sentence_says_what_to_do(
    database: Any, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("conversation", "directory", "backend"):
        monkeypatch.delitem(sys.modules, f"kanboard_plugins.ldap.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "ldap3", None)
    settings = settings_for("ldap://127.0.0.1")
    async with running(database, plugins=plugins, settings=settings, failures=True) as server:
        assert server.server.plugins.get("ldap").failure is not None
        assert await server.client("admin", "admin").getMe()
    assert NOT_INSTALLED in caplog.text


async def test_the_library_is_not_imported_while_it_is_off(
    database: Any, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ldap3", None)
    async with running(database, plugins=plugins) as server:
        assert server.server.plugins.get("ldap").runs
        assert await server.client().createLdapUser("bob") is False
