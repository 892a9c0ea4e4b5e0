"""Transactions on MariaDB, where they are otherwise than on another server."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import pytest
from tests.core.database.groups import INSERT, NAMES, RENAME
from tests.core.database.products import as_peewee
from tests.waiting import wait_until

from kanboard_core.database import insertion, param, statement
from kanboard_core.database.engine import Limits, Session
from kanboard_core.database.errors import ConnectionLost, DoesNotFit, TransactionLost
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, Setting, User
from kanboard_core.testing.databases import execute
from kanboard_plugins.categories.models import Category
from kanboard_plugins.tags.models import Tag
from kanboard_plugins.task_metadata.models import TaskMetadata
from kanboard_plugins.tasks.models import Task

#: a project with its least, and a task in it
PROJECT = (
    "INSERT INTO projects (id, name, is_active) VALUES (1, 'P', 1)",
    "INSERT INTO columns (id, title, position, project_id) VALUES (1, 'C', 1, 1)",
    "INSERT INTO swimlanes (id, name, position, project_id) VALUES (1, 'S', 1, 1)",
    "INSERT INTO tasks (id, title, project_id, column_id, swimlane_id) VALUES (1, 'T', 1, 1, 1)",
)


@pytest.fixture
def project(database: str) -> None:
    for command in PROJECT:
        execute(database, command)


def test_a_default_that_a_table_has_lost_is_ours(tx: Transaction, project: None, database: str) -> None:
    execute(database, "UPDATE users SET lock_expiration_date = NULL")
    assert tx.scalar(statement(User.select(User.lock_expiration_date))) == 0
    tx.insert(insertion(User, "username"), username="bob")
    assert tx.sql("SELECT lock_expiration_date FROM users ORDER BY id") == [(None,), (0,)]


def test_fractions_have_about_seven_digits(tx: Transaction, project: None) -> None:
    for given, found in ((2.25, 2.25), (0.1, 0.1), (3.0, 3), (16777217, 16777200), (1234567.891, 1234570)):
        tx.update(Task, 1, {"time_spent": given})
        (row,) = tx.all(statement(Task.select(Task.time_spent)))
        assert row == {"time_spent": found}
        assert type(row["time_spent"]) is type(found)


@pytest.mark.parametrize(("column", "key"), [("username", "users_username_idx"), ("reference", "tasks_reference_idx")])
def test_an_index_finds_texts(mysql: Mysql, tx: Transaction, column: str, key: str) -> None:
    model: Any = User if column == "username" else Task
    found = statement(model.select(model.id).where(getattr(model, column) == param("text")))
    compiled = tx._dialect.compiled(found)
    [plan] = tx.connection.execute(f"EXPLAIN {compiled.sql}", compiled.bind(text="admin")).rows
    assert key in plan


def test_a_text_is_no_number(tx: Transaction) -> None:
    by_id = statement(User.select(User.username).where(User.id == param("id")))
    assert tx.column(by_id, id=1) == ["admin"]
    assert tx.column(by_id, id="1") == ["admin"]
    for text in ("1x", "", "1e0", "\uff11", "admin", None):
        assert tx.column(by_id, id=text) == []
    by_name = statement(User.select(User.username).where(User.username == param("name")))
    assert tx.column(by_name, name=0) == []


def test_the_case_of_ascii_is_left_aside_in_a_list_that_stands_in_the_statement(tx: Transaction, project: None) -> None:
    for name in ("b", "A", "C"):
        tx.insert(insertion(Category, "name", "project_id"), name=name, project_id=1)
    assert tx.column(statement(Category.select(Category.id).where(Category.name.in_(["c", "B"])))) == [1, 3]


@pytest.mark.parametrize("name", ["A", "a ", "á"])
def test_a_name_that_a_key_takes_for_another_does_not_fit(tx: Transaction, name: str) -> None:
    tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(DoesNotFit):
        tx.insert(INSERT, name=name, external_id="")
    assert tx.column(NAMES) == ["a"]


def test_a_value_is_written_over_its_own_and_over_no_other(tx: Transaction, project: None) -> None:
    owner, name, value = TaskMetadata.task_id, TaskMetadata.name, TaskMetadata.value
    values = {
        owner: 1,
        name: param("name"),
        value: param("value"),
        TaskMetadata.changed_by: 0,
        TaskMetadata.changed_on: 0,
    }
    save = statement(TaskMetadata.insert(values).on_conflict(conflict_target=(owner, name), preserve=(value,)))
    stored = statement(TaskMetadata.select(name, value))
    tx.run_many(save, [{"name": "k", "value": "1"}, {"name": "l", "value": "1"}])
    tx.run_many(save, [{"name": "k", "value": "2"}])
    assert tx.run(save, name="k", value="2") >= 1
    for other in ("K", "k ", "ḱ"):
        with pytest.raises(DoesNotFit):
            tx.run_many(save, [{"name": "m", "value": "3"}, {"name": other, "value": "3"}])
        with pytest.raises(DoesNotFit):
            tx.run(save, name=other, value="3")
    assert {row["name"]: row["value"] for row in tx.all(stored)} == {"k": "2", "l": "1"}


def test_a_row_that_is_there_is_left_as_it_is(tx: Transaction, project: None) -> None:
    values = {Tag.name: param("name"), Tag.project_id: 1, Tag.color_id: param("color")}
    make = statement(Tag.insert(values).on_conflict("IGNORE", conflict_target=(Tag.project_id, Tag.name)))
    tags = statement(Tag.select(Tag.name, Tag.color_id).order_by(Tag.id))
    tx.run_many(make, [{"name": "a", "color": "red"}, {"name": "a", "color": "blue"}])
    with pytest.raises(DoesNotFit):
        tx.run_many(make, [{"name": "A", "color": "green"}])
    with pytest.raises(DoesNotFit):  # what INSERT IGNORE would cut
        tx.run_many(make, [{"name": "x" * 192, "color": "green"}])
    assert tx.all(tags) == [{"name": "a", "color_id": "red"}]


def test_an_insert_for_a_row_that_may_be_there_names_its_key(tx: Transaction) -> None:
    with pytest.raises(ValueError, match="conflict_target"):
        tx.run(statement(Group.insert({Group.name: "a"}).on_conflict_ignore()))


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 1e39])
def test_a_fraction_that_does_not_fit(tx: Transaction, project: None, number: float) -> None:
    with pytest.raises(DoesNotFit):
        tx.update(Task, 1, {"time_spent": number})


def test_a_change_of_a_table_ends_the_transaction_which_is_told(session: Session, tx: Transaction) -> None:
    as_peewee(tx, "CREATE TABLE surprise (id INTEGER)")
    assert tx.lost()
    with pytest.raises(TransactionLost, match="ended by something else"):
        session.end(commit=True)


def test_after_a_deadlock_nothing_is_done_that_would_stand_alone(
    mysql: Mysql, session: Session, tx: Transaction
) -> None:
    for name in "ab":
        tx.insert(INSERT, name=name, external_id="")
    session.end(commit=True)
    session.begin()
    tx = session.transaction(10)
    # The one with less to undo is the one that is given up.
    tx.run(RENAME, id=1, name="mine")
    with closing(mysql.session(writable=True)) as other:
        other.begin()
        theirs = other.transaction(10)
        theirs.run_many(INSERT, [{"name": f"{number}", "external_id": ""} for number in range(50)])
        theirs.run(RENAME, id=2, name="theirs")
        waiting = threading.Thread(target=lambda: theirs.run(RENAME, id=1, name="theirs too"))
        waiting.start()
        wait_until(lambda: waits(mysql, theirs))
        with pytest.raises(TransactionLost):
            tx.run(RENAME, id=2, name="mine too")
        waiting.join()
        assert tx.lost()
        with pytest.raises(TransactionLost):
            as_peewee(tx, "UPDATE groups SET name = 'alone' WHERE id = 1")
        with pytest.raises(TransactionLost):
            tx.insert(INSERT, name="alone", external_id="")
        with pytest.raises(TransactionLost):
            session.end(commit=True)
        other.end(commit=True)
    session.begin()
    assert session.transaction(10).column(NAMES)[:2] == ["theirs too", "theirs"]


def waits(mysql: Mysql, tx: Transaction) -> bool:
    """Whether a transaction waits for a lock."""
    query = "SELECT trx_state FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = ?"
    with mysql.looking() as looking:
        return looking.sql(query, tx.connection.thread_id()) == [("LOCK WAIT",)]


def test_a_snapshot_is_not_taken_before_it_is_read(mysql: Mysql, session: Session, tx: Transaction) -> None:
    with closing(mysql.session(writable=False)) as reader:
        reader.begin()
        tx.insert(INSERT, name="a", external_id="")
        session.end(commit=True)
        assert reader.transaction(10).column(NAMES) == ["a"]


def test_a_snapshot_that_is_older_than_its_table_is_made_anew(mysql: Mysql, empty_database: str) -> None:
    engine = Mysql(empty_database)
    engine.create(password_hash="none")
    with closing(engine.session(writable=False)) as reader:
        reader.begin()
        assert reader.transaction(10).column(statement(User.select(User.id))) == [1]
        execute(empty_database, "ALTER TABLE groups ADD COLUMN later INTEGER, FORCE")
        with pytest.raises(ConnectionLost, match="definition has changed"):
            reader.transaction(10).column(NAMES)
        assert not reader.serves_another()
        reader.end(commit=True)
        reader.begin()
        assert reader.transaction(10).column(NAMES) == []


def test_a_weaker_lock_is_one_of_those_that_others_can_share(mysql: Mysql, tx: Transaction) -> None:
    shared = statement(Setting.select(Setting.value).where(Setting.option == "api_token").for_update("FOR KEY SHARE"))  # type: ignore[arg-type]
    tx.scalar(shared)
    with closing(mysql.bounded(Limits(write_seconds=30.0)).session(writable=True)) as other:
        other.begin()
        assert other.transaction(10).scalar(shared)
