"""``kanboard-server config``: what is in force, and whether a server would start with it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kanboard_core.commands import main
from kanboard_core.plugins import discovery

PLUGINS = {
    "gitlab": """
from kanboard_core.hooks import hookimpl
from kanboard_core.configuration.options import Option, Section

@hookimpl
def register_configuration():
    return Section("gitlab", "", (Option("timeout", 5.0, "", minimum=1), Option("token", "", "", secret=True)))
""",
    "needy": """
from kanboard_core.hooks import hookimpl

requires = ("gitlab",)

@hookimpl
def server_started(server):
    pass
""",
    "broken": "raise RuntimeError('no\\n  such library')",
    "clumsy": """
from kanboard_core.hooks import hookimpl

@hookimpl
def register_procedures(server):
    raise KeyError("setting")
""",
    "stray": "",
}


@pytest.fixture
def ini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The configuration file of an operator who has installed those plugins; the environment says nothing."""
    names = {name: f"checked_{name}" for name in PLUGINS}
    for name, source in PLUGINS.items():
        (tmp_path / f"{names[name]}.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = [EntryPoint(name, module, discovery.GROUP) for name, module in names.items()]
    monkeypatch.setattr(discovery, "entry_points", lambda group: EntryPoints([*entry_points(group=group), *entries]))
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith(("KANBOARD_", "API_", "DATABASE_"))]:
        monkeypatch.delenv(variable)
    yield tmp_path / "kanboard.ini"
    for module in names.values():
        sys.modules.pop(module, None)


def config(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["config", *arguments])


def problems(*arguments: str) -> list[str]:
    """What a check finds."""
    checked = config("--check", *arguments)
    assert checked.exit_code == 2, checked.output
    return checked.stdout.splitlines()


# What is shown


def test_the_configuration_is_shown_with_the_sections_of_plugins(ini: Path) -> None:
    ini.write_text("[plugins]\nenabled = gitlab\n[gitlab]\ntoken = hunter2\n")
    shown = config("--set", "gitlab.timeout=7")
    assert shown.exit_code == 0
    assert "\n[plugins]\nenabled = gitlab" in shown.stdout
    lines = shown.stdout.splitlines()
    timeout, token = lines[lines.index("[gitlab]") + 1 :][:2]
    assert timeout.split() == ["timeout", "=", "7", "command", "line"]
    assert token.split() == ["token", "=", "(hidden)", "file", "kanboard.ini"]
    assert "hunter2" not in shown.output


def test_a_part_is_shown_and_json_on_request(ini: Path) -> None:
    ini.write_text("[server]\nport = 81\n")
    assert config("server.port").stdout == "[server]\nport = 81  file kanboard.ini\n"
    assert json.loads(config("server.port", "--json").stdout) == {
        "server": {"port": {"value": 81, "origin": "file kanboard.ini", "secret": False, "set": True}}
    }


def test_what_there_is_not_gets_a_suggestion(ini: Path) -> None:
    refused = config("server.prot")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        'kanboard-server: there is no section or option "server.prot"; did you mean "server.port"?\n'
    )


def test_a_configuration_that_is_wrong_is_not_shown(ini: Path) -> None:
    ini.write_text("[server]\nport = a\npath = b\n")
    refused = config()
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == 'kanboard-server: kanboard.ini: [server] port must be a whole number, not "a"\n'


# What is checked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[server]\nport = 81\n",
        "[plugins]\nenabled = gitlab, needy\ndisabled = tags\n[gitlab]\ntimeout = 7\n",
        "[gitlab]\nanything = of a plugin that is off\n",
    ],
)
def test_a_valid_configuration_is_said_to_be(ini: Path, text: str) -> None:
    ini.write_text(text)
    checked = config("--check")
    assert (checked.exit_code, checked.output) == (0, "the configuration is valid\n")


def test_nothing_is_made_by_a_check(ini: Path) -> None:
    config("--check")
    assert not (ini.parent / "data").exists()


def test_every_problem_has_a_line(ini: Path) -> None:
    ini.write_text(
        "[server]\nport = a\nprot = 1\n[plugins]\nenabled = gitlab, gitlob\ndisabled = tagz\n"
        "[gitlab]\ntimeout = 0\ntoken = ${TOKEN}\n[gitlap]\n"
    )
    assert problems("--set", "port=1", "--set", "database.readers=0") == [
        'kanboard.ini: [server] port must be a whole number, not "a"',
        'kanboard.ini: there is no option "prot" in [server]; did you mean "port"?',
        'kanboard.ini: [gitlab] timeout must be at least 1, not "0"',
        "kanboard.ini: [gitlab] token needs the environment variable TOKEN, which is not set",
        'kanboard.ini: there is no section [gitlap]; did you mean "gitlab"?',
        '--set "port" is not of the form section.option=value; did you mean "server.port=..."?',
        '--set database.readers: [database] readers must be between 1 and 1000, not "0"',
        "there is no plugin 'gitlob'; did you mean \"gitlab\"?",
        "there is no plugin 'tagz'; did you mean \"tags\"?",
    ]


def test_a_missing_requirement_is_a_problem_and_does_not_hide_the_others(ini: Path) -> None:
    ini.write_text("[server]\nport = a\n[plugins]\nenabled = needy\n")
    first, second = problems()
    assert first == 'kanboard.ini: [server] port must be a whole number, not "a"'
    assert second.startswith("plugin needy requires the plugin 'gitlab', which isn't enabled")


def test_a_plugin_that_fails_is_a_problem(ini: Path) -> None:
    ini.write_text("[plugins]\nenabled = broken, clumsy, stray\n")
    found = problems()
    assert "plugin broken failed at import: RuntimeError: no such library" in found
    assert "plugin clumsy failed at registration: KeyError: 'setting'" in found
    assert any(line.startswith("plugin stray failed at registration: ") for line in found)
    assert len(found) == 3


def test_the_address_of_the_database_is_checked_too(ini: Path) -> None:
    assert problems("--database", "db.sqlite") == [
        "[database] database_url must begin with sqlite: (and a file), postgresql: or mysql:"
    ]


def test_a_file_that_cannot_be_read_is_one_problem(ini: Path) -> None:
    assert problems("--config", "missing.ini") == ["missing.ini cannot be read: No such file or directory"]


def test_names_of_plugins_that_cannot_be_read_are_a_problem(ini: Path) -> None:
    ini.write_text("[plugins]\nenabled = ${PLUGINS}\n[gitlab]\ntimeout = 7\n")
    assert problems() == ["kanboard.ini: [plugins] enabled needs the environment variable PLUGINS, which is not set"]


def test_a_check_is_of_everything(ini: Path) -> None:
    for arguments in (["server"], ["--json"]):
        refused = config("--check", *arguments)
        assert refused.exit_code == 2
        assert "--check is about everything" in refused.stderr
