"""`kanboard.ini` and the page about the configuration: every option, from its declaration."""

from __future__ import annotations

import configparser
import types
from pathlib import Path

import pytest

from kanboard_core.configuration import Option, Section, load
from kanboard_core.documentation import configuration as documentation
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugin, Plugins, discovery

PROJECT = Path(__file__).parents[3]
DELIVERED = documentation.delivered_schema()
EVERYTHING = [pytest.param(s.name, o, id=f"{s.name}.{o.name}") for s, o in DELIVERED]


def register_gitlab() -> Section:
    return Section("gitlab", "Import from GitLab.", (Option("timeout", 5.0, "Seconds.", minimum=1),))


def test_kanboard_ini_has_every_option_in_order_and_at_its_default() -> None:
    path = PROJECT / "kanboard.ini"
    configuration = load(path, environment={}, schema=DELIVERED)
    defaults = load(environment={}, schema=DELIVERED)
    assert [configuration.shown(s.name, o.name) for s, o in DELIVERED] == [
        defaults.shown(s.name, o.name) for s, o in DELIVERED
    ]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, "utf-8")
    present = [(section, option) for section in parser.sections() for option in parser.options(section)]
    assert present == [(s.name, o.name) for s, o in DELIVERED]


def test_what_is_delivered_are_the_options_of_the_core_and_of_built_in_plugins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built_in = types.ModuleType("built_in")
    monkeypatch.setattr(built_in, "register_configuration", hookimpl(register_gitlab), raising=False)
    loaded = Plugins([Plugin("gitlab", built_in, built_in=True, enabled=True, version="1")])
    monkeypatch.setattr(discovery, "load", lambda: loaded)
    assert documentation.kanboard_ini().endswith("\ntimeout = 5\n")
    assert "| `timeout` | number | `5` | `KANBOARD_GITLAB_TIMEOUT` | Seconds. At least 1. |" in (documentation.page())


@pytest.mark.parametrize(("section", "option"), EVERYTHING)
def test_every_option_is_explained_in_full_sentences_and_documented(section: str, option: Option) -> None:
    assert option.help.endswith(".")
    row = next(line for line in documentation.page().splitlines() if f"`{option.variable(section)}`" in line)
    assert row.startswith(f"| `{option.name}` | {option.kind}")
