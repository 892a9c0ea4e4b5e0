"""Engines as the configuration names them, and why they can't be opened."""

from __future__ import annotations

import pytest

from kanboard_core.configuration import load
from kanboard_core.database import location
from kanboard_core.database.engine import CannotOpen, Engine


def configured(url: str, **options: str) -> Engine:
    """The engine of a URL, with these options of ``[database]``. Raises ConfigurationError."""
    settings = [f"database.{name}={value}" for name, value in options.items()]
    return location.engine(load(environment={"DATABASE_URL": url}, settings=settings))


def refusal(engine: Engine) -> str:
    """The sentence with which a server would refuse to start on it."""
    with pytest.raises(CannotOpen) as raised:
        location.prepare(engine, load())
    return str(raised.value)
