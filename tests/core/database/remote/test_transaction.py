"""Transactions on a server answer what they do on SQLite; what fails undoes no more than itself."""

from __future__ import annotations

from contextlib import closing

import peewee
import pytest
from tests.core.database.groups import BY_NAME, INSERT, NAMES, RENAME
from tests.core.database.products import Product, as_peewee

from kanboard_core.database import Conflict, insertion, one_of, param, statement
from kanboard_core.database.engine import Limits, Session
from kanboard_core.database.errors import Busy, DoesNotFit, LockedOutOfOrder, TimeLimitReached, WriteRefused
from kanboard_core.database.remote import RemoteEngine
from kanboard_core.database.statements import like_one_of
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, GroupMember, Project, User
from kanboard_plugins.categories.models import Category

pytestmark = [pytest.mark.postgres, pytest.mark.mysql]

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
    assert tx.all(user, active=True) == [{"is_active": 1, "twofactor_activated": 0}]
    assert tx.all(user, active=0) == []
    assert tx.all(user, active=2) == []
    assert type(tx.scalar(user, active=1)) is int


@pytest.mark.usefixtures("projects")
def test_columns_that_only_sqlite_has_are_made_up(session: Session) -> None:
    tx = session.transaction(10)
    user = tx.one(statement(User.select()))
    assert user is not None
    assert (user["is_admin"], user["is_project_admin"]) == (1, 0)
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
    assert (row["mean"], type(row["mean"]), type(row["sum"])) == (1, int, int)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('it\'s "so" \\ %s %% `x` \0 \x1a\n', marks=pytest.mark.except_for("postgres")),
        'it\'s "so" \\ %s %% `x` \x1a\n',
        "漢字 😀 é",
        "a\\' OR 1=1 -- ",
        "  ",
    ],
)
def test_any_text_is_kept_and_found(tx: Transaction, text: str) -> None:
    made = tx.insert(INSERT, name=text, external_id=text)
    assert tx.column(NAMES) == [text]
    assert tx.scalar(BY_NAME, name=text) == made
    assert tx.sql("SELECT name, '%' FROM groups WHERE external_id = ? AND '?' <> ?", text, "-") == [(text, "%")]


def test_many_rows(tx: Transaction) -> None:
    tx.run_many(INSERT, [{"name": f"{number}", "external_id": ""} for number in range(100)])
    tx.run_many(INSERT, [])
    assert len(tx.column(NAMES)) == 100


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


def test_letters_of_ascii_are_equal_where_sqlite_says_so(session: Session, projects: list[int]) -> None:
    tx = session.transaction(10)
    insert = insertion(Category, "name", "project_id")
    for name in ("b", "A", "Éb", "C"):
        tx.insert(insert, name=name, project_id=projects[0])
    found = statement(Category.select(Category.name).where(Category.name == param("name")))
    assert tx.column(found, name="a") == ["A"]
    assert tx.column(found, name="a ") == []
    assert tx.column(found, name="éB") == []
    assert tx.column(found, name="ÉB") == ["Éb"]
    assert tx.column(statement(Category.select(Category.name).order_by(Category.name))) == ["A", "b", "C", "Éb"]
    assert tx.column(statement(Category.select(Category.id).where(one_of(Category.name, "names"))), names=["c"]) == [4]


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


def test_a_number_too_large_for_any_column_finds_nothing(tx: Transaction) -> None:
    by_id = statement(Group.select().where(Group.id == param("id")))
    for number in (2**31, 2**63, -(2**63) - 1, 2**100):
        assert tx.one(by_id, id=number) is None


def test_one_name_is_one_parameter(tx: Transaction) -> None:
    length = peewee.fn.COALESCE(Group.external_id, param("nothing"))
    grouped = statement(Group.select(length.alias("key"), peewee.fn.COUNT(Group.id).alias("count")).group_by(length))
    tx.insert(INSERT, name="a", external_id=None)
    assert tx.all(grouped, nothing="-") == [{"key": "-", "count": 1}]


# Lists


def test_lists(tx: Transaction) -> None:
    ids = [tx.insert(INSERT, name=name, external_id="") for name in "abc"]
    within = statement(Group.select(Group.name).where(one_of(Group.id, "ids")).order_by(Group.id))
    without = statement(Group.select(Group.name).where(~one_of(Group.id, "ids")).order_by(Group.id))
    named = statement(Group.select(Group.id).where(one_of(Group.name, "names")).order_by(Group.id))
    assert tx.column(within, ids=ids[:2]) == ["a", "b"]
    assert tx.column(without, ids=ids[:2]) == ["c"]
    assert tx.column(named, names=["c", "a'"]) == [ids[2]]


def test_an_empty_list(tx: Transaction) -> None:
    tx.insert(INSERT, name="a", external_id=None)
    for field, name in ((Group.id, "ids"), (Group.name, "names"), (Group.external_id, "names")):
        assert tx.column(statement(Group.select(Group.id).where(one_of(field, name))), **{name: []}) == []
        assert tx.column(statement(Group.select(Group.id).where(~one_of(field, name))), **{name: []}) == [1]


