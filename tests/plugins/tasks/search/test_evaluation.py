"""Random queries over random tasks find what the page says, evaluated task by task."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.conformance import databases
from tests.plugins.tasks.search.evaluation import World

from kanboard_core.testing import AccountFactory, Client, RunningServer

#: what texts are made of: wildcards, both cases of letters in ASCII and beyond, what other languages escape
LETTERS = "aAbB1%_*\\ éÉ.'#;"
TEXTS = st.one_of(st.text(LETTERS, max_size=4), st.sampled_from(["none", "fix", "Fix 3", "#2", "x\ny"]))
PARTS = st.one_of(st.text(LETTERS, max_size=3), st.sampled_from(["none", "FIX", "3", "#3", "%%%", "a%b_"]))
DATES = st.sampled_from(["", None, "2030-05-01 09:00", "2030-05-01 23:59", "2030-05-02 00:00", "2031-01-31 10:00"])
NUMBERS = st.sampled_from([None, -1, 0, 1, 2, 3])

COLUMNS = {1: "Backlog", 2: "Ready", 3: "Work in progress", 4: "Done", 5: "a%"}
SWIMLANES = {1: "Default swimlane", 2: "Lane", 3: "l_NE", 4: "7"}
CATEGORIES = {1: "Bug", 2: "bUG x", 3: "2", 4: "a_b"}

TASKS = st.lists(
    st.fixed_dictionaries(
        {
            "title": TEXTS.filter(bool),
            "project_id": st.just(1),
            "description": st.one_of(st.none(), TEXTS),
            "reference": st.one_of(st.none(), st.just(""), TEXTS),
            "column_id": st.sampled_from(list(COLUMNS)),
            "swimlane_id": st.sampled_from(list(SWIMLANES)),
            "category_id": st.sampled_from([None, 0, *CATEGORIES, 99]),
            "owner_id": st.sampled_from([0, 0, 2, 3]),
            "creator_id": st.sampled_from([0, 2, 3]),
            "color_id": st.sampled_from(["red", "deep_orange", "none"]),
            "priority": NUMBERS,
            "score": NUMBERS,
            "date_due": DATES,
            "date_started": DATES,
            "tags": st.lists(st.sampled_from(["urgent", "URGENT x", "back_end", "a%", "É"]), max_size=2, unique=True),
        }
    ),
    min_size=12,
    max_size=16,
)

SIGNS = st.sampled_from(["", "", "<", ">", "<=", ">=", "="])
COMPARED = st.builds(
    lambda sign, number: f"{sign}{number}", SIGNS, st.sampled_from(["-1", "0", "1", " 2", "1.5", "-.5", "x", ""])
)
DAYS = st.builds(
    lambda sign, day: f"{sign}{day}",
    SIGNS,
    st.sampled_from(["2030-05-01", "2030-05-02", "2030-05-03", "2031-01-31", "1903867200", "0", "foo"]),
)
PEOPLE = st.sampled_from(["me", "nobody", "anybody", "NOBODY", "2", "0", "lic", "b_b", "%", "", "Wonder", "99", "x"])
VALUES: dict[str, st.SearchStrategy[str]] = {
    "title": PARTS,
    "search": PARTS,
    "description": PARTS,
    "desc": PARTS,
    "reference": PARTS,
    "ref": PARTS,
    "id": st.sampled_from(["1", "02", "3.0", "3.5", "#3", "x", ""]),
    "status": st.sampled_from(["open", "closed", "1", "00", "2", "OPEN", "all", ""]),
    "assignee": PEOPLE,
    "creator": PEOPLE,
    "column": st.sampled_from(["1", "02", "Ready", "ready", "a%", "a_", "%", "", "99"]),
    "swimlane": st.sampled_from(["lane", "LANE", "L_ne", "%", "7", "4", "", "lan"]),
    "category": st.sampled_from(["none", "bug", "BUG X", "2", "3", "a_b", "a%", "", "99"]),
    "color": st.sampled_from(["red", "RED", "Deep Orange", "deep_orange", "r%", "none"]),
    "tag": st.sampled_from(["none", "urgent", "URG%X", "_end", "é", "É", "", "a%", "x"]),
    "priority": COMPARED,
    "score": COMPARED,
    "due": st.one_of(DAYS, st.just("none")),
    "started": DAYS,
    "createdRange": st.sampled_from(["2020-01-01..2099-01-01", "2001-01-01..2002-01-01", "x..y", "..", "x", "a..b..c"]),
}
ASKED = st.sampled_from(list(VALUES)).flatmap(lambda key: st.tuples(st.just(key), VALUES[key]))
QUERIES = st.one_of(st.lists(ASKED, min_size=1, max_size=1), st.lists(ASKED, min_size=2, max_size=4))


def written(query: list[tuple[str, str]]) -> str:
    return " ".join(f'{key}:"{value}"' for key, value in query)


def stored(server: RunningServer) -> list[dict[str, Any]]:
    """The tasks as they are in the database, each with the names of its tags."""
    names = (
        *("id", "title", "description", "reference", "is_active", "owner_id", "creator_id", "column_id", "swimlane_id"),
        *("category_id", "color_id", "priority", "score", "date_due", "date_started", "date_creation"),
    )
    rows = server.sql(f"SELECT {', '.join(names)} FROM tasks ORDER BY id")
    tags = server.sql("SELECT task_id, name FROM task_has_tags JOIN tags ON tags.id = tag_id")
    tasks = [dict(zip(names, row, strict=True)) for row in rows]
    return [task | {"tags": [name for task_id, name in tags if task_id == task["id"]]} for task in tasks]


@pytest.fixture
async def callers(application: Client, account: AccountFactory) -> list[tuple[Client, World]]:
    """The application and alice, each with what their tasks refer to."""
    alice, bob = await account("alice"), await account("bob_b")
    assert (alice.id, bob.id) == (2, 3)
    await application.updateUser(2, "alice", "Alice Wonder")
    await application.createProject("One")
    for person in (alice, bob):
        await application.addProjectUser(1, person.id, "project-member")
    await application.batch(
        ("addColumn", 1, COLUMNS[5]),
        *(("addSwimlane", 1, name) for name in list(SWIMLANES.values())[1:]),
        *(("createCategory", 1, name) for name in CATEGORIES.values()),
    )
    people = {2: ("alice", "Alice Wonder"), 3: ("bob_b", "")}
    return [
        (caller, World(COLUMNS, SWIMLANES, CATEGORIES, people, me)) for caller, me in ((application, 0), (alice, 2))
    ]


# Boards and lists of queries are large, so that few calls tell much; making a failure smaller would take minutes.
@settings(max_examples=12, phases=(Phase.generate, Phase.reuse))
@given(tasks=TASKS, closed=st.integers(0, 4), queries=st.lists(QUERIES, min_size=70, max_size=80))
async def test_a_search_finds_what_the_page_says(
    server: RunningServer,
    callers: list[tuple[Client, World]],
    tasks: list[dict[str, Any]],
    closed: int,
    queries: list[list[tuple[str, str]]],
) -> None:
    server.sql("DELETE FROM tasks")
    with closing(databases.of(server)) as database:
        database.restart_ids()
    application, _ = callers[0]
    calls = [{"jsonrpc": "2.0", "method": "createTask", "params": task, "id": 1} for task in tasks]
    _, made = await application.send(calls)
    assert all("result" in answer for answer in made)
    await application.batch(*(("closeTask", number) for number in range(1, closed + 1)))
    rows = stored(server)
    for caller, world in callers:
        answers = await caller.batch(*(("searchTasks", 1, written(query)) for query in queries))
        for query, answer in zip(queries, answers, strict=True):
            assert [row["id"] for row in answer["result"]] == world.found(rows, query), written(query)
