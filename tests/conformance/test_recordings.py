"""Every recording matches, but for those that are listed, and those don't: ``pending.txt``, ``limits-ENGINE.txt``."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.replay import Replay, load, names

from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, running

_HERE = Path(__file__).parent


def pending() -> dict[str, str]:
    """The recordings that don't match yet, and what is said about them."""
    return _listed(_HERE / "pending.txt")


def limits(engine: str) -> dict[str, str]:
    """The recordings that can't match on this engine, and why: its schema forbids something."""
    path = _HERE / f"limits-{engine}.txt"
    return _listed(path) if path.exists() else {}


def _listed(path: Path) -> dict[str, str]:
    parts = (line.partition("#") for line in path.read_text(encoding="utf-8").splitlines())
    return {name.strip(): reason.strip() for name, _, reason in parts if name.strip()}


@pytest.mark.parametrize("name", names())
async def test_recording(name: str, database: Location, plugins: Plugins) -> None:
    recording = load(name)
    async with running(database, plugins=plugins, settings=["authentication.api_failures=0"]) as server:
        server.sql("UPDATE settings SET value = ? WHERE option = 'application_url'", server.base_url)
        lines = await Replay(server).differences(recording)
        engine = server.server.database.engine.kind
    if name in pending() | limits(engine):
        assert lines, f"{name} matches: take it out of {'pending' if name in pending() else f'limits-{engine}'}.txt"
    else:
        assert not lines, "\n".join([recording["about"], *lines])


def test_only_recordings_are_listed() -> None:
    assert set(pending()) <= set(names())


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_limit_has_a_reason_and_is_not_pending(engine: str) -> None:
    assert set(limits(engine)) <= set(names())
    assert all(limits(engine).values())
    assert not set(pending()) & set(limits(engine))