def test_a_list_may_be_a_query_with_a_limit(tx: Transaction) -> None:
    newest = Group.select(Group.id).where(Group.id > param("least")).order_by(Group.id.desc()).limit(2)
    within = statement(Group.select(Group.name).where(Group.id.in_(newest)).order_by(Group.id))
    without = statement(Group.select(Group.name).where(Group.id.not_in(newest)).order_by(Group.id))
    tx.run_many(INSERT, [{"name": name, "external_id": ""} for name in "abcd"])
    assert tx.column(within, least=1) == ["c", "d"]
    assert tx.column(without, least=1) == ["a", "b"]


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


@pytest.mark.parametrize(
    "identifier",
    [
        "x" * 256,
        "é" * 256,
        pytest.param("a\0b", marks=pytest.mark.except_for("mysql")),
        pytest.param("\0", marks=pytest.mark.except_for("mysql")),
    ],
)
def test_what_does_not_fit_undoes_only_its_statement(tx: Transaction, identifier: str) -> None:
    tx.insert(INSERT, name="a", external_id="é" * 255)
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


@pytest.mark.parametrize("text", ["", "1x", "x"])
def test_a_text_that_is_no_number_does_not_fit(tx: Transaction, text: str) -> None:
    with pytest.raises(DoesNotFit):
        tx.update(User, 1, {"notifications_filter": text})
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
        as_peewee(tx, "SELECT no_such_column FROM groups")
    assert tx.column(NAMES) == ["a"]


def test_peewee_queries_belong_to_the_transaction(session: Session, tx: Transaction) -> None:
    made = Group.create(name="a", external_id="")
    assert tx.column(NAMES) == ["a"]
    assert Group.get_by_id(made.id).name == "a"
    with tx.database.atomic():
        Group.update(name="b").execute()
    session.end(commit=False)
    session.begin()
    assert session.transaction(10).column(NAMES) == []


# Readers, limits, locks


def test_a_reader_can_not_write(engine: RemoteEngine) -> None:
    with closing(engine.session(writable=False)) as session:
        session.begin()
        tx = session.transaction(10)
        with pytest.raises(WriteRefused, match="declared to read"):
            tx.insert(INSERT, name="a", external_id="")
        with pytest.raises(peewee.PeeweeException, match=r"(?i)read.only transaction"):
            as_peewee(tx, "INSERT INTO groups (name) VALUES ('a')")


def test_a_reader_has_one_snapshot(engine: RemoteEngine, session: Session, tx: Transaction) -> None:
    with closing(engine.session(writable=False)) as reader:
        reader.begin()
        reading = reader.transaction(10)
        assert reading.column(statement(User.select(User.id))) == [1]
        tx.insert(INSERT, name="a", external_id="")
        session.end(commit=True)
        assert reading.column(NAMES) == []
        reader.end(commit=True)
        reader.begin()
        assert reader.transaction(10).column(NAMES) == ["a"]


def test_a_statement_that_takes_too_long_is_stopped(engine: RemoteEngine, product: Product) -> None:
    with closing(engine.bounded(Limits(read_seconds=1.0)).session(writable=False)) as session:
        session.begin()
        with pytest.raises(TimeLimitReached):
            session.transaction(10).all(product.endless)


def test_a_lock_that_others_keep_is_waited_for_so_long_and_no_longer(
    engine: RemoteEngine, session: Session, tx: Transaction
) -> None:
    tx.lock_name("projects.identifier")
    with closing(engine.bounded(Limits(write_seconds=3.0)).session(writable=True)) as other:
        other.begin()
        with pytest.raises(Busy):
            other.transaction(10).lock_name("projects.identifier")
        other.end(commit=False)
        session.end(commit=True)
        other.begin()
        other.transaction(10).lock_name("projects.identifier")


def test_locked_projects_can_be_read_but_not_locked(
    engine: RemoteEngine, session: Session, projects: list[int]
) -> None:
    session.transaction(10).lock_projects(projects[1], projects[0], 77)
    with closing(engine.bounded(Limits(write_seconds=3.0)).session(writable=True)) as other:
        other.begin()
        beside = other.transaction(10)
        assert beside.column(statement(Project.select(Project.name))) == ["P"] * 3
        with pytest.raises(Busy):
            beside.lock_projects(projects[0])


def test_a_project_is_not_waited_for_by_who_has_a_later_one(
    engine: RemoteEngine, session: Session, projects: list[int]
) -> None:
    session.transaction(10).lock_projects(projects[1])
    with closing(engine.bounded(Limits(write_seconds=30.0)).session(writable=True)) as other:
        other.begin()
        beside = other.transaction(10)
        beside.lock_projects(projects[2])
        beside.lock_projects(projects[0])  # nobody has it
        with pytest.raises(LockedOutOfOrder) as refused:
            beside.lock_projects(projects[1], projects[0])
        assert refused.value.project_ids == {*projects}
