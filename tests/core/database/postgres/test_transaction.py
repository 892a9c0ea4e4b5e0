"""Transactions on PostgreSQL answer what they do on SQLite; what fails undoes no more than itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import peewee
import pytest

from kanboard_core.database import Conflict, insertion, one_of, param, statement
from kanboard_core.database.engine import Limits
from kanboard_core.database.errors import (
    Busy,
    ConnectionLost,
    DoesNotFit,
    LockedOutOfOrder,
    TimeLimitReached,
    TransactionLost,
    WriteRefused,
)
from kanboard_core.database.model import AsciiCaseField, Model
from kanboard_core.database.postgres.engine import Postgres
from kanboard_core.database.postgres.session import PostgresSession
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, GroupMember, Project, Setting, User

INSERT = insertion(Group, "name", "external_id")
NAMES = statement(Group.select(Group.name).order_by(Group.id))
BY_NAME = statement(Group.select().where(Group.name == param("name")))
RENAME = statement(Group.update({Group.name: param("name")}).where(Group.id == param("id")))


class Category(Model):
    id = peewee.AutoField()
    name = AsciiCaseField()
    project_id = peewee.IntegerField()

    class Meta:
        table_name = "project_has_categories"


def execute(tx: Transaction, sql: str) -> None:
    """Carry out SQL as peewee does."""
    database: Any = tx.database
    database.execute_sql(sql)


@pytest.fixture
def session(postgres: Postgres) -> Iterator[PostgresSession]:
    with closing(postgres.session(writable=True)) as session:
        session.begin()
        yield session


@pytest.fixture
def tx(session: PostgresSession) -> Transaction:
    return session.transaction(10)


# Rows and values


def test_a_new_row_has_an_id(tx: Transaction) -> None:
    assert tx.insert(INSERT, name="a", external_id="") == 1
    assert tx.insert(INSERT, name="b", external_id="") == 2


def test_a_row_without_a_number_has_none(tx: Transaction) -> None:
    group = tx.insert(INSERT, name="a", external_id="")
    assert tx.insert(insertion(GroupMember, "group_id", "user_id"), group_id=group, user_id=1) == 0


def test_flags_are_numbers(tx: Transaction) -> None:
    user = statement(User.select(User.is_active, User.twofactor_activated).where(User.is_active == param("active")))
    assert tx.all(user, active=1) == [{"is_active": 1, "twofactor_activated": 0}]
    assert tx.all(user, active=0) == []
    assert tx.all(user, active=2) == []
    assert type(tx.scalar(user, active=1)) is int


def test_flags_are_written_as_numbers(tx: Transaction) -> None:
    tx.update(User, 1, {"is_active": 0, "notifications_enabled": 1})
    assert tx.column(statement(User.select(User.is_active))) == [0]
    with pytest.raises(DoesNotFit):
        tx.update(User, 1, {"is_active": 2})
    tx.update(User, 1, {"is_active": None})
    assert tx.column(statement(User.select(User.is_active))) == [None]


def test_columns_that_only_sqlite_has_are_made_up(tx: Transaction) -> None:
    user = tx.one(statement(User.select()))
    assert user is not None
    assert (user["is_admin"], user["is_project_admin"]) == (1, 0)
    tx.insert(
        insertion(Project, "name", "enable_global_tags", "per_swimlane_task_limits"),
        name="P",
        enable_global_tags=1,
        per_swimlane_task_limits=0,
    )
    project = tx.one(statement(Project.select()))
    assert project is not None
    assert list(project) == [field.name for field in Project._meta.sorted_fields]
    assert project["default_swimlane"] == "Default swimlane"
    assert (project["is_everybody_allowed"], project["show_default_swimlane"]) == (0, 1)


def test_fractions_that_are_none_are_integers(tx: Transaction) -> None:
    value = statement(Group.select(peewee.fn.AVG(Group.id).alias("mean"), peewee.fn.SUM(Group.id).alias("sum")))
    tx.insert(INSERT, name="a", external_id="")
    tx.insert(INSERT, name="b", external_id="")
    assert tx.all(value) == [{"mean": 1.5, "sum": 3}]
    tx.run(statement(Group.delete().where(Group.id == 2)))
    (row,) = tx.all(value)
    assert (row["mean"], type(row["mean"])) == (1, int)


def test_text_of_fixed_length_has_no_blanks_at_its_end(tx: Transaction) -> None:
    tx.update(User, 1, {"twofactor_secret": "ABC"})
    assert tx.scalar(statement(User.select(User.twofactor_secret))) == "ABC"


def test_texts_are_in_the_order_of_their_bytes_and_null_comes_first(tx: Transaction) -> None:
    for name in ("b", "_", "Z", "a", "é", "10", "9", "A b"):
        tx.insert(INSERT, name=name, external_id=None if name == "b" else name)
    by_name = statement(Group.select(Group.name).order_by(Group.name))
    assert tx.column(by_name) == sorted(["b", "_", "Z", "a", "é", "10", "9", "A b"])
    by_identifier = statement(Group.select(Group.external_id).order_by(Group.external_id.desc()))
    assert tx.column(by_identifier)[-1] is None
    assert tx.column(statement(Group.select(Group.external_id).order_by(Group.external_id)))[0] is None


def test_letters_of_ascii_are_equal_where_sqlite_says_so(tx: Transaction) -> None:
    tx.insert(
        insertion(Project, "name", "enable_global_tags", "per_swimlane_task_limits"),
        name="P",
        enable_global_tags=1,
        per_swimlane_task_limits=0,
    )
    insert = insertion(Category, "name", "project_id")
    for name in ("b", "A", "Éb", "C"):
        tx.insert(insert, name=name, project_id=1)
    found = statement(Category.select(Category.name).where(Category.name == param("name")))
    assert tx.column(found, name="a") == ["A"]
    assert tx.column(found, name="éB") == []
    assert tx.column(found, name="ÉB") == ["Éb"]
    assert tx.column(statement(Category.select(Category.name).order_by(Category.name))) == ["A", "b", "C", "Éb"]


def test_lists(tx: Transaction) -> None:
    ids = [tx.insert(INSERT, name=name, external_id="") for name in "abc"]
    within = statement(Group.select(Group.name).where(one_of(Group.id, "ids")).order_by(Group.id))
    without = statement(Group.select(Group.name).where(~one_of(Group.id, "ids")).order_by(Group.id))
    named = statement(Group.select(Group.id).where(one_of(Group.name, "names")).order_by(Group.id))
    assert tx.column(within, ids=ids[:2]) == ["a", "b"]
    assert tx.column(within, ids=[]) == []
    assert tx.column(without, ids=ids[:2]) == ["c"]
    assert tx.column(without, ids=[]) == ["a", "b", "c"]
    assert tx.column(named, names=["c", "a'"]) == [ids[2]]


def test_one_name_is_one_parameter(tx: Transaction) -> None:
    length = peewee.fn.COALESCE(Group.external_id, param("nothing"))
    grouped = statement(Group.select(length.alias("key"), peewee.fn.COUNT(Group.id).alias("count")).group_by(length))
    tx.insert(INSERT, name="a", external_id=None)
    assert tx.all(grouped, nothing="-") == [{"key": "-", "count": 1}]


def test_many_rows(tx: Transaction) -> None:
    tx.run_many(INSERT, [{"name": f"{number}", "external_id": ""} for number in range(100)])
    tx.run_many(INSERT, [])
    assert len(tx.column(NAMES)) == 100


def test_a_number_too_large_for_any_column_finds_nothing(tx: Transaction) -> None:
    by_id = statement(Group.select().where(Group.id == param("id")))
    for number in (2**31, 2**63, -(2**63) - 1, 2**100):
        assert tx.one(by_id, id=number) is None


def test_a_text_with_a_nul_finds_nothing(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id="")
    assert tx.one(BY_NAME, name="a\0") is None
    assert tx.one(BY_NAME, name="\0") is None


# What a rule forbids


def test_a_conflict_undoes_only_its_statement(tx: Transaction) -> None:
    first = tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(Conflict):
        tx.insert(INSERT, name="a", external_id="")
    second = tx.insert(INSERT, name="b", external_id="")
    with pytest.raises(Conflict):
        tx.run(RENAME, id=second, name="a")
    with pytest.raises(Conflict):
        tx.run_many(INSERT, [{"name": "c", "external_id": ""}, {"name": "b", "external_id": ""}])
    with pytest.raises(Conflict):
        tx.insert(insertion(GroupMember, "group_id", "user_id"), group_id=77, user_id=1)
    assert tx.run(RENAME, id=first, name="A") == 1
    assert tx.column(NAMES) == ["A", "b"]


@pytest.mark.parametrize("identifier", ["x" * 256, "a\0b", "\0"])
def test_what_does_not_fit_undoes_only_its_statement(tx: Transaction, identifier: str) -> None:
    tx.insert(INSERT, name="a", external_id="x" * 255)
    with pytest.raises(DoesNotFit):
        tx.insert(INSERT, name="b", external_id=identifier)
    with pytest.raises(DoesNotFit):
        tx.update(Group, 1, {"external_id": identifier})
    with pytest.raises(DoesNotFit):
        tx.run_many(INSERT, [{"name": "b", "external_id": ""}, {"name": "c", "external_id": identifier}])
    assert tx.column(NAMES) == ["a"]


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**70])
def test_a_number_that_does_not_fit(tx: Transaction, number: int) -> None:
    with pytest.raises(DoesNotFit):
        tx.update(User, 1, {"notifications_filter": number})
    assert tx.scalar(statement(User.select(User.notifications_filter))) == 4


def test_savepoints_nest_and_conflicts_inside_leave_them_whole(tx: Transaction) -> None:
    def failing() -> None:
        with tx.savepoint():
            tx.insert(INSERT, name="lost", external_id="")
            with pytest.raises(Conflict):
                tx.insert(INSERT, name="lost", external_id="")
            tx.insert(INSERT, name="lost too", external_id="")
            raise ValueError

    tx.insert(INSERT, name="a", external_id="")
    with tx.savepoint():
        tx.insert(INSERT, name="b", external_id="")
        with pytest.raises(ValueError):  # noqa: PT011 - it is ours
            failing()
        with pytest.raises(Conflict):
            tx.insert(INSERT, name="a", external_id="")
        tx.insert(INSERT, name="c", external_id="")
    with pytest.raises(Conflict):
        tx.insert(INSERT, name="c", external_id="")
    tx.insert(INSERT, name="d", external_id="")
    assert tx.column(NAMES) == ["a", "b", "c", "d"]


def test_a_failed_statement_of_other_kinds_is_undone_by_a_savepoint(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(peewee.PeeweeException), tx.savepoint():
        execute(tx, "SELECT no_such_column FROM groups")
    assert tx.column(NAMES) == ["a"]


def test_whoever_goes_on_after_a_failed_statement_loses_the_transaction(
    session: PostgresSession, tx: Transaction
) -> None:
    tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(peewee.PeeweeException):
        execute(tx, "SELECT no_such_column FROM groups")
    with pytest.raises(TransactionLost):
        tx.column(NAMES)
    with pytest.raises(TransactionLost):
        session.end(commit=True)
    session.begin()
    assert session.transaction(10).column(NAMES) == []


def test_peewee_queries_belong_to_the_transaction(session: PostgresSession, tx: Transaction) -> None:
    made = Group.create(name="a", external_id="")
    assert tx.column(NAMES) == ["a"]
    assert Group.get_by_id(made.id).name == "a"
    with tx.database.atomic():
        Group.update(name="b").execute()
    session.end(commit=False)
    session.begin()
    assert session.transaction(10).column(NAMES) == []


# Readers, limits, locks


def test_a_reader_can_not_write(postgres: Postgres) -> None:
    with closing(postgres.session(writable=False)) as session:
        session.begin()
        tx = session.transaction(10)
        with pytest.raises(WriteRefused, match="declared to read"):
            tx.insert(INSERT, name="a", external_id="")
        with pytest.raises(peewee.PeeweeException, match="read-only transaction"):
            execute(tx, "INSERT INTO groups (name) VALUES ('a')")


def test_a_reader_has_one_snapshot(postgres: Postgres, session: PostgresSession, tx: Transaction) -> None:
    with closing(postgres.session(writable=False)) as reader:
        reader.begin()
        reading = reader.transaction(10)
        assert reading.column(NAMES) == []
        tx.insert(INSERT, name="a", external_id="")
        session.end(commit=True)
        assert reading.column(NAMES) == []
        reader.end(commit=True)
        reader.begin()
        assert reader.transaction(10).column(NAMES) == ["a"]


def test_a_statement_that_takes_too_long_is_stopped(postgres: Postgres) -> None:
    with closing(postgres.bounded(Limits(read_seconds=0.05)).session(writable=False)) as session:
        session.begin()
        endless = statement(Setting.select(peewee.fn.PG_SLEEP(60)))
        with pytest.raises(TimeLimitReached):
            session.transaction(10).all(endless)


def test_a_lock_that_others_keep_is_waited_for_so_long_and_no_longer(
    postgres: Postgres, session: PostgresSession, tx: Transaction
) -> None:
    tx.lock_name("projects.identifier")
    with closing(postgres.bounded(Limits(write_seconds=0.2)).session(writable=True)) as other:
        other.begin()
        other.transaction(10).lock_name("another")
        with pytest.raises(Busy):
            other.transaction(10).lock_name("projects.identifier")
        other.end(commit=False)
        session.end(commit=True)
        other.begin()
        other.transaction(10).lock_name("projects.identifier")


def test_locked_projects_can_be_read_and_referred_to_but_not_locked(
    postgres: Postgres, session: PostgresSession, tx: Transaction
) -> None:
    values = {"name": "P", "enable_global_tags": 1, "per_swimlane_task_limits": 0}
    ids = [tx.insert(insertion(Project, *values), **values) for _ in range(3)]
    session.end(commit=True)
    session.begin()
    tx = session.transaction(10)
    tx.lock_projects(ids[1], ids[0], 77)
    with closing(postgres.bounded(Limits(write_seconds=0.2)).session(writable=True)) as other:
        other.begin()
        beside = other.transaction(10)
        beside.insert(insertion(Category, "name", "project_id"), name="c", project_id=ids[0])
        with pytest.raises(Busy):
            beside.lock_projects(ids[0])


def test_a_project_is_not_waited_for_by_who_has_a_later_one(
    postgres: Postgres, session: PostgresSession, tx: Transaction
) -> None:
    values = {"name": "P", "enable_global_tags": 1, "per_swimlane_task_limits": 0}
    ids = [tx.insert(insertion(Project, *values), **values) for _ in range(3)]
    session.end(commit=True)
    session.begin()
    tx = session.transaction(10)
    tx.lock_projects(ids[1])
    with closing(postgres.bounded(Limits(write_seconds=0.2)).session(writable=True)) as other:
        other.begin()
        beside = other.transaction(10)
        beside.lock_projects(ids[2])
        beside.lock_projects(ids[0])  # nobody has it
        with pytest.raises(LockedOutOfOrder) as refused:
            beside.lock_projects(ids[1], ids[0])
        assert refused.value.project_ids == {*ids}


def test_prepared_statements_survive_a_changed_table(postgres: Postgres) -> None:
    by_id = statement(Group.select().where(Group.id == param("id")))
    with closing(postgres.session(writable=True)) as session:
        for change in ("ALTER TABLE groups ADD COLUMN later INTEGER", "ALTER TABLE groups ALTER external_id TYPE TEXT"):
            with session.work(1) as tx:
                assert tx.one(by_id, id=1) is None
            with closing(postgres.session(writable=True)) as other, other.work(1) as tx:
                execute(tx, change)
        with pytest.raises(ConnectionLost, match="cached plan"), session.work(1) as tx:
            tx.one(by_id, id=1)
        with session.work(1) as tx:
            assert tx.one(by_id, id=1) is None
