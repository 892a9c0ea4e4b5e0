"""Texts compared with patterns, and conditions that are put together while calls run: the same on every engine."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from peewee import AutoField, IntegerField, fn
from tests.core.database.groups import INSERT
from tests.waiting import eventually

from kanboard_core.database import Model, insertion, like_one_of, one_of, param, statement
from kanboard_core.database.compilation import Dialect
from kanboard_core.database.conditions import Condition, Selection
from kanboard_core.database.database import Database
from kanboard_core.database.engine import Limits
from kanboard_core.database.errors import DoesNotFit, TimeLimitReached
from kanboard_core.database.model import AsciiCaseField
from kanboard_core.database.statements import LONGEST_PATTERN, PATTERNS_AT_ONCE
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group, Project, User
from kanboard_core.testing import Location
from kanboard_core.testing.databases import engine

REMOVE = statement(Group.delete())
LIKE = statement(Group.select(Group.name).where(like_one_of(Group.name, "patterns")).order_by(Group.id))
UNLIKE = statement(Group.select(Group.name).where(~like_one_of(Group.name, "patterns")).order_by(Group.id))


@pytest.fixture
def tx(database: Location) -> Iterator[Transaction]:
    """A transaction that is undone at the end."""
    with closing(engine(database).session(writable=True)) as session:
        session.begin()
        yield session.transaction(10)
        session.end(commit=False)


def add(tx: Transaction, *names: str) -> None:
    tx.run_many(INSERT, [{"name": name, "external_id": ""} for name in names])


# Patterns


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        ([], []),
        (["abc"], ["Abc"]),
        (["a%"], ["Abc", "a%c", "a\\c"]),
        (["a_c"], ["Abc", "a%c", "a\\c"]),
        (["a\\c"], ["a\\c"]),
        (["a\\%c"], ["a\\c"]),
        (["%\\%"], ["a\\c"]),
        (["\\"], []),
        (["été"], ["été"]),
        (["ÉTÉ"], []),
        (["%"], ["Abc", "a%c", "a\\c", "été", "", "x'y\"z"]),
        ([""], [""]),
        (["x'y\"z", "abc"], ["Abc", "x'y\"z"]),
        (["abc", "abc", "nothing", "été", "%y%", "", "ABC"], ["Abc", "été", "", "x'y\"z"]),
        ([*map(str, range(1000)), "abc"], ["Abc"]),
        (["a\0%", "a%\0"], []),
        (["%" * 100_000 + "c"], ["Abc", "a%c", "a\\c"]),
    ],
)
def test_a_text_is_like_a_pattern(tx: Transaction, patterns: list[str], found: list[str]) -> None:
    add(tx, "Abc", "a%c", "a\\c", "été", "", "x'y\"z")
    assert tx.column(LIKE, patterns=patterns) == found


def test_null_is_like_nothing_and_unlike_nothing(tx: Transaction) -> None:
    named = like_one_of(User.api_access_token, "patterns")
    assert tx.scalar(statement(User.select(fn.COUNT(User.id)).where(named)), patterns=["%"]) == 0
    assert tx.scalar(statement(User.select(fn.COUNT(User.id)).where(~named)), patterns=["%"]) == 0


def test_a_pattern_has_a_longest_length(tx: Transaction) -> None:
    add(tx, "a" * 150 + "b")
    longest = "%" + "b".rjust(LONGEST_PATTERN - 1, "a")
    assert tx.column(LIKE, patterns=[longest[-100:], longest]) == []
    assert len(tx.column(LIKE, patterns=["%" + longest[-100:]])) == 1
    assert tx.column(LIKE, patterns=["%_" * (LONGEST_PATTERN // 2), "a" + longest]) == []


@settings(max_examples=50)
@given(
    names=st.lists(st.text("aAbéÉ%_\\*[^'\n", max_size=6), max_size=8, unique=True),
    patterns=st.lists(st.text("aAbéÉ%%__\\*[^'\n", max_size=5), max_size=2 * PATTERNS_AT_ONCE),
)
def test_like_is_what_a_regular_expression_of_it_is(tx: Transaction, names: list[str], patterns: list[str]) -> None:
    tx.run(REMOVE)
    try:
        add(tx, *names)
    except DoesNotFit:  # to the keys of MariaDB some of them are the same
        reject()
    written = ["".join({"%": ".*", "_": "."}.get(letter) or re.escape(letter) for letter in text) for text in patterns]
    expression = re.compile("|".join(f"(?:(?ai:{text}))" for text in written) or "(?!)", re.DOTALL)
    expected = [name for name in names if expression.fullmatch(name)]
    assert tx.column(LIKE, patterns=patterns) == expected
    assert tx.column(UNLIKE, patterns=patterns) == [name for name in names if name not in expected]


@pytest.mark.parametrize("texts", [["a" * 20_000], ["a" * 300] * 20])
async def test_comparing_with_many_patterns_is_stopped_in_time(database: Location, texts: list[str]) -> None:
    patterns = [f"%{'a' * 290}{number}b%" for number in range(20_000)]
    add_project = insertion(Project, "name")
    found = statement(Project.select(Project.id).where(like_one_of(Project.name, "patterns")))
    jobs = Database(engine(database), Limits(read_seconds=0.5))
    await jobs.start()
    await jobs.write(lambda tx: tx.run_many(add_project, [{"name": text} for text in texts]))
    with pytest.raises(TimeLimitReached):
        await jobs.read(lambda tx: tx.column(found, patterns=patterns))

    async def goes_on() -> bool:
        with contextlib.suppress(TimeLimitReached):  # a busy machine may need so long for anything
            return await jobs.read(lambda tx: tx.column(found, patterns=patterns[:1])) == []
        return False

    await eventually(goes_on)
    await jobs.stop()


# Lists


class Category(Model):
    id = AutoField()
    name = AsciiCaseField()
    project_id = IntegerField()

    class Meta:
        table_name = "project_has_categories"


def test_texts_whose_case_does_not_count_are_compared_so_with_a_list(tx: Transaction) -> None:
    project_id = tx.insert(insertion(Project, "name"), name="One")
    insert = insertion(Category, "project_id", "name")
    for name in ("Bug", "É", "a%"):
        tx.insert(insert, project_id=project_id, name=name)
    named = statement(Category.select(Category.name).where(one_of(Category.name, "names")).order_by(Category.id))
    assert tx.column(named, names=["bUG", "é", "A%"]) == ["Bug", "a%"]
    assert tx.column(named, names=["É", "b\0", "x", "Bug\0"]) == ["É"]


# Conditions

NAMED = Condition(like_one_of(Group.name, "patterns"))
NUMBERED = Condition(one_of(Group.id, "ids"))
BEFORE = Condition(Group.id < param("id"))
ALWAYS = Condition(Group.id.is_null(False))
EXTERNAL = Condition(
    fn.EXISTS(User.select(User.id).where((User.id == Group.id) & like_one_of(User.username, "patterns")))
)


@pytest.fixture
def groups(tx: Transaction) -> Transaction:
    add(tx, "one", "two", "three", "four", "five")
    return tx


def selected(tx: Transaction, selection: Selection, *groups: Any) -> list[str]:
    return [row["name"] for row in selection.all(tx, groups)]


def test_rows_fulfil_one_condition_of_each_group(groups: Transaction) -> None:
    selection = Selection(Group.select(Group.name).order_by(Group.id))
    assert selected(groups, selection) == ["one", "two", "three", "four", "five"]
    assert selected(groups, selection, [NAMED.given(patterns=["t%"])]) == ["two", "three"]
    assert selected(groups, selection, [NAMED.given(patterns=["t%"]), NUMBERED.given(ids=[1, 2])]) == [
        *("one", "two", "three"),
    ]
    assert selected(groups, selection, [NAMED.given(patterns=["t%"])], [NUMBERED.given(ids=[1, 2])]) == ["two"]
    assert selected(groups, selection, [ALWAYS.given()], [BEFORE.given(id=2)]) == ["one"]


def test_conditions_have_parameters_of_their_own(groups: Transaction) -> None:
    selection = Selection(Group.select(Group.name).order_by(Group.id))
    twice = [NAMED.given(patterns=["one"]), NAMED.given(patterns=["five"])]
    assert selected(groups, selection, twice) == ["one", "five"]
    assert selected(groups, selection, twice, [NAMED.given(patterns=["%v%"])]) == ["five"]
    inside = [EXTERNAL.given(patterns=["ADM%"])]
    assert selected(groups, selection, inside, [NAMED.given(patterns=["o%"])]) == ["one"]
    assert selected(groups, selection, inside, [NAMED.given(patterns=["t%"])]) == []


def test_a_query_may_have_conditions_already(groups: Transaction) -> None:
    selection = Selection(Group.select(Group.name).where(Group.id > 3).order_by(Group.id.desc()))
    assert selected(groups, selection, [NAMED.given(patterns=["f%", "t%"])]) == ["five", "four"]


def test_a_set_of_conditions_is_compiled_once_and_kept_for_a_while(
    groups: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Any] = []
    compile_one = Dialect._compile

    def counting(dialect: Dialect, statement: Any) -> Any:
        compiled.append(statement)
        return compile_one(dialect, statement)

    monkeypatch.setattr(Dialect, "_compile", counting)
    selection = Selection(Group.select(Group.name).order_by(Group.id), kept=2)
    sets = {
        "a": [[NAMED.given(patterns=["one"])]],
        "b": [[NAMED.given(patterns=["one"]), BEFORE.given(id=1)]],
        "c": [[NAMED.given(patterns=["one"])], [ALWAYS.given()]],
    }
    for letter in "aaabbbababcabc":
        assert selected(groups, selection, *sets[letter]) == ["one"]
    assert len(compiled) == 6
    for number in range(1000):
        selected(groups, selection, [NAMED.given(patterns=[str(number)] * (number % 7))])
    assert len(compiled) == 7
