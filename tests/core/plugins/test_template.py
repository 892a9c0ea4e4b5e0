"""Plugins begun from the template: what is written, and when nothing is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from kanboard_core.plugins import template
from kanboard_core.plugins.template import TemplateError, default_folder, fill

ORIGINAL = Path(__file__).parents[3] / "plugin_template"


def test_a_plugin_is_the_template_under_another_name(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    written = fill("votes", folder)
    assert written == sorted(path for path in folder.rglob("*") if path.is_file())
    assert [path.relative_to(folder).as_posix() for path in written if "kanboard_votes/m" in path.as_posix()] == [
        "kanboard_votes/migrations.py",
        "kanboard_votes/models.py",
    ]
    assert not [path for path in folder.rglob("*") if re.search("notebook", path.name, re.I)]
    for path in written:
        text = path.read_text("utf-8")
        assert not re.search("notebook", text, re.I), path
        original = ORIGINAL / path.relative_to(folder).as_posix().replace("votes", "notebook")
        assert len(text.splitlines()) == len(original.read_text("utf-8").splitlines())


def test_each_spelling_has_its_own_form(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    fill("time_log", folder)
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["name"] == "kanboard-time-log"
    assert project["project"]["entry-points"]["kanboard.plugins"] == {"time_log": "kanboard_time_log"}
    assert '@procedure("createTimeLogNote"' in (folder / "kanboard_time_log" / "procedures.py").read_text("utf-8")
    assert default_folder("time_log") == Path("kanboard-time-log")


def test_without_a_folder_it_goes_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Path("kanboard-votes/pyproject.toml") in fill("votes")
    assert [path.name for path in tmp_path.iterdir()] == ["kanboard-votes"]


def test_what_tools_left_in_the_template_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = tmp_path / "used"
    (used / "kanboard_notebook" / "__pycache__").mkdir(parents=True)
    (used / "kanboard_notebook" / "__pycache__" / "models.pyc").write_bytes(b"\xff")
    (used / "kanboard_notebook" / "models.py").write_text("")
    (used / ".gitignore").write_text("/data/\n__pycache__/\n")
    monkeypatch.setattr(template, "_template", lambda: used)
    assert fill("votes", tmp_path / "new") == [
        tmp_path / "new" / ".gitignore",
        tmp_path / "new" / "kanboard_votes" / "models.py",
    ]


@pytest.mark.parametrize("name", ["", "Votes", "1votes", "vo-tes", "vo.tes", "votes_", "vo__tes", "vötes", "v" * 42])
def test_a_name_that_python_and_the_wire_cannot_bear_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TemplateError, match="can't be the name of a plugin: it must be lower-case letters"):
        fill(name, tmp_path / "new")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["core", "server", "plugins", "database", "serve", "token"])
def test_a_name_of_the_server_itself_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TemplateError, match="the server itself uses it"):
        fill(name, tmp_path / "new")


def test_the_name_of_an_installed_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="'tasks' is installed already, from the package kanboard-server"):
        fill("tasks", tmp_path / "new")


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_nothing_is_overwritten(tmp_path: Path, kind: str) -> None:
    there = tmp_path / "there"
    match kind:
        case "folder":
            there.mkdir()
        case "file":
            there.write_text("mine")
        case "link":
            there.symlink_to("nowhere")
    with pytest.raises(TemplateError, match="exists already, and nothing is overwritten"):
        fill("votes", there)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot be written: No such file or directory"):
        fill("votes", tmp_path / "no" / "such")


def test_a_failure_in_between_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote = []

    def fail_at_the_third(path: Path, text: str, **others: str) -> None:
        wrote.append(path)
        if len(wrote) == 3:
            raise OSError(28, "No space left on device")
        path.write_bytes(text.encode())

    monkeypatch.setattr(Path, "write_text", fail_at_the_third)
    with pytest.raises(TemplateError, match="cannot be written: No space left on device"):
        fill("votes", tmp_path / "new")
    assert len(wrote) == 3
    assert not list(tmp_path.iterdir())
