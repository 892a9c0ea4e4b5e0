"""Transactions on PostgreSQL, where they are otherwise than on another server."""

from __future__ import annotations

from contextlib import closing

import peewee
import psycopg
import pytest
from tests.core.database.groups import BY_NAME, INSERT, NAMES
from tests.core.database.products import as_peewee

from kanboard_core.database import insertion, param, statement
from kanboard_core.database.engine import Limits, Session
from kanboard_core.database.errors import ConnectionLost, DoesNotFit, TransactionLost
from kanboard_core.database.postgres.engine import Postgres
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, User
from kanboard_plugins.categories.models import Category

INSERT_CATEGORY = insertion(Category, "name", "project_id")


def test_flags_are_written_as_numbers(tx: Transaction) -> None:
    tx.update(User, 1, {"is_active": 0, "notifications_enabled": 1})
    assert tx.column(statement(User.select(User.is_active))) == [0]
    with pytest.raises(DoesNotFit):
        tx.update(User, 1, {"is_active": 2})
    tx.update(User, 1, {"is_active": None})
    assert tx.column(statement(User.select(User.is_active))) == [None]


def test_text_of_fixed_length_has_no_blanks_at_its_end(tx: Transaction) -> None:
    tx.update(User, 1, {"twofactor_secret": "ABC"})
    assert tx.scalar(statement(User.select(User.twofactor_secret))) == "ABC"


def test_a_text_with_a_nul_finds_nothing(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id="")
    assert tx.one(BY_NAME, name="a\0") is None
    assert tx.one(BY_NAME, name="\0") is None


def test_whoever_goes_on_after_a_failed_statement_loses_the_transaction(session: Session, tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(peewee.PeeweeException):
        as_peewee(tx, "SELECT no_such_column FROM groups")
    with pytest.raises(TransactionLost):
        tx.column(NAMES)
    with pytest.raises(TransactionLost):
        session.end(commit=True)
    session.begin()
    assert session.transaction(10).column(NAMES) == []


def test_a_statement_that_only_reads_and_fails_spoils_no_more_than_its_savepoint(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(psycopg.errors.DivisionByZero), tx.savepoint():
        tx.scalar(statement(Group.select(peewee.SQL("1 / (id - id)"))))
    assert tx.column(NAMES) == ["a"]


def test_locked_projects_can_be_referred_to(postgres: Postgres, session: Session, projects: list[int]) -> None:
    session.transaction(10).lock_projects(*projects)
    with closing(postgres.bounded(Limits(write_seconds=30.0)).session(writable=True)) as other:
        other.begin()
        assert other.transaction(10).insert(INSERT_CATEGORY, name="c", project_id=projects[0])


def test_each_name_is_locked_by_itself(postgres: Postgres, tx: Transaction) -> None:
    tx.lock_name("projects.identifier")
    with closing(postgres.bounded(Limits(write_seconds=30.0)).session(writable=True)) as other:
        other.begin()
        other.transaction(10).lock_name("another")


def test_prepared_statements_survive_a_changed_table(postgres: Postgres) -> None:
    by_id = statement(Group.select().where(Group.id == param("id")))
    with closing(postgres.session(writable=True)) as session:
        for change in ("ALTER TABLE groups ADD COLUMN later INTEGER", "ALTER TABLE groups ALTER external_id TYPE TEXT"):
            with session.work(1) as tx:
                assert tx.one(by_id, id=1) is None
            with closing(postgres.session(writable=True)) as other, other.work(1) as tx:
                as_peewee(tx, change)
        with pytest.raises(ConnectionLost, match="cached plan"), session.work(1) as tx:
            tx.one(by_id, id=1)
        with session.work(1) as tx:
            assert tx.one(by_id, id=1) is None
