"""Statements: compiled once, executed by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest
from peewee import fn
from tests.core.database.groups import INSERT, NAMES

from kanboard_core.database import Conflict, insertion, one_of, param, statement
from kanboard_core.database.errors import TimeLimitReached, WriteRefused
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.sqlite.session import SqliteSession
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, GroupMember, Setting, User

pytestmark = pytest.mark.sqlite

BY_ID = statement(Group.select().where(Group.id == param("id")))


@pytest.fixture
def session(database: Path) -> Iterator[SqliteSession]:
    session = Sqlite(database).session(writable=True)
    session.begin()
    yield session
    session.end(commit=False)
    session.close()


@pytest.fixture
def tx(session: SqliteSession) -> Transaction:
    return session.transaction(10)


def test_a_row_is_a_dictionary_in_the_order_of_the_columns(tx: Transaction) -> None:
    assert tx.insert(INSERT, name="Eins", external_id="") == 1

    assert list((tx.one(BY_ID, id=1) or {}).items()) == [("id", 1), ("external_id", ""), ("name", "Eins")]
    assert tx.one(BY_ID, id=2) is None
    assert tx.scalar(BY_ID, id=1) == 1
    assert tx.column(NAMES) == ["Eins"]


def test_missing_and_unknown_values_are_mistakes(tx: Transaction) -> None:
    with pytest.raises(TypeError, match="id"):
        tx.one(BY_ID)
    with pytest.raises(TypeError, match="other"):
        tx.one(BY_ID, id=1, other=2)


def test_parameters_work_everywhere_peewee_takes_a_value(tx: Transaction) -> None:
    tx.run_many(INSERT, [{"name": f"g{number}", "external_id": str(number % 2)} for number in range(10)])
    several = statement(
        Group.select(Group.name, fn.COUNT(Group.id).alias("n"))
        .where((Group.external_id == param("external_id")) | Group.name.startswith("g9"))
        .group_by(Group.name)
        .having(fn.COUNT(Group.id) >= param("least"))
        .order_by(Group.id.desc())
        .limit(param("limit"))
    )

    assert tx.all(several, external_id="0", least=1, limit=2) == [{"name": "g9", "n": 1}, {"name": "g8", "n": 1}]


def test_a_list_is_one_parameter(tx: Transaction) -> None:
    tx.run_many(INSERT, [{"name": name, "external_id": ""} for name in "abc"])
    among = statement(Group.select(Group.name).where(one_of(Group.name, "names")).order_by(Group.id))
    apart = statement(Group.select(Group.name).where(~one_of(Group.name, "names")).order_by(Group.id))

    assert tx.column(among, names=["a", "c", "z"]) == ["a", "c"]
    assert tx.column(among, names=[]) == []
    assert tx.column(apart, names=["a"]) == ["b", "c"]
    assert tx.column(apart, names=[]) == ["a", "b", "c"]


def test_integral_fractions_come_as_integers(tx: Transaction) -> None:
    computed = statement(User.select(fn.AVG(User.id).alias("even"), peewee.SQL("1.0 / 3").alias("third")))

    row = tx.one(computed)
    assert row == {"even": 1, "third": 1 / 3}
    assert type(row["even"]) is int


def test_update_of_some_columns_answers_the_rows_matched(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id="")

    assert tx.update(Group, 1, {"name": "b"}) == 1
    assert tx.update(Group, 1, {"name": "b", "external_id": "x"}) == 1
    assert tx.update(Group, 2, {"name": "c"}) == 0
    assert tx.one(BY_ID, id=1) == {"id": 1, "external_id": "x", "name": "b"}


def test_a_rule_of_the_schema_is_a_conflict_and_the_transaction_goes_on(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(Conflict):
        tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(Conflict):
        tx.insert(insertion(GroupMember, "group_id", "user_id"), group_id=77, user_id=1)

    assert tx.column(NAMES) == ["a"]


def test_savepoints_nest_and_undo_what_raised(tx: Transaction) -> None:
    with tx.savepoint():
        tx.insert(INSERT, name="kept", external_id="")
        with pytest.raises(Conflict), tx.savepoint():
            tx.run_many(INSERT, [{"name": name, "external_id": ""} for name in ("undone", "kept")])

    assert tx.column(NAMES) == ["kept"]


def test_a_setting_is_read_again_after_a_change(tx: Transaction) -> None:
    change = statement(Setting.update({Setting.value: param("value")}).where(Setting.option == "application_timezone"))

    assert tx.setting("application_timezone") == "UTC"
    tx.run(change, value="")
    assert tx.setting("application_timezone", "Europe/Berlin") == "Europe/Berlin"
    assert tx.setting("no_such_setting", "default") == "default"


def test_ordinary_peewee_queries_run_in_the_same_transaction(tx: Transaction) -> None:
    with tx.database.atomic():
        Group.create(name="plain peewee", external_id="")

    assert Group.get(Group.name == "plain peewee").id == 1
    assert tx.column(NAMES) == ["plain peewee"]


def test_bytes_that_are_no_text_are_replaced(session: SqliteSession, tx: Transaction) -> None:
    tx.insert(INSERT, name="damaged", external_id="")
    session.connection.execute("UPDATE groups SET name = CAST(x'61ff62' AS TEXT)")

    assert tx.column(NAMES) == ["a\ufffdb"]
    assert tx.one(BY_ID, id=1) == {"id": 1, "external_id": "", "name": "a\ufffdb"}


def test_a_parameter_means_nothing_outside_a_statement(tx: Transaction) -> None:
    with pytest.raises(TypeError, match="outside a statement"):
        Group.select().where(Group.id == param("id")).execute(tx.database)
    with pytest.raises(ValueError, match="identifier"):
        param("not an identifier")


def test_a_reader_can_not_write(database: Path) -> None:
    session = Sqlite(database).session(writable=False)
    session.begin()
    tx = session.transaction(10)

    with pytest.raises(WriteRefused, match="declared to read"):
        tx.insert(INSERT, name="a", external_id="")
    with pytest.raises(peewee.OperationalError, match="readonly"):
        Group.create(name="plain peewee", external_id="")
    session.close()


def test_a_statement_that_takes_too_long_is_stopped(session: SqliteSession) -> None:
    endless = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)"
    tx = session.transaction(0.05)

    with pytest.raises(TimeLimitReached):
        tx.scalar(statement(User.select(peewee.SQL(endless))))
