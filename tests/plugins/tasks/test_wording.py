"""What was changed in a task, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from kanboard_core.database.transaction import Transaction
from kanboard_core.testing import Location
from kanboard_core.testing.databases import engine
from kanboard_plugins.tasks.wording import changes_in_words, hours, new_description, plain

MOMENT = 1_000_000_000


@pytest.fixture
def transaction(database: Location) -> Iterator[Transaction]:
    """A transaction on an empty database."""
    with closing(engine(database).session(writable=False)) as session:
        yield session.transaction(10)


def test_each_field_has_its_words(transaction: Transaction) -> None:
    rows: list[tuple[str, Any, dict[str, Any], list[str]]] = [
        ("title", "x", {"title": "New"}, ["New title: New"]),
        ("owner_id", 2, {"owner_id": 2, "assignee_name": "Ada"}, ["New assignee: Ada"]),
        ("owner_id", 2, {"owner_id": 2, "assignee_name": "", "assignee_username": "ada"}, ["New assignee: ada"]),
        ("owner_id", 0, {"owner_id": 0}, ["Nobody is assigned any more"]),
        ("category_id", 1, {"category_id": 1, "category_name": "Bug"}, ["New category: Bug"]),
        ("category_id", 0, {"category_id": 0, "category_name": None}, ["No category any more"]),
        ("color_id", "x", {"color_id": "dark_grey"}, ["New color: Dark Grey"]),
        ("score", "3", {"score": 3}, ["New complexity: 3"]),
        ("score", 0, {"score": 0}, ["New complexity: 0"]),
        ("date_due", MOMENT, {"date_due": MOMENT}, ["New due date: 09/09/2001 01:46"]),
        ("date_due", 0, {"date_due": 0}, ["No due date any more"]),
        ("date_started", MOMENT, {"date_started": MOMENT}, ["New start date: 09/09/2001 01:46"]),
        ("date_started", 0, {"date_started": 0}, []),
        ("time_spent", 1, {"time_spent": 1.5}, ["Time spent: 1.5h"]),
        ("time_estimated", 1, {"time_estimated": None}, ["Time estimated: 0h"]),
        ("description", "x", {"description": "x"}, []),
        ("description", "", {"description": ""}, ["No description any more"]),
        ("priority", 2, {"priority": 2}, ['The field "priority" has changed']),
        ("reference", "R", {}, ['The field "reference" has changed']),
    ]
    for field, value, task, lines in rows:
        assert changes_in_words(transaction, {field: value}, task) == lines, field


def test_whatever_of_the_recurrence_changes_it_is_said_once(transaction: Transaction) -> None:
    changes = {"recurrence_status": 1, "title": "x", "recurrence_factor": 2}
    assert changes_in_words(transaction, changes, {"title": "x"}) == ["The recurrence has changed", "New title: x"]


def test_no_changes_have_no_words(transaction: Transaction) -> None:
    nothing: list[Any] = [[], {}, None, "x", 5]
    assert [changes_in_words(transaction, changes, {}) for changes in nothing] == [[]] * 5
    assert [new_description(changes, {"description": "x"}) for changes in nothing] == [""] * 5


def test_a_new_description_is_the_tasks() -> None:
    assert new_description({"description": "sent"}, {"description": "stored"}) == "stored"
    assert new_description({"description": ""}, {"description": ""}) == ""
    assert new_description({"title": "x"}, {"description": "stored"}) == ""


def test_values_of_any_type_are_shown() -> None:
    values: list[Any] = [None, "a", 3, 2.0, 1.25, True, [], {"a": 1}]
    assert [plain(value) for value in values] == ["", "a", "3", "2", "1.25", "1", "", ""]
    assert [hours(value) for value in (None, 0, 2.0, "1.5")] == ["0h", "0h", "2h", "1.5h"]
