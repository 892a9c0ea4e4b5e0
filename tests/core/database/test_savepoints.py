"""Savepoints: what is undone, on every engine, and which commands that takes."""

from __future__ import annotations

import contextlib
import itertools
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.database.commands import commands
from tests.core.database.groups import INSERT, NAMES

from kanboard_core.database import Conflict
from kanboard_core.database.engine import Session
from kanboard_core.database.savepoints import Savepoints
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group

#: ways to change something: by statements, peewee, plain SQL and the driver's connection
WAYS = ("insert", "run_many", "peewee", "sql", "connection")

steps = st.one_of(
    st.tuples(st.sampled_from([*WAYS, "conflict"]), st.integers(1, 9).map(str)),
    st.tuples(st.just("read"), st.none()),
)
#: a step, or steps in a savepoint of ours or of peewee's, at whose end something may be raised
programs = st.recursive(
    st.lists(steps, max_size=3),
    lambda inner: st.lists(
        st.one_of(steps, st.tuples(st.sampled_from(["savepoint", "atomic"]), st.tuples(inner, st.booleans()))),
        max_size=4,
    ),
    max_leaves=12,
)

_NUMBERS = itertools.count()


class Raised(Exception):
    """What ends a savepoint."""


def carry_out(tx: Transaction, program: list[Any], expected: list[str]) -> None:
    """Do it on both."""
    for step, what in program:
        if step in {"savepoint", "atomic"}:
            inner, raises = what
            before = list(expected)
            with contextlib.suppress(Raised), savepoint(tx, step):
                carry_out(tx, inner, expected)
                if raises:
                    expected[:] = before
                    raise Raised
        elif step == "read":
            assert tx.column(NAMES) == expected
        elif step == "conflict":
            with pytest.raises(Conflict):
                tx.insert(INSERT, name=expected[0], external_id="")
        else:
            expected.append(f"{what} {next(_NUMBERS)}")
            add(tx, step, expected[-1])


def savepoint(tx: Transaction, kind: str) -> AbstractContextManager[Any]:
    atomic: Any = tx.database.atomic
    return tx.savepoint() if kind == "savepoint" else atomic()


def add(tx: Transaction, way: str, name: str) -> None:
    if way == "insert":
        tx.insert(INSERT, name=name, external_id="")
    elif way == "run_many":
        tx.run_many(INSERT, [{"name": name, "external_id": ""}])
    elif way == "peewee":
        Group.create(name=name, external_id="")
    elif way == "sql":
        tx.sql("INSERT INTO \"groups\" (name, external_id) VALUES (?, '')", name)
    else:
        tx.connection.cursor().execute(f"INSERT INTO \"groups\" (name, external_id) VALUES ('{name}', '')")


@given(program=programs)
def test_what_raises_undoes_what_it_did_and_nothing_else(session: Session, program: list[Any]) -> None:
    tx = session.transaction(seconds=60)
    with contextlib.suppress(Raised), tx.savepoint():
        expected = ["taken"]
        tx.insert(INSERT, name="taken", external_id="")
        carry_out(tx, program, expected)
        assert tx.column(NAMES) == expected
        raise Raised
    assert tx.column(NAMES) == []


# Commands


@pytest.mark.except_for("postgres")
def test_a_statement_that_reads_needs_none(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    tx = session.transaction(seconds=60)
    sent: list[str] = []
    monkeypatch.setattr(type(tx), "_frame", lambda _, command: sent.append(command))
    with tx.savepoint():
        tx.column(NAMES)
    assert sent == []


def test_one_around_nothing_is_not_made() -> None:
    assert commands(Savepoints(), "enter", "undo", "leave", "make", "enter", "leave") == []


def test_those_that_begin_at_the_same_point_are_one() -> None:
    savepoints = Savepoints()
    sent = commands(savepoints, "enter", "enter", "make", "make", "undo", "leave")
    assert sent == ["SAVEPOINT level_1", "ROLLBACK TO SAVEPOINT level_1"]
    assert commands(savepoints, "make", "leave") == ["RELEASE SAVEPOINT level_1"]


ONE_AFTER_A_CHANGE = ("enter", "make", *(2 * ("enter", "make", "leave")), "leave")


def test_one_that_begins_after_a_change_has_its_own() -> None:
    inner = ["SAVEPOINT level_2", "RELEASE SAVEPOINT level_2"]
    assert commands(Savepoints(), *ONE_AFTER_A_CHANGE) == [
        "SAVEPOINT level_1",
        *inner,
        *inner,
        "RELEASE SAVEPOINT level_1",
    ]


def test_where_the_next_one_takes_its_place_none_is_released() -> None:
    class Replacing(Savepoints):
        pile_up = False

    assert commands(Replacing(), *ONE_AFTER_A_CHANGE) == ["SAVEPOINT level_1", *(2 * ["SAVEPOINT level_2"])]


def test_what_is_lost_is_left_without_a_word() -> None:
    assert commands(Savepoints(), "enter", "make", "abandon", "enter", "make") == 2 * ["SAVEPOINT level_1"]
