"""Events as HTML: what clients may rely on, whatever people have written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanboard_core.database.transaction import Transaction
from kanboard_core.testing import Location
from kanboard_core.testing.databases import engine, execute
from kanboard_plugins.activity.content import MARKDOWN, Rendering
from kanboard_plugins.tasks.event_types import TOLD

TASK = {"id": 7, "title": "Paint", "description": "*new*", "column_title": "Ready"}
#: no control characters, which HTML can't have
CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"))
HOSTILE = [
    "<script>alert(1)</script>",
    "</div>",
    '" onclick="x',
    "&amp;",
    "[x](javascript:alert(1))",
    "<b>",
    "{{ task }}",
]
TEXTS = st.text(CHARACTERS, max_size=30) | st.sampled_from(HOSTILE)


@pytest.fixture
def transaction(database: Location) -> Iterator[Transaction]:
    """A transaction on an empty database."""
    with closing(engine(database).session(writable=False)) as session:
        yield session.transaction(10)


def event(name: str, **payload: Any) -> dict[str, Any]:
    return {"event_name": name, "author": "Bob", "date_creation": 1_000_000_000, **payload}


def parsed(tx: Transaction, shown: dict[str, Any], task: dict[str, Any] = TASK) -> Element:
    """The content as a tree, which only well-formed HTML has."""
    return ElementTree.fromstring(f"<x>{Rendering(tx).content(shown, task)}</x>")  # noqa: S314


def described(tx: Transaction, shown: dict[str, Any], task: dict[str, Any] = TASK) -> tuple[str, str]:
    """The text of the description's first paragraph, and all that comes after it."""
    block = parsed(tx, shown, task)[1]
    return " ".join("".join(block[0].itertext()).split()), "\n".join(
        " ".join("".join(part.itertext()).split()) for part in block[1:]
    )


def test_the_outer_blocks_are_always_there(transaction: Transaction) -> None:
    for name in (*TOLD, "plugin.event"):
        heading, block = parsed(transaction, event(name))
        assert (heading.tag, heading.get("class")) == ("p", "activity-title")
        [date] = heading.findall("small")
        assert (date.get("class"), date.text) == ("activity-date", "09/09/2001 01:46")
        assert (block.tag, block.get("class")) == ("div", "activity-description")
        assert (block[0].tag, block[0].get("class")) == ("p", "activity-task-title")
        links = [link.get("href") for link in heading.findall("a")]
        assert links == ([] if name in ("task.move.project", "plugin.event") else ["/task/7"])


def test_the_date_has_the_form_and_the_zone_of_the_settings(database: Location) -> None:
    execute(database, "DELETE FROM settings WHERE option LIKE 'application_%'")
    for option, value in (("timezone", "Europe/Berlin"), ("date_format", "d.m.Y"), ("time_format", "g:i a")):
        execute(database, "INSERT INTO settings (option, value) VALUES (?, ?)", f"application_{option}", value)
    with closing(engine(database).session(writable=False)) as session:
        heading = parsed(session.transaction(10), event("task.create"))[0]
    assert "09.09.2001 3:46 am" in "".join(heading.itertext())


def test_comments_are_rendered(transaction: Transaction) -> None:
    shown = event("comment.update", comment={"comment": "**bold**"})
    block = parsed(transaction, shown)[1]
    assert block[1].get("class") == "markdown"
    assert [found.text for found in block.iter("strong")] == ["bold"]


def test_subtasks_are_listed(transaction: Transaction) -> None:
    subtask = {"title": "Part", "status_name": "Todo", "username": None, "name": None, "time_estimated": 1.5}
    mine = {**subtask, "username": "ada", "name": "", "time_spent": 0}
    assert described(transaction, event("subtask.create", subtask=subtask)) == (
        "Paint", "Part (Todo) Nobody is assigned, 1.5h estimated"
    )  # fmt: skip
    assert described(transaction, event("subtask.update", subtask=mine)) == (
        "Paint", "Part (Todo) Assigned to ada: 0h of 1.5h"
    )  # fmt: skip
    assert described(transaction, event("subtask.delete", subtask=mine)) == ("Paint", "Part (Todo)")


