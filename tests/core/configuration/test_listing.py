"""What an operator is shown of the configuration in force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kanboard_core.configuration import CORE_SCHEMA, ConfigurationError, Option, Schema, Section, load
from kanboard_core.configuration.listing import lines, listing

GITLAB = Section(
    "gitlab",
    "",
    (
        Option("timeout", 5.0, ""),
        Option("token", "", "", secret=True),
        Option("projects", (), ""),
        Option("title", "Merge requests", ""),
    ),
)
EMPTY = Section("empty", "", ())
SCHEMA = Schema((GITLAB, EMPTY, Section("rss", "", (Option("items", 20, ""), Option("on", True, "")))))


def test_every_option_has_a_line_with_its_value_and_beside_it_where_that_comes_from(tmp_path: Path) -> None:
    ini = tmp_path / "kanboard.ini"
    ini.write_text("[gitlab]\nprojects = a,b\n[rss]\non = ${RSS}\n")
    configuration = load(
        ini, settings=["gitlab.timeout=1.50"], environment={"KANBOARD_RSS_ITEMS": "7", "RSS": "off"}, schema=SCHEMA
    )
    assert list(lines(configuration)) == [
        "[gitlab]",
        "timeout = 1.5           command line",
        "token =                 default",
        f"projects = a, b         file {ini}",
        "title = Merge requests  default",
        "",
        "[rss]",
        "items = 7               environment KANBOARD_RSS_ITEMS",
        f"on = false              file {ini}, environment RSS",
    ]


def test_a_long_value_moves_only_its_own_origin() -> None:
    configuration = load(settings=[f"gitlab.title={'x' * 60}"], environment={}, schema=SCHEMA)
    assert list(lines(configuration, "gitlab"))[1:] == [
        "timeout = 5  default",
        "token =      default",
        "projects =   default",
        f"title = {'x' * 60}  command line",
    ]


def test_a_listing_has_values_of_their_own_types() -> None:
    configuration = load(settings=["gitlab.projects=a,b", "rss.items=20"], environment={}, schema=SCHEMA)
    shown = listing(configuration)
    assert json.loads(json.dumps(shown)) == {
        "gitlab": {
            "timeout": {"value": 5.0, "origin": "default", "secret": False, "set": False},
            "token": {"value": "", "origin": "default", "secret": True, "set": False},
            "projects": {"value": ["a", "b"], "origin": "command line", "secret": False, "set": True},
            "title": {"value": "Merge requests", "origin": "default", "secret": False, "set": False},
        },
        "rss": {
            "items": {"value": 20, "origin": "command line", "secret": False, "set": False},
            "on": {"value": True, "origin": "default", "secret": False, "set": False},
        },
    }


def test_a_secret_is_never_shown() -> None:
    configuration = load(settings=["gitlab.token=hunter2"], environment={}, schema=SCHEMA)
    assert listing(configuration, "gitlab.token") == {
        "gitlab": {"token": {"value": None, "origin": "command line", "secret": True, "set": True}}
    }
    assert list(lines(configuration, "gitlab.token")) == ["[gitlab]", "token = (hidden)  command line"]
    assert "hunter2" not in "\n".join(lines(configuration))


def test_a_section_or_an_option_may_be_chosen() -> None:
    configuration = load(environment={}, schema=SCHEMA)
    assert list(listing(configuration, "rss")) == ["rss"]
    assert {section: list(options) for section, options in listing(configuration, "rss.on").items()} == {"rss": ["on"]}
    assert list(lines(configuration, "rss.on")) == ["[rss]", "on = true  default"]
    assert (listing(configuration, "empty"), list(lines(configuration, "empty"))) == ({}, [])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("sever", '; did you mean "server"?'),
        ("server.prot", '; did you mean "server.port"?'),
        ("Server.Port", '; did you mean "server.port"?'),
        ("port", '; did you mean "server.port"?'),
        ("of-nobody", ""),
    ],
)
def test_what_there_is_not_gets_a_suggestion(name: str, hint: str) -> None:
    configuration = load(environment={}, schema=CORE_SCHEMA)
    for show in (listing, lambda *arguments: list(lines(*arguments))):
        with pytest.raises(ConfigurationError) as refused:
            show(configuration, name)
        assert str(refused.value) == f'there is no section or option "{name}"{hint}'
