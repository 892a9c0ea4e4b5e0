"""The commands for savepoints: PostgreSQL takes two at once."""

from __future__ import annotations

from kanboard_core.database.postgres.savepoints import PostgresSavepoints


def commands(*steps: str) -> list[str]:
    """What is sent while these methods of new ones are called."""
    savepoints = PostgresSavepoints()
    answers = [getattr(savepoints, step)() for step in steps]
    return [answer for answer in answers if answer]


def test_what_is_no_longer_needed_is_released_with_the_next() -> None:
    assert commands("enter", "make", "leave", "enter", "make", "guard", "guard", "leave", "guard") == [
        "SAVEPOINT level_1",
        "RELEASE SAVEPOINT level_1; SAVEPOINT level_1",
        "SAVEPOINT statement",
        "RELEASE SAVEPOINT statement; SAVEPOINT statement",
        "RELEASE SAVEPOINT level_1; SAVEPOINT statement",
    ]


def test_what_was_undone_is_not_released() -> None:
    assert commands("enter", "make", "enter", "make", "guard", "leave", "undo", "leave", "guard") == [
        "SAVEPOINT level_1",
        "SAVEPOINT level_2",
        "SAVEPOINT statement",
        "ROLLBACK TO SAVEPOINT level_1",
        "RELEASE SAVEPOINT level_1; SAVEPOINT statement",
    ]


def test_what_others_may_have_released_is_not_released_again() -> None:
    assert commands("guard", "meet", "guard", "enter", "meet", "leave", "meet", "guard") == [
        "SAVEPOINT statement",
        "SAVEPOINT statement",
        "SAVEPOINT level_1",
        "SAVEPOINT statement",
    ]
