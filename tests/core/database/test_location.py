"""Where the database is: what the configured address may look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from kanboard_core.configuration import ConfigurationError, load
from kanboard_core.database import location
from kanboard_core.database.sqlite import Sqlite


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:data/db.sqlite", "data/db.sqlite"),
        ("sqlite3:db.sqlite", "db.sqlite"),
        ("sqlite:/var/lib/db.sqlite", "/var/lib/db.sqlite"),
        ("sqlite:///var/lib/my%20db.sqlite", "/var/lib/my db.sqlite"),
    ],
)
def test_the_address_of_a_file(url: str, path: str) -> None:
    engine = location.engine(load(environment={"DATABASE_URL": url}))
    assert isinstance(engine, Sqlite)
    assert engine.path == Path(path)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("data/db.sqlite", "must begin with sqlite:"),
        ("file:data/db.sqlite", "must begin with sqlite:"),
        ("sqlite:", "names no file"),
        ("mysql://u:hunter2@h/", "names no database"),
        ("postgresql://u:hunter2@h", "names no database"),
    ],
)
def test_another_address_is_refused_and_not_quoted(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        location.engine(load(environment={"DATABASE_URL": url}))
    assert "hunter2" not in str(refused.value)
