"""All integers of a column as one value, on every engine."""

from __future__ import annotations

import pytest

from kanboard_core.database import insertion, integers, one_of, param, statement
from kanboard_core.database.engine import Session
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, User

IDS = statement(Group.select(integers(Group.id)))
WITH_ID = insertion(Group, "id", "name", "external_id")


def add(tx: Transaction, *ids: int) -> None:
    tx.run_many(WITH_ID, ({"id": each, "name": f"group {each}", "external_id": ""} for each in ids))


def test_they_are_those_of_the_rows_that_are_found(tx: Transaction) -> None:
    add(tx, 3, 1, 7)
    assert sorted(map(str, tx.integers(IDS))) == ["1", "3", "7"]
    some = statement(Group.select(integers(Group.id)).where((Group.id > param("least")) & one_of(Group.id, "ids")))
    assert tx.integers(some, least=1, ids=[1, 7, 8]) == [7]


def test_of_no_rows_there_are_none(tx: Transaction) -> None:
    assert tx.integers(IDS) == []


def test_a_row_without_a_value_counts(tx: Transaction) -> None:
    tx.run(statement(User.update({User.role: "app-admin", User.nb_failed_login: None})))
    assert tx.integers(statement(User.select(integers(User.nb_failed_login)))) == [None]


@pytest.mark.mysql
def test_they_may_be_many(session: Session) -> None:
    """More than MariaDB puts into a value when nobody says that it may."""
    tx = session.transaction(seconds=60)
    ids = range(1_000_000_000, 1_000_110_000)
    add(tx, *ids)
    assert set(tx.integers(IDS)) == set(ids)
