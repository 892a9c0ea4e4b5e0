"""The commands for savepoints: PostgreSQL takes two at once."""

from __future__ import annotations

from tests.core.database.commands import commands

from kanboard_core.database.postgres.savepoints import PostgresSavepoints


def test_what_is_no_longer_needed_is_released_with_the_next() -> None:
    assert commands(
        PostgresSavepoints(), "enter", "make", "leave", "enter", "make", "guard", "guard", "leave", "guard"
    ) == [
        "SAVEPOINT level_1",
        "RELEASE SAVEPOINT level_1; SAVEPOINT level_1",
        "SAVEPOINT statement",
        "RELEASE SAVEPOINT statement; SAVEPOINT statement",
        "RELEASE SAVEPOINT level_1; SAVEPOINT statement",
    ]


def test_what_was_undone_is_not_released() -> None:
    assert commands(
        PostgresSavepoints(), "enter", "make", "enter", "make", "guard", "leave", "undo", "leave", "guard"
    ) == [
        "SAVEPOINT level_1",
        "SAVEPOINT level_2",
        "SAVEPOINT statement",
        "ROLLBACK TO SAVEPOINT level_1",
        "RELEASE SAVEPOINT level_1; SAVEPOINT statement",
    ]


def test_what_others_may_have_released_is_not_released_again() -> None:
    assert commands(PostgresSavepoints(), "guard", "meet", "guard", "enter", "meet", "leave", "meet", "guard") == [
        "SAVEPOINT statement",
        "SAVEPOINT statement",
        "SAVEPOINT level_1",
        "SAVEPOINT statement",
    ]
