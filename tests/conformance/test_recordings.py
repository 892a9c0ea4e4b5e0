"""Every recording matches, but for those whose rows an engine's schema forbids: ``limits-ENGINE.txt``."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.replay import Replay, load, names

from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, running

_HERE = Path(__file__).parent


def limits(engine: str) -> dict[str, str]:
    """The recordings that can't match on this engine, and why: its schema forbids something."""
    path = _HERE / f"limits-{engine}.txt"
    if not path.exists():
        return {}
    parts = (line.partition("#") for line in path.read_text(encoding="utf-8").splitlines())
    return {name.strip(): reason.strip() for name, _, reason in parts if name.strip()}


@pytest.mark.parametrize("name", names())
async def test_recording(name: str, database: Location, plugins: Plugins) -> None:
    recording = load(name)
    async with running(database, plugins=plugins, settings=["authentication.api_failures=0"]) as server:
        server.sql("UPDATE settings SET value = ? WHERE option = 'application_url'", server.base_url)
        lines = await Replay(server).differences(recording)
        engine = server.server.database.engine.kind
    if name in limits(engine):
        assert lines, f"{name} matches: take it out of limits-{engine}.txt"
    else:
        assert not lines, "\n".join([recording["about"], *lines])


def test_only_recordings_are_listed() -> None:
    for engine in ("postgres", "mysql"):
        assert set(limits(engine)) <= set(names())


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_limit_has_a_reason(engine: str) -> None:
    assert all(limits(engine).values())
