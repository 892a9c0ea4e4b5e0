"""Transactions on MariaDB answer what they do on SQLite; what fails undoes no more than itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import peewee
import pytest

from kanboard_core.database import Conflict, insertion, one_of, param, statement
from kanboard_core.database.engine import Limits
from kanboard_core.database.errors import Busy, ConnectionLost, DoesNotFit, TransactionLost, WriteRefused
from kanboard_core.database.model import AsciiCaseField, Model
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.database.mysql.session import MysqlSession
from kanboard_core.database.statements import like_one_of
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, GroupMember, Project, Setting, User
from kanboard_core.testing.databases import execute as beside
from kanboard_plugins.tags.models import Tag
from kanboard_plugins.task_metadata.models import TaskMetadata
from kanboard_plugins.tasks.models import Task

INSERT = insertion(Group, "name", "external_id")
NAMES = statement(Group.select(Group.name).order_by(Group.id))
BY_NAME = statement(Group.select(Group.id).where(Group.name == param("name")))
RENAME = statement(Group.update({Group.name: param("name")}).where(Group.id == param("id")))

#: a project with its least, and a task in it
PROJECT = (
    "INSERT INTO projects (id, name, is_active) VALUES (1, 'P', 1)",
    "INSERT INTO columns (id, title, position, project_id) VALUES (1, 'C', 1, 1)",
    "INSERT INTO swimlanes (id, name, position, project_id) VALUES (1, 'S', 1, 1)",
    "INSERT INTO tasks (id, title, project_id, column_id, swimlane_id) VALUES (1, 'T', 1, 1, 1)",
)


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
def session(mysql: Mysql) -> Iterator[MysqlSession]:
    with closing(mysql.session(writable=True)) as session:
        session.begin()
        yield session


@pytest.fixture
def tx(session: MysqlSession) -> Transaction:
    return session.transaction(10)


@pytest.fixture
def project(database: str) -> None:
    for command in PROJECT:
        beside(database, command)


# Rows and values


def test_a_new_row_has_an_id(tx: Transaction) -> None:
    assert tx.insert(INSERT, name="a", external_id="") == 1
    assert tx.insert(INSERT, name="b", external_id="") == 2


def test_a_row_without_a_number_has_none(tx: Transaction) -> None:
    group = tx.insert(INSERT, name="a", external_id="")
    assert tx.insert(insertion(GroupMember, "group_id", "user_id"), group_id=group, user_id=1) == 0


def test_rows_count_that_were_found_and_had_the_values_already(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id="")
    assert tx.run(RENAME, id=1, name="a") == 1
    assert tx.run(RENAME, id=2, name="a") == 0


def test_flags_are_numbers(tx: Transaction) -> None:
    user = statement(User.select(User.is_active, User.twofactor_activated).where(User.is_active == param("active")))
    assert tx.all(user, active=1) == [{"is_active": 1, "twofactor_activated": 0}]
    assert tx.all(user, active=0) == []
    assert tx.all(user, active=True) == [{"is_active": 1, "twofactor_activated": 0}]
    assert type(tx.scalar(user, active=1)) is int


def test_columns_that_only_sqlite_has_are_made_up(tx: Transaction) -> None:
    user = tx.one(statement(User.select()))
    assert user is not None
    assert (user["is_admin"], user["is_project_admin"]) == (1, 0)


def test_a_default_that_a_table_has_lost_is_ours(tx: Transaction, project: None, database: str) -> None:
    beside(database, "UPDATE users SET lock_expiration_date = NULL")
    assert tx.scalar(statement(User.select(User.lock_expiration_date))) == 0
    tx.insert(insertion(User, "username"), username="bob")
    assert tx.sql("SELECT lock_expiration_date FROM users ORDER BY id") == [(None,), (0,)]


def test_fractions_that_are_none_are_integers(tx: Transaction) -> None:
    value = statement(Group.select(peewee.fn.AVG(Group.id).alias("mean"), peewee.fn.SUM(Group.id).alias("sum")))
    tx.insert(INSERT, name="a", external_id="")
    tx.insert(INSERT, name="b", external_id="")
    assert tx.all(value) == [{"mean": 1.5, "sum": 3}]
    tx.run(statement(Group.delete().where(Group.id == 2)))
    (row,) = tx.all(value)
    assert (row["mean"], type(row["mean"]), type(row["sum"])) == (1, int, int)


def test_fractions_have_about_seven_digits(tx: Transaction, project: None) -> None:
    for given, found in ((2.25, 2.25), (0.1, 0.1), (3.0, 3), (16777217, 16777200), (1234567.891, 1234570)):
        tx.update(Task, 1, {"time_spent": given})
        (row,) = tx.all(statement(Task.select(Task.time_spent)))
        assert row == {"time_spent": found}
        assert type(row["time_spent"]) is type(found)


@pytest.mark.parametrize("text", ['it\'s "so" \\ %s %% `x` \0 \x1a\n', "漢字 😀 é", "a\\' OR 1=1 -- ", "  "])
def test_any_text_is_kept_and_found(tx: Transaction, text: str) -> None:
    made = tx.insert(INSERT, name=text, external_id=text)
    assert tx.column(NAMES) == [text]
    assert tx.scalar(BY_NAME, name=text) == made
    assert tx.sql("SELECT name, '%' FROM groups WHERE external_id = ? AND '?' <> ?", text, "-") == [(text, "%")]


# Comparing


@pytest.mark.parametrize("other", ["émile", "Emile", "Émile ", "ÉMILE", " Émile", "Émil"])
def test_texts_are_equal_when_their_bytes_are(tx: Transaction, other: str) -> None:
    tx.insert(INSERT, name="Émile", external_id="")
    assert tx.column(BY_NAME, name="Émile") == [1]
    assert tx.column(BY_NAME, name=other) == []
    assert tx.column(statement(Group.select(Group.id).where(Group.name != param("name"))), name=other) == [1]
    assert tx.column(statement(Group.select(Group.id).where(one_of(Group.name, "names"))), names=["x", other]) == []
    assert tx.column(statement(Group.select(Group.id).where(~one_of(Group.name, "names"))), names=[other]) == [1]
    assert tx.column(statement(Group.select(Group.id).where(Group.name.in_([other, "Émile"])))) == [1]
    assert tx.column(statement(Group.select(Group.id).where(Group.name.in_([other])))) == []


def test_two_columns_are_compared_by_their_bytes(tx: Transaction) -> None:
    same = statement(Group.select(Group.name).where(Group.name == Group.external_id))
    tx.insert(INSERT, name="a", external_id="A")
    tx.insert(INSERT, name="b", external_id="b")
    assert tx.column(same) == ["b"]


@pytest.mark.parametrize(("column", "key"), [("username", "users_username_idx"), ("reference", "tasks_reference_idx")])
def test_an_index_finds_texts(mysql: Mysql, tx: Transaction, column: str, key: str) -> None:
    model: Any = User if column == "username" else Task
    found = statement(model.select(model.id).where(getattr(model, column) == param("text")))
    compiled = tx._dialect.compiled(found)
    tx._cursor.execute(f"EXPLAIN {compiled.sql}", compiled.bind(text="admin"))
    assert key in tx._cursor.fetchall()[0]


def test_a_text_is_no_number(tx: Transaction) -> None:
    by_id = statement(User.select(User.username).where(User.id == param("id")))
    assert tx.column(by_id, id=1) == ["admin"]
    assert tx.column(by_id, id="1") == ["admin"]
    for text in ("1x", "", "1e0", "\uff11", "admin", None):
        assert tx.column(by_id, id=text) == []
    by_name = statement(User.select(User.username).where(User.username == param("name")))
    assert tx.column(by_name, name=0) == []


def test_a_number_too_large_for_any_column_finds_nothing(tx: Transaction) -> None:
    by_id = statement(Group.select().where(Group.id == param("id")))
    for number in (2**31, 2**63, -(2**63) - 1, 2**100):
        assert tx.one(by_id, id=number) is None


def test_letters_of_ascii_are_equal_where_sqlite_says_so(tx: Transaction, project: None) -> None:
    insert = insertion(Category, "name", "project_id")
    for name in ("b", "A", "Éb", "C"):
        tx.insert(insert, name=name, project_id=1)
    found = statement(Category.select(Category.name).where(Category.name == param("name")))
    assert tx.column(found, name="a") == ["A"]
    assert tx.column(found, name="a ") == []
    assert tx.column(found, name="éB") == []
    assert tx.column(found, name="ÉB") == ["Éb"]
    assert tx.column(statement(Category.select(Category.name).order_by(Category.name))) == ["A", "b", "C", "Éb"]
    assert tx.column(statement(Category.select(Category.id).where(one_of(Category.name, "names"))), names=["c"]) == [4]
    assert tx.column(statement(Category.select(Category.id).where(Category.name.in_(["c", "B"])))) == [1, 4]


def test_texts_are_in_the_order_of_their_bytes_and_null_comes_first(tx: Transaction) -> None:
    for name in ("b", "_", "Z", "a", "é", "10", "9", "A b"):
        tx.insert(INSERT, name=name, external_id=None if name == "b" else name)
    by_name = statement(Group.select(Group.name).order_by(Group.name))
    assert tx.column(by_name) == sorted(["b", "_", "Z", "a", "é", "10", "9", "A b"])
    by_identifier = statement(Group.select(Group.external_id).order_by(Group.external_id.desc()))
    assert tx.column(by_identifier)[-1] is None
    assert tx.column(statement(Group.select(Group.external_id).order_by(Group.external_id)))[0] is None


def test_groups_of_texts_are_of_equal_ones(tx: Transaction) -> None:
    counted = statement(
        Group.select(Group.external_id, peewee.fn.COUNT(Group.id).alias("n")).group_by(Group.external_id)
    )
    for number, text in enumerate(["a", "A", "a", "a "]):
        tx.insert(INSERT, name=str(number), external_id=text)
    assert {row["external_id"]: row["n"] for row in tx.all(counted)} == {"a": 2, "A": 1, "a ": 1}


@pytest.mark.parametrize(
    ("pattern", "like"),
    [
        ("%ÉCLAIR%", True),
        ("%Éclair%", True),
        ("%éclair%", False),
        ("%eclair%", False),
        ("%100%", True),
        ("%|_%", True),
        ("%\\%", True),
        ("%\\_%", True),
        ("%\\1%", False),
        ("% ", False),
        ("É_____ |x \\ 100% 😀", True),
        ("%_😀", True),
        ("%__😀__", False),
    ],
)
def test_patterns_are_those_of_sqlite(tx: Transaction, pattern: str, like: bool) -> None:
    tx.insert(INSERT, name="Éclair |x \\ 100% 😀", external_id="")
    found = statement(Group.select(Group.id).where(like_one_of(Group.name, "patterns")))
    assert tx.column(found, patterns=[pattern]) == [1] * like
    # Not among the first ones, so from a list.
    assert tx.column(found, patterns=["1", "2", "3", "4", "5", pattern]) == [1] * like


def test_a_list_may_be_a_query_with_a_limit(tx: Transaction) -> None:
    newest = Group.select(Group.id).where(Group.id > param("least")).order_by(Group.id.desc()).limit(2)
    within = statement(Group.select(Group.name).where(Group.id.in_(newest)).order_by(Group.id))
    without = statement(Group.select(Group.name).where(Group.id.not_in(newest)).order_by(Group.id))
    tx.run_many(INSERT, [{"name": name, "external_id": ""} for name in "abcd"])
    assert tx.column(within, least=1) == ["c", "d"]
    assert tx.column(without, least=1) == ["a", "b"]


def test_an_empty_list(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id=None)
    for field, name in ((Group.id, "ids"), (Group.name, "names"), (Group.external_id, "names")):
        assert tx.column(statement(Group.select(Group.id).where(one_of(field, name))), **{name: []}) == []
        assert tx.column(statement(Group.select(Group.id).where(~one_of(field, name))), **{name: []}) == [1]


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
    assert tx.run(RENAME, id=first, name="z") == 1
    assert tx.column(NAMES) == ["z", "b"]


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


@pytest.mark.parametrize("identifier", ["x" * 256, "é" * 256])
def test_what_does_not_fit_undoes_only_its_statement(tx: Transaction, identifier: str) -> None:
    tx.insert(INSERT, name="a", external_id="é" * 255)
    with pytest.raises(DoesNotFit):
        tx.insert(INSERT, name="b", external_id=identifier)
    with pytest.raises(DoesNotFit):
        tx.update(Group, 1, {"external_id": identifier})
    with pytest.raises(DoesNotFit):
        tx.run_many(INSERT, [{"name": "b", "external_id": ""}, {"name": "c", "external_id": identifier}])
    assert tx.column(NAMES) == ["a"]


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**70, "", "1x", "x"])
def test_a_number_that_does_not_fit(tx: Transaction, number: Any) -> None:
    with pytest.raises(DoesNotFit):
        tx.update(User, 1, {"notifications_filter": number})
    assert tx.scalar(statement(User.select(User.notifications_filter))) == 4


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 1e39])
def test_a_fraction_that_does_not_fit(tx: Transaction, project: None, number: float) -> None:
    with pytest.raises(DoesNotFit):
        tx.update(Task, 1, {"time_spent": number})


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
        tx.insert(INSERT, name="c", external_id="")
    tx.insert(INSERT, name="d", external_id="")
    assert tx.column(NAMES) == ["a", "b", "c", "d"]


def test_peewee_queries_belong_to_the_transaction(session: MysqlSession, tx: Transaction) -> None:
    made = Group.create(name="a", external_id="")
    assert tx.column(NAMES) == ["a"]
    assert Group.get_by_id(made.id).name == "a"
    with tx.database.atomic():
        Group.update(name="b").execute()
    session.end(commit=False)
    session.begin()
    assert session.transaction(10).column(NAMES) == []


def test_a_change_of_a_table_ends_the_transaction_which_is_told(session: MysqlSession, tx: Transaction) -> None:
    execute(tx, "CREATE TABLE surprise (id INTEGER)")
    assert tx.lost()
    with pytest.raises(TransactionLost, match="ended by something else"):
        session.end(commit=True)


def test_after_a_deadlock_nothing_is_done_that_would_stand_alone(
    mysql: Mysql, session: MysqlSession, tx: Transaction
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
        while not beside_waits(mysql):
            pass
        with pytest.raises(TransactionLost):
            tx.run(RENAME, id=2, name="mine too")
        waiting.join()
        assert tx.lost()
        with pytest.raises(TransactionLost):
            execute(tx, "UPDATE groups SET name = 'alone' WHERE id = 1")
        with pytest.raises(TransactionLost):
            tx.insert(INSERT, name="alone", external_id="")
        with pytest.raises(TransactionLost):
            session.end(commit=True)
        other.end(commit=True)
    session.begin()
    assert session.transaction(10).column(NAMES)[:2] == ["theirs too", "theirs"]


def beside_waits(mysql: Mysql) -> bool:
    """Whether a transaction waits for a lock."""
    with mysql.looking() as looking:
        return looking.sql("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'") == [(1,)]


# Readers, limits, locks


def test_a_reader_can_not_write(mysql: Mysql) -> None:
    with closing(mysql.session(writable=False)) as session:
        session.begin()
        tx = session.transaction(10)
        with pytest.raises(WriteRefused, match="declared to read"):
            tx.insert(INSERT, name="a", external_id="")
        with pytest.raises(peewee.PeeweeException, match="READ ONLY transaction"):
            execute(tx, "INSERT INTO groups (name) VALUES ('a')")


def test_a_reader_has_one_snapshot(mysql: Mysql, session: MysqlSession, tx: Transaction) -> None:
    with closing(mysql.session(writable=False)) as reader:
        reader.begin()
        reading = reader.transaction(10)
        assert reading.column(statement(User.select(User.id))) == [1]
        tx.insert(INSERT, name="a", external_id="")
        session.end(commit=True)
        assert reading.column(NAMES) == []
        reader.end(commit=True)
        reader.begin()
        assert reader.transaction(10).column(NAMES) == ["a"]


def test_a_snapshot_is_not_taken_before_it_is_read(mysql: Mysql, session: MysqlSession, tx: Transaction) -> None:
    with closing(mysql.session(writable=False)) as reader:
        reader.begin()
        tx.insert(INSERT, name="a", external_id="")
        session.end(commit=True)
        assert reader.transaction(10).column(NAMES) == ["a"]


def test_a_snapshot_that_is_older_than_its_table_is_made_anew(mysql: Mysql, empty_mysql: str) -> None:
    engine = Mysql(empty_mysql)
    engine.create(password_hash="none")
    with closing(engine.session(writable=False)) as reader:
        reader.begin()
        assert reader.transaction(10).column(statement(User.select(User.id))) == [1]
        beside(empty_mysql, "ALTER TABLE groups ADD COLUMN later INTEGER, FORCE")
        with pytest.raises(ConnectionLost, match="definition has changed"):
            reader.transaction(10).column(NAMES)
        assert not reader.serves_another()
        reader.end(commit=True)
        reader.begin()
        assert reader.transaction(10).column(NAMES) == []


def test_a_lock_that_others_keep_is_waited_for_so_long_and_no_longer(
    mysql: Mysql, session: MysqlSession, tx: Transaction
) -> None:
    tx.lock_name("projects.identifier")
    with closing(mysql.bounded(Limits(write_seconds=1.5)).session(writable=True)) as other:
        other.begin()
        with pytest.raises(Busy):
            other.transaction(10).lock_name("projects.identifier")
        other.end(commit=False)
        session.end(commit=True)
        other.begin()
        other.transaction(10).lock_name("projects.identifier")


def test_locked_projects_can_be_read_but_not_locked(
    mysql: Mysql, session: MysqlSession, tx: Transaction, project: None
) -> None:
    tx.lock_projects(77, 1)
    with closing(mysql.bounded(Limits(write_seconds=1.5)).session(writable=True)) as other:
        other.begin()
        assert other.transaction(10).column(statement(Project.select(Project.name))) == ["P"]
        with pytest.raises(Busy):
            other.transaction(10).lock_projects(1)


def test_a_weaker_lock_is_one_of_those_that_others_can_share(mysql: Mysql, tx: Transaction) -> None:
    shared = statement(Setting.select(Setting.value).where(Setting.option == "api_token").for_update("FOR KEY SHARE"))  # type: ignore[arg-type]
    tx.scalar(shared)
    with closing(mysql.bounded(Limits(write_seconds=1.5)).session(writable=True)) as other:
        other.begin()
        assert other.transaction(10).scalar(shared)