def test_files_and_links_are_what_it_is_about(transaction: Transaction) -> None:
    assert described(transaction, event("task.file.create", file={"name": "a.txt"})) == ("a.txt", "")
    link = {"label": "blocks", "opposite_task_id": 9}
    shown = event("task_internal_link.create_update", task_link=link)
    assert described(transaction, shown) == ("Linked now: this task blocks #9", "")
    assert [found.get("href") for found in parsed(transaction, shown)[1].iter("a")] == ["/task/9"]
    shown = event("task_internal_link.delete", task_link=link)
    assert described(transaction, shown) == ("Not linked any more: this task blocks #9", "")


def test_changes_are_listed(transaction: Transaction) -> None:
    block = parsed(transaction, event("task.update", changes={"title": "Paint", "description": "*new*"}))[1]
    assert block[1].get("class") == "activity-changes"
    assert [item.text for item in block.iter("li")] == ["New title: Paint"]
    assert [found.text for found in block.iter("em")] == ["new"]


def test_an_update_without_changes_has_an_empty_block_or_none(transaction: Transaction) -> None:
    block = parsed(transaction, event("task.update", changes=[]))[1]
    assert [(part.get("class"), len(part)) for part in block[1:]] == [("activity-changes", 0)]
    assert len(parsed(transaction, event("task.update"))[1]) == 1
    assert len(parsed(transaction, event("task.assignee_change", changes={"owner_id": 1}))[1]) == 1


@settings(max_examples=60)
@given(name=st.sampled_from(TOLD), data=st.data())
def test_whatever_people_write_stays_text(transaction: Transaction, name: str, data: st.DataObject) -> None:
    def text() -> str:
        return data.draw(TEXTS)

    task = {"id": 7, "title": text(), "column_title": text(), "swimlane_name": text(), "swimlane_id": 1}
    task |= {"project_name": text(), "assignee_name": text(), "description": text(), "category_name": text()}
    payload = {
        "comment": {"comment": text()},
        "subtask": {"title": text(), "status_name": text(), "name": text(), "username": text()},
        "file": {"name": text()},
        "task_link": {"label": text(), "opposite_task_id": 9},
        "changes": dict.fromkeys(["title", "description", "category_id", text()], text()),
    }
    tree = parsed(transaction, event(name, **payload) | {"author": text()}, {**task, "category_id": 1})
    assert [part.get("class") for part in tree] == ["activity-title", "activity-description"]
    allowed = {"x", "p", "small", "a", "div", "ul", "li", "ol", "strong", "em", "code", "pre", "blockquote", "br", "hr"}
    allowed |= {"h1", "h2", "h3", "h4", "h5", "h6", "s", "img"}
    for element in tree.iter():
        assert element.tag in allowed
        assert set(element.attrib) <= {"class", "href", "src", "alt", "title", "start"}
        assert not element.get("href", "").lower().startswith("javascript:")


def test_what_other_programs_have_written_does_no_harm(transaction: Transaction) -> None:
    payloads: list[dict[str, Any]] = [
        {"comment": None, "subtask": [], "file": 5, "task_link": "x", "changes": "x"},
        {"comment": {"comment": {"a": 1}}, "subtask": {"title": [1]}, "changes": {"title": [1], "date_due": "x"}},
        {"changes": {"date_due": 1, "date_started": 10**20}},
    ]
    tasks: list[dict[str, Any]] = [{}, {"id": [1], "title": {"a": 1}, "date_due": 10**20, "date_started": 10**20}]
    for name, payload, task in itertools.product(TOLD, payloads, tasks):
        assert len(parsed(transaction, event(name, **payload), task)) == 2


def test_so_much_markdown_is_rendered_and_the_rest_is_shown_as_it_was_written(transaction: Transaction) -> None:
    rendering = Rendering(transaction)
    text = "**x** " * (MARKDOWN // 18)
    shown = [rendering.content(event("comment.create", comment={"comment": text}), TASK) for _ in range(4)]
    assert ["<strong>x</strong>" in html for html in shown] == [True, True, True, False]
    assert "<pre>**x** **x**" in shown[3]
