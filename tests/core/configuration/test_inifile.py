"""Editing a configuration file: one item comes or goes, and every other byte stays where it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kanboard_core.configuration import ConfigurationError, parsed, text_of
from kanboard_core.configuration.inifile import items, replace_file, with_item, without_item

PROJECT = Path(__file__).parents[3]


def enabled(text: str, item: str = "wiki") -> str:
    return with_item(text, "plugins", "enabled", item)


def without(text: str, item: str = "wiki") -> str:
    return without_item(text, "plugins", "enabled", item)


# An item comes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # The option is there.
        ("[plugins]\nenabled = gitlab\n", "[plugins]\nenabled = gitlab, wiki\n"),
        ("[plugins]\nenabled =\n", "[plugins]\nenabled = wiki\n"),
        ("[plugins]\nenabled = \t\n", "[plugins]\nenabled = \twiki\n"),
        ("[plugins]\nenabled=\n", "[plugins]\nenabled=wiki\n"),
        ("[plugins]\nenabled=a,b\n", "[plugins]\nenabled=a,b, wiki\n"),
        ("[plugins]\nenabled = gitlab,\n", "[plugins]\nenabled = gitlab, wiki\n"),
        ("[plugins]\nenabled = gitlab  \n", "[plugins]\nenabled = gitlab, wiki  \n"),
        ("[plugins]\nEnabled = gitlab", "[plugins]\nEnabled = gitlab, wiki"),
        ("[plugins]\nenabled = wikis\n", "[plugins]\nenabled = wikis, wiki\n"),
        ("[plugins]\nenabled = ${PLUGINS}\n", "[plugins]\nenabled = ${PLUGINS}, wiki\n"),
        # It goes over several lines.
        ("[plugins]\nenabled =\n    gitlab\n    rss\n", "[plugins]\nenabled =\n    gitlab\n    rss\n    wiki\n"),
        ("[plugins]\nenabled = a,\n  gitlab\n", "[plugins]\nenabled = a,\n  gitlab,\n  wiki\n"),
        ("[plugins]\nenabled = a,\n  gitlab,", "[plugins]\nenabled = a,\n  gitlab,\n  wiki,"),
        ("[plugins]\nenabled = a,\n  b, c\n", "[plugins]\nenabled = a,\n  b, c, wiki\n"),
        ("[plugins]\nenabled =\n  a\n# b\n  c = 1\n", "[plugins]\nenabled =\n  a\n  wiki\n# b\n  c = 1\n"),
        # The option is not there: the end of its section, but comments go with what comes after them.
        ("[plugins]\n", "[plugins]\nenabled = wiki\n"),
        ("[plugins]", "[plugins]\nenabled = wiki\n"),
        (
            "[plugins]\ndisabled = me,\n  tags\n\n# The rest.\n[logging]\nlevel = info\n",
            "[plugins]\ndisabled = me,\n  tags\nenabled = wiki\n\n# The rest.\n[logging]\nlevel = info\n",
        ),
        ("[plugins]\n  disabled = me\n  [logging]\n", "[plugins]\n  disabled = me\n  enabled = wiki\n  [logging]\n"),
        ("[plugins]\n  [logging]\n", "[plugins]\n  enabled = wiki\n  [logging]\n"),
        ("[logging]\n#enabled = rss\n[plugins]\n", "[logging]\n#enabled = rss\n[plugins]\nenabled = wiki\n"),
        ("[gitlab]\nenabled = a\n[plugins]\n", "[gitlab]\nenabled = a\n[plugins]\nenabled = wiki\n"),
        # The section is not there.
        ("", "[plugins]\nenabled = wiki\n"),
        ("\ufeff", "\ufeff[plugins]\nenabled = wiki\n"),
        ("# Ours.", "# Ours.\n\n[plugins]\nenabled = wiki\n"),
        ("[Plugins]\nenabled = a\n\n", "[Plugins]\nenabled = a\n\n[plugins]\nenabled = wiki\n"),
        ("; [plugins]\n[logging]\n", "; [plugins]\n[logging]\n\n[plugins]\nenabled = wiki\n"),
        # Newlines are those of the file.
        ("[plugins]\r\n", "[plugins]\r\nenabled = wiki\r\n"),
        ("[logging]\r\nlevel = info", "[logging]\r\nlevel = info\r\n\r\n[plugins]\r\nenabled = wiki\r\n"),
        ("[plugins]\r\nenabled =\r\n  a\r\n", "[plugins]\r\nenabled =\r\n  a\r\n  wiki\r\n"),
        ("\ufeff[plugins]\renabled = a\r", "\ufeff[plugins]\renabled = a, wiki\r"),
    ],
)
def test_an_item_comes_to_the_end_of_the_list(before: str, after: str) -> None:
    assert enabled(before) == after


@pytest.mark.parametrize(
    "text",
    ["[plugins]\nenabled = a,wiki ,b", "[plugins]\r\nENABLED=\r\n\twiki\r\n", "\ufeff[plugins]\nenabled = wiki\n"],
)
def test_what_is_there_already_changes_nothing(text: str) -> None:
    assert enabled(text) == text


@pytest.mark.parametrize("item", ["", " wiki", "a,b", "a\nb", "#wiki", ";wiki", "${WIKI}", "file:wiki"])
def test_what_a_list_cannot_hold_is_a_mistake_of_the_program(item: str) -> None:
    with pytest.raises(ValueError, match="cannot be an item of a list"):
        enabled("", item)


# An item goes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[plugins]\nenabled = wiki\n", "[plugins]\nenabled =\n"),
        ("[plugins]\nenabled=wiki", "[plugins]\nenabled="),
        ("[plugins]\nenabled = wiki, a,b\n", "[plugins]\nenabled = a,b\n"),
        ("[plugins]\nenabled = a, wiki, b\n", "[plugins]\nenabled = a, b\n"),
        ("[plugins]\nenabled = a, wiki\n", "[plugins]\nenabled = a\n"),
        ("[plugins]\nenabled = wiki, a, wiki\n", "[plugins]\nenabled = a\n"),
        ("[plugins]\nEnabled = a,\n  wiki,\n  b\n", "[plugins]\nEnabled = a,\n  b\n"),
        ("[plugins]\nenabled =\n  wiki\n", "[plugins]\nenabled =\n"),
        ("[plugins]\nenabled =\n  a\n  wiki", "[plugins]\nenabled =\n  a\n"),
        ("[plugins]\nenabled = wiki\n  a, wiki\n", "[plugins]\nenabled =\n  a\n"),
        ("[plugins]\r\n# wiki\r\nenabled = wiki, a\r\n", "[plugins]\r\n# wiki\r\nenabled = a\r\n"),
        ("[plugins]\nenabled =\n  wiki, #a\n", "[plugins]\nenabled =\n  ,#a\n"),
    ],
)
def test_an_item_goes(before: str, after: str) -> None:
    assert without(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[plugins]",
        "[plugins]\nenabled = wikis, Wiki",
        "[plugins]\ndisabled = wiki\n[gitlab]\nenabled = wiki\n",
        "[plugins]\r\nenabled =\r\n ; wiki\r\n",
    ],
)
def test_what_is_not_there_changes_nothing(text: str) -> None:
    assert without(text) == text


# What cannot be edited


@pytest.mark.parametrize("edit", [with_item, without_item])
def test_a_file_that_cannot_be_read_is_not_edited(edit: type) -> None:
    with pytest.raises(ConfigurationError, match=r"^kanboard.ini, line 1: a \[section\] has to come first$"):
        edit("enabled = a\n", "plugins", "enabled", "wiki", name="kanboard.ini")


@pytest.mark.parametrize("edit", [with_item, without_item])
def test_a_list_in_a_file_of_its_own_is_not_edited(edit: type) -> None:
    with pytest.raises(ConfigurationError, match=r"\[plugins\] enabled stands in a file of its own"):
        edit("[plugins]\nenabled = file:plugins.txt\n", "plugins", "enabled", "wiki")


# Whatever the file

NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
LINES = st.sampled_from(
    [
        "",
        " ",
        "# a comment",
        "  ; [plugins]",
        "#enabled = wiki",
        "[plugins]",
        "  [plugins] # here",
        "[logging]",
        "[plug]ins]",
        "enabled = ",
        "enabled=wiki",
        "Enabled = a, wiki ,,b",
        "  enabled = wiki, #b, wiki",
        "enabled = a,",
        "disabled = wiki",
        "\tlevel=[plugins]",
        "path = enabled = wiki",
        "    wiki",
        "    wiki, ;c",
        "  a,",
        "  a, b",
        "\t\tenabled = wiki",
        " \u00a0 \x0b wiki",
    ]
)
FILES = st.builds(
    lambda mark, newline, lines, end: mark + newline.join(lines) + end,
    st.sampled_from(["", "\ufeff"]),
    NEWLINES,
    st.lists(LINES, max_size=12),
    st.sampled_from(["", "\n", "\r\n", "\r"]),
)
TEXTS = FILES | st.text(st.sampled_from("[plugins]enabled=wiki,#; \t\n\r"))
CALLS = st.sampled_from(["wiki", "a", "rss"])


def read(text: str) -> dict[str, dict[str, str]]:
    parser = parsed(text, "the file")
    return {section: dict(parser.items(section)) for section in parser.sections()}


def rest(text: str) -> dict[str, dict[str, str]]:
    """What is read from a file besides the list."""
    found = read(text)
    found.setdefault("plugins", {}).pop("enabled", None)
    return found


def subsequence(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


@given(text=TEXTS, item=CALLS)
@example(text="[plugins]\n  [logging]", item="wiki")
@example(text="[plugins]\nenabled =\n  wiki, #a", item="wiki")
def test_what_is_read_differs_in_that_item_only_and_nothing_else_is_touched(text: str, item: str) -> None:
    try:
        before = items(text, "plugins", "enabled")
    except ConfigurationError:
        assume(False)
    added = enabled(text, item)
    assert items(added, "plugins", "enabled") == (before if item in before else (*before, item))
    assert rest(added) == rest(text)
    inserted = len(added) - len(text)
    assert any(text == added[:start] + added[start + inserted :] for start in range(len(text) + 1))

    removed = without(text, item)
    assert items(removed, "plugins", "enabled") == tuple(other for other in before if other != item)
    assert rest(removed) == rest(text)
    assert read(removed).keys() == read(text).keys()
    assert subsequence(removed, text)


@given(text=TEXTS)
def test_an_item_that_came_and_went_leaves_the_list_as_it_was(text: str) -> None:
    try:
        before = items(text, "plugins", "enabled")
    except ConfigurationError:
        assume(False)
    assert items(without(enabled(text, "rss"), "rss"), "plugins", "enabled") == before


def test_the_file_that_is_delivered_changes_in_one_line() -> None:
    text = text_of(PROJECT / "kanboard.ini")
    changed = enabled(text)
    lines, others = text.splitlines(), changed.splitlines()
    assert [pair for pair in zip(lines, others, strict=True) if pair[0] != pair[1]] == [
        ("enabled =", "enabled = wiki"),
    ]
    assert without(changed) == text


# Writing it


@pytest.fixture
def ini(tmp_path: Path) -> Iterator[Path]:
    """A file in a folder of its own, where nothing else is left behind."""
    path = tmp_path / "folder" / "kanboard.ini"
    path.parent.mkdir()
    path.write_bytes(b"old")
    yield path
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_file_is_replaced_to_the_byte(ini: Path) -> None:
    text = "\ufeff[plugins]\r\nenabled = \u00fc\r\n"
    replace_file(ini, text)
    assert ini.read_bytes() == text.encode("utf-8")
    assert text_of(ini) == text


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_mode_is_kept(ini: Path, mode: int) -> None:
    ini.chmod(mode)
    replace_file(ini, "new")
    assert stat.S_IMODE(ini.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_the_owner_is_kept_where_that_is_permitted(ini: Path) -> None:
    os.chown(ini, 1234, 2345)
    replace_file(ini, "new")
    assert (ini.stat().st_uid, ini.stat().st_gid) == (1234, 2345)


def test_where_it_is_not_permitted_the_file_changes_all_the_same(ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, user: int, group: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    replace_file(ini, "new")
    assert ini.read_bytes() == b"new"


def test_a_link_stays_a_link(ini: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.ini"
    link.symlink_to("folder/kanboard.ini")
    replace_file(link, "new")
    assert link.is_symlink()
    assert ini.read_bytes() == b"new"


def test_a_file_that_is_not_there_is_made_as_any_other(ini: Path) -> None:
    ini.unlink()
    replace_file(ini, "new")
    made = ini.stat().st_mode
    ini.unlink()
    ini.touch()
    assert made == ini.stat().st_mode


def test_a_file_is_changed_in_one_step(ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = os.replace
    steps: list[bytes] = []

    def watch(new: Path, path: Path) -> None:
        steps.append(ini.read_bytes())
        assert Path(new).read_bytes() == b"new"
        taken(new, path)

    monkeypatch.setattr(os, "replace", watch)
    replace_file(ini, "new")
    assert steps == [b"old"]
    assert ini.read_bytes() == b"new"


@pytest.mark.parametrize("step", ["replace", "fsync", "open"])
def test_a_step_that_fails_leaves_everything_as_it_was(ini: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*arguments: object, **others: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(ConfigurationError) as refused:
            replace_file(ini, "new")
    assert str(refused.value) == f"{ini} cannot be changed: Read-only file system"
    assert ini.read_bytes() == b"old"


def test_an_interruption_leaves_everything_as_it_was(ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            replace_file(ini, "new")
    assert ini.read_bytes() == b"old"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in (("folder", "Is a directory"), ("missing/file", "No such file or directory"), ("loop", "")):
        with pytest.raises(ConfigurationError, match=f"{name} cannot be changed: {reason}"):
            replace_file(tmp_path / name, "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "loop"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_without_permission_nothing_is_changed(ini: Path) -> None:
    for path, mode in ((ini, 0o444), (ini.parent, 0o555)):
        before = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode)
        try:
            with pytest.raises(ConfigurationError, match="cannot be changed: Permission denied"):
                replace_file(ini, "new")
        finally:
            path.chmod(before)
    assert ini.read_bytes() == b"old"
