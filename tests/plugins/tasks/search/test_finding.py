"""What searchTasks finds, for whom, and what it shows of it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest
from tests.waiting import eventually

from kanboard_core.database.compilation import Dialect
from kanboard_core.plugins import Plugins
from kanboard_core.testing import (
    AccountFactory,
    Client,
    Forbidden,
    IdFactory,
    Location,
    RpcError,
    RunningServer,
    running,
)
from kanboard_plugins.tasks.search import finding

KEYS = {
    *("nb_comments", "nb_files", "nb_subtasks", "nb_completed_subtasks", "nb_links", "nb_external_links"),
    *("is_milestone", "id", "reference", "title", "description", "date_creation", "date_modification"),
    *("date_completed", "date_started", "date_due", "color_id", "project_id", "column_id", "swimlane_id"),
    *("owner_id", "creator_id", "position", "is_active", "score", "category_id", "priority", "date_moved"),
    *("recurrence_status", "recurrence_trigger", "recurrence_factor", "recurrence_timeframe"),
    *("recurrence_basedate", "recurrence_parent", "recurrence_child", "time_estimated", "time_spent"),
    *("assignee_username", "assignee_name", "assignee_email", "assignee_avatar_path"),
    *("category_name", "category_description", "category_color_id", "column_name", "column_position"),
    *("swimlane_name", "project_name"),
}


async def found(caller: Client, query: Any, project_id: Any = 1) -> list[int]:
    """The ids of the tasks that a query finds."""
    return [task["id"] for task in await caller.searchTasks(project_id, query)]


@pytest.fixture
async def apollo(application: Client, account: AccountFactory) -> Client:
    """The application, where the project Apollo has the tasks 1, 2, 3 and the closed one 4."""
    await account("alice")
    await account("bob")
    await application.createProject("Apollo")
    for person in (2, 3):
        await application.addProjectUser(1, person, "project-member")
    await application.createCategory(1, "Bug")
    fields = ("title", "owner_id", "category_id", "column_id", "tags", "reference", "date_due")
    tasks = [
        ("Fix login page", 2, 1, 1, ["backend", "urgent"], "KB-101", "2030-05-01 09:00"),
        ("fix LOGOUT button", 3, 1, 2, ["frontend"], "KB-102", "2030-05-02 00:00"),
        ("Write documentation", 2, 0, 2, ["docs"], "", "2030-05-01 23:59"),
        ("Closed one", 2, 1, 1, ["urgent"], "KB-103", "2031-12-31 10:00"),
    ]
    for task in tasks:
        await application.createTask(project_id=1, **dict(zip(fields, task, strict=True)))
    await application.updateTask(id=1, priority=3)
    await application.updateTask(id=2, priority=1)
    await application.updateTask(id=3, date_started="2029-01-10 08:00", color_id="deep_orange")
    await application.closeTask(4)
    return application


EXAMPLES = {
    "": [1, 2, 3, 4],
    " \t": [1, 2, 3, 4],
    "fix": [1, 2],
    "LOGIN": [1],
    "fix  login": [],
    '"fix" "login"': [1],
    "title:fix title:write": [1, 2, 3],
    "title:fix documentation": [3],
    "3": [3],
    "#3": [3],
    "status:closed": [4],
    "status:OPEN": [1, 2, 3, 4],
    "status:foo status:bar": [1, 2, 3, 4],
    "status:open status:foo": [1, 2, 3],
    "status: open": [],
    "assignee:lic": [1, 3, 4],
    "assignee:alice status:open column:Ready": [3],
    "assignee:alice assignee:bob status:open category:bug": [1, 2],
    "tag:URGENT": [1, 4],
    "tag:backend tag:docs": [1, 3],
    "ref:kb-*": [1, 2, 4],
    "ref:KB-101 reference:KB-102": [],
    "priority:>=2": [1],
    "priority:<x": [],
    "due:2030-05-01": [1, 3],
    "due:05/01/2030": [1, 3],
    'due:"2030-05-01 +1 day"': [2],
    "due:>2030-05-01": [4],
    "due:>=2030-05-02": [2, 4],
    "due:2030-05-01 due:2031-12-31": [1, 2, 3, 4],
    "due:=2030-05-01": [],
    "started:2029-01-10": [3],
    "started:none": [1, 2, 4],
    "created:today": [1, 2, 3, 4],
    "created:foo": [],
    "created:>foo": [1, 2, 3, 4],
    "completed:>=today": [4],
    'createdRange:"2020-01-01..2099-01-01"': [1, 2, 3, 4],
    "createdRange:01/01/2001..12/31/2002": [],
    'createdRange:x createdRange:"2001-01-01..2002-01-01"': [1, 2, 3, 4],
    "createdRange:foo": [1, 2, 3, 4],
    "column:ready": [],
    "color:YELLOW": [1, 2, 4],
    'colour:"Deep Orange"': [3],
    "project:apollo": [1, 2, 3, 4],
    "project:2": [],
    "id:1 id:03": [1, 3],
    "complexity:0": [1, 2, 3, 4],
    "updated:today moved:today": [1, 2, 3, 4],
}


async def test_queries_find_what_the_page_says(apollo: Client) -> None:
    answers = await apollo.batch(*(("searchTasks", 1, query) for query in EXAMPLES))
    assert {
        query: [task["id"] for task in answer["result"]] for query, answer in zip(EXAMPLES, answers, strict=True)
    } == EXAMPLES


async def test_a_task_has_48_keys_and_no_tags(apollo: Client) -> None:
    [task] = await apollo.searchTasks(1, "login")
    assert set(task) == KEYS
    assert len(KEYS) == 48
    named = {"assignee_username": "alice", "category_name": "Bug", "column_name": "Backlog", "project_name": "Apollo"}
    assert task | named == task
    assert (task["nb_comments"], task["is_milestone"]) == (0, None)


async def test_tasks_stand_by_their_ids(apollo: Client, server: RunningServer) -> None:
    server.sql("UPDATE tasks SET position = 10 - id")
    assert await found(apollo, "tag:urgent tag:frontend tag:docs") == [1, 2, 3, 4]


# The query


@pytest.mark.parametrize("query", [True, False, [], ["fix"], {}, {"title": "fix"}])
async def test_what_is_no_text_is_refused(application: Client, project: int, query: Any) -> None:
    with pytest.raises(RpcError) as refused:
        await application.searchTasks(project, query)
    assert (refused.value.code, refused.value.data) == (-32602, "Argument query must be a text")


async def test_null_is_an_empty_query_and_a_number_its_text(apollo: Client) -> None:
    assert await found(apollo, None) == [1, 2, 3, 4]
    assert await found(apollo, 3) == [3]
    assert await found(apollo, 1.5) == []


async def test_a_query_has_a_longest_length(apollo: Client) -> None:
    assert await found(apollo, " " * finding.LONGEST) == [1, 2, 3, 4]
    with pytest.raises(RpcError) as refused:
        await found(apollo, " " * (finding.LONGEST + 1))
    assert (refused.value.code, refused.value.data) == (
        -32602,
        "Argument query must not have more than 2500000 characters",
    )


async def test_what_looks_like_sql_is_text(apollo: Client, application: Client) -> None:
    title = "'; DROP TABLE tasks; -- \" ? $1 :name @p {x} \\"
    task_id = await application.createTask(title, 1)
    assert await found(apollo, "'; DROP TABLE tasks; --") == [task_id]
    assert await found(apollo, "? $1 :name @p {x} \\") == [task_id]
    assert await found(apollo, "ref:'") == []


async def test_a_nul_is_in_no_text(apollo: Client, server: RunningServer) -> None:
    keys = sorted(server.server.search_filters)
    for query in ("fix\0", "title:\0", *(f'{key}:"\0"' for key in keys)):
        await found(apollo, query)
    assert await found(apollo, "Fix\0") == await found(apollo, "column:Backlog\0") == []


async def test_a_hundred_thousand_words_or_filters_are_answered(apollo: Client, server: RunningServer) -> None:
    assert await found(apollo, " ".join(f"word{number}" for number in range(100_000))) == []
    assert await found(apollo, " ".join(f"ref:{number}" for number in range(100_000)) + " ref:KB-102") == [2]
    assert await found(apollo, " ".join(f"column:{number}x" for number in range(100_000)) + " column:1") == [1, 4]


async def test_every_filter_is_answered_with_very_many_values(apollo: Client, server: RunningServer) -> None:
    keys = sorted(server.server.search_filters)
    queries = [" ".join(f"{key}:{number}x" for number in range(3000)) for key in keys]
    answers = await apollo.batch(*(("searchTasks", 1, query) for query in queries))
    # Every day but one, and what means nothing.
    everything = {key for key, answer in zip(keys, answers, strict=True) if len(answer["result"]) == 4}
    dates = {"created", "due", "modified", "moved", "updated"}
    assert everything - {"started", "completed"} == dates | {"status", *(key for key in keys if key.endswith("range"))}
    assert await found(apollo, " ".join(f"{key}:x" for key in keys)) == []


# The project


async def test_a_project_is_named_by_its_id_or_by_the_application_by_its_name(
    apollo: Client, server: RunningServer, task: IdFactory
) -> None:
    other = await apollo.createProject("Zeus 2")
    await task(other, "Fix the rest")
    assert await found(apollo, "fix", 1) == await found(apollo, "fix", "1") == await found(apollo, "fix", 1.0) == [1, 2]
    assert await found(apollo, "fix", "zeus 2") == await found(apollo, "fix", "Z%") == [5]
    assert await found(apollo, "fix", "%") == [1, 2, 5]
    for unknown in (99, 0, "99", "nope", "", None, "Zeus", "99999999999", -1, 1.5, True, False):
        assert await found(apollo, "fix", unknown) == []


async def test_a_closed_project_is_searched_too(apollo: Client) -> None:
    await apollo.disableProject(1)
    assert await found(apollo, "fix") == [1, 2]


async def test_every_role_in_the_project_may_search_it(
    apollo: Client, administrator: Client, account: AccountFactory
) -> None:
    for role in ("project-viewer", "project-member", "project-manager"):
        person = await account(role)
        await apollo.addProjectUser(1, person.id, role)
        assert await found(person, "fix") == await found(person, "fix", "1") == [1, 2]
        for unknown in (99, "Apollo", "%", "", None):
            with pytest.raises(Forbidden):
                await found(person, "fix", unknown)
    for stranger in (administrator, await account("stranger")):
        with pytest.raises(Forbidden):
            await found(stranger, "fix")


async def test_a_filter_by_project_opens_no_other(apollo: Client, server: RunningServer, task: IdFactory) -> None:
    await task(await apollo.createProject("Secret"), "Fix")
    alice = server.client("alice", "secret")
    for query in ("project:2", "project:Secret", "project:%", "id:5", "#5", "project:1 project:2"):
        assert 5 not in await found(alice, query)


# The caller


async def test_me_is_the_caller_and_nobody_for_the_application(apollo: Client, server: RunningServer) -> None:
    await apollo.createTask("Unassigned", 1)
    alice, bob = server.client("alice", "secret"), server.client("bob", "secret")
    assert await found(alice, "assignee:me") == [1, 3, 4]
    assert await found(bob, "assignee:me") == [2]
    assert await found(apollo, "assignee:me") == await found(apollo, "assignee:nobody") == [5]


async def test_who_wants_to_searches_all_texts(apollo: Client, server: RunningServer) -> None:
    await apollo.updateTask(id=3, description="See the login page")
    alice, bob = server.client("alice", "secret"), server.client("bob", "secret")
    server.sql("INSERT INTO user_has_metadata (user_id, name, value) VALUES (2, 'task.search.all.fields', '1')")
    server.sql("INSERT INTO user_has_metadata (user_id, name, value) VALUES (3, 'task.search.all.fields', '0')")
    assert await found(alice, "login") == await found(bob, "search:login") == [1, 3]
    assert await found(bob, "login") == await found(alice, "title:login") == await found(apollo, "login") == [1]
    assert await found(alice, "title:fix login") == [1]


# The clock


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_days_are_those_of_the_application(apollo: Client, server: RunningServer, zone: str) -> None:
    server.sql("UPDATE settings SET value = ? WHERE option = 'application_timezone'", zone)
    server.sql("UPDATE tasks SET date_creation = ? WHERE id = 1", int(time.time()))
    assert 1 in await found(apollo, "created:today")
    assert await found(apollo, "created:yesterday") == await found(apollo, "created:tomorrow") == []
    expected = {"UTC": [1, 3], "Pacific/Kiritimati": [1], "Pacific/Pago_Pago": [2, 3]}
    assert await found(apollo, "due:2030-05-01") == expected[zone]


# The statement


@pytest.mark.usefixtures("silent")
async def test_searches_of_one_shape_are_compiled_once(apollo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []
    compile_one = Dialect._compile

    def counting(dialect: Dialect, statement: Any) -> Any:
        compiled.append(statement)
        return compile_one(dialect, statement)

    queries = [f"fix{number} tag:{number} tag:x status:open due:>{2000 + number}-01-01" for number in range(1000)]
    await found(apollo, queries[0])
    monkeypatch.setattr(Dialect, "_compile", counting)
    await apollo.batch(*(("searchTasks", 1, query) for query in queries))
    assert compiled == []


async def test_a_search_takes_one_statement_and_those_of_the_counts(
    apollo: Client, server: RunningServer, statements: list[str]
) -> None:
    counts = [detail for detail in server.server.task_details if detail.key in KEYS]
    await found(apollo, "fix tag:urgent assignee:alice column:Ready category:bug project:Apollo id:1 priority:>1")
    assert len(statements) == 1
    statements.clear()
    await found(apollo, "")
    assert len(statements) == 1 + len(counts)


async def test_a_search_that_takes_too_long_is_stopped(apollo: Client, database: Location, plugins: Plugins) -> None:
    await apollo.updateTask(id=1, description="a" * 100_000)
    query = " ".join(f"desc:{'a' * 200}{number}b" for number in range(5_000))
    async with running(database, plugins=plugins, settings=["database.read_timeout=0.5"]) as impatient:
        with pytest.raises(RpcError) as stopped:
            await found(impatient.client(), query)
        assert stopped.value.data == "the call took longer than the configuration allows"

        async def is_answered() -> bool:
            with suppress(RpcError):  # a busy machine may take too long for this one too
                return await found(impatient.client(), "desc:aaa") == [1]
            return False

        await eventually(is_answered)
