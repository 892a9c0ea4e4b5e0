"""Carriers as plugins declare them: one for each kind, and what is wrong with one leaves its plugin out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kanboard_core.carriers import Carrier
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.server import Server
from kanboard_core.testing import Location, running


class Pigeon(Carrier):
    """Delivers nothing."""

    def __init__(self, kind: Any = "pigeon", at_once: Any = 1) -> None:
        self.kind, self.at_once = kind, at_once

    async def deliver(self, payload: Any) -> None:
        """Fly away."""


def loft(name: str, *carriers: Any, built_in: bool = False) -> Plugin:
    """A plugin with carriers."""

    @hookimpl
    def register_carriers(server: Server) -> list[Any]:
        return [*carriers]

    return Plugin(name, SimpleNamespace(register_carriers=register_carriers), built_in, enabled=True, version="1")


async def test_carriers_are_found_by_their_kind(database: Location, plugins: Plugins) -> None:
    one, other = Pigeon("one"), Pigeon("other")
    async with running(database, plugins=Plugins([*plugins, loft("a", one), loft("b", other)])) as server:
        found = server.server.carriers
        assert (found["one"], found["other"]) == (one, other)


async def test_a_kind_has_one_carrier_and_a_built_in_one_counts(database: Location, plugins: Plugins) -> None:
    built_in = Pigeon()
    lofts = [loft("late", Pigeon()), loft("early", built_in, built_in=True)]
    async with running(database, plugins=Plugins([*plugins, *lofts]), failures=True) as server:
        assert server.server.carriers["pigeon"] is built_in
        failure = server.server.plugins.get("late").failure
    assert failure is not None
    assert failure.reason == "messages of the kind pigeon are carried by early"


@pytest.mark.parametrize(
    ("carrier", "reason"),
    [
        ("a pigeon", "register_carriers must answer carriers, not 'a pigeon'"),
        (Pigeon(""), "the carrier Pigeon must have a kind, a text of at most 50 characters"),
        (Pigeon("p" * 51), "the carrier Pigeon must have a kind, a text of at most 50 characters"),
        (Pigeon(None), "the carrier Pigeon must have a kind, a text of at most 50 characters"),
        (Pigeon(at_once=0), "the carrier Pigeon must take at least one message at once"),
    ],
)
async def test_what_is_no_carrier_leaves_the_plugin_out(
    carrier: Any, reason: str, database: Location, plugins: Plugins
) -> None:
    async with running(database, plugins=Plugins([*plugins, loft("loft", carrier)]), failures=True) as server:
        failure = server.server.plugins.get("loft").failure
    assert failure is not None
    assert failure.reason == reason
