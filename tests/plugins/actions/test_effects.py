"""What actions do beyond the fields of one task, and what they leave alone."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from tests.plugins.actions.cases import BOTH, CLOSED, COLUMN, CREATED, LINKED, REASSIGNED, UPDATED
from tests.plugins.actions.conftest import BoardFactory

from kanboard_core.testing import Client


async def test_the_application_is_nobody_whom_a_task_could_be_assigned_to(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskAssignCurrentUserColumn", COLUMN, column_id="@ready")
    await there.rule("TaskAssignCurrentUserColumnIfNoUserAlreadySet", COLUMN, column_id="@ready")
    await there.rule("CommentCreationMoveTaskColumn", COLUMN, column_id="@ready")
    there.events.clear()
    await there.move("@ready")
    assert (await there.task())["owner_id"] == 0
    assert await there.call("getAllComments", "@task") == []
    assert [event.name for event in there.events] == [COLUMN]


async def test_who_has_a_task_keeps_it_where_those_of_nobody_are_assigned(board: BoardFactory, bob: Client) -> None:
    there = await board(owner_id="@eve")
    await there.rule("TaskAssignCurrentUserColumnIfNoUserAlreadySet", COLUMN, column_id="@ready")
    await there.move("@ready", by=bob)
    assert (await there.task())["owner_id"] == there.ids["eve"]


async def test_a_task_that_was_made_for_somebody_stays_theirs(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskAssignToUserOnCreationInColumn", CREATED, column_id="@ready")
    made = await there.call(
        "createTask", title="For eve", project_id="@project", column_id="@ready", owner_id="@eve", creator_id="@bob"
    )
    assert (await there.task(made))["owner_id"] == there.ids["eve"]


async def test_a_link_leaves_the_category_that_there_is(board: BoardFactory) -> None:
    there = await board(category_id="@idea")
    await there.rule("TaskAssignCategoryLink", LINKED, link_id=2, category_id="@bug")
    friend = await there.call("createTask", "Friend", "@project")
    assert await there.call("createTaskLink", "@task", friend, 2)
    assert (await there.task())["category_id"] == there.ids["idea"]


async def test_a_start_date_that_is_set_stays_when_the_task_leaves_the_column(board: BoardFactory) -> None:
    there = await board(date_started="2020-01-01 10:00")
    started = (await there.task())["date_started"]
    await there.rule("TaskUpdateStartDateOnMoveColumn", COLUMN, column_id="@backlog")
    await there.move("@ready")
    assert (await there.task())["date_started"] == started


async def test_a_due_date_is_so_many_days_later_at_the_same_time_of_the_clock(board: BoardFactory) -> None:
    there = await board()
    there.server.sql("UPDATE settings SET value = 'Europe/Berlin' WHERE option = 'application_timezone'")
    await there.rule("TaskAssignDueDateOnMoveColumn", COLUMN, column_id="@backlog", duration=182)
    await there.move("@ready")
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    now = datetime.datetime.now(zone)
    due = datetime.datetime.fromtimestamp((await there.task())["date_due"], zone)
    # One of the two days is in summer time in half of the year.
    assert abs(due.replace(tzinfo=None) - now.replace(tzinfo=None) - datetime.timedelta(days=182)).total_seconds() < 60


async def test_a_move_without_events_is_nothing_that_others_see(board: BoardFactory, bob: Client) -> None:
    there = await board()
    await there.rule("TaskMoveColumnAssigned", REASSIGNED, src_column_id="@backlog", dest_column_id="@ready")
    others = [await there.call("createTask", "Other", "@project", "", column) for column in ("@backlog", "@ready")]
    await there.call("updateTask", id="@task", owner_id="@eve", by=bob)
    places = {task["id"]: (task["column_id"], task["position"]) for task in await there.tasks()}
    ready, backlog = there.ids["ready"], there.ids["backlog"]
    assert places == {there.ids["task"]: (ready, 1), others[0]: (backlog, 1), others[1]: (ready, 2)}
    assert there.server.sql("SELECT COUNT(*) FROM transitions") == [(0,)]


async def test_a_closed_task_is_moved_by_the_action_for_closed_ones_only(board: BoardFactory) -> None:
    there = await board(owner_id="@eve")
    await there.rule("TaskMoveColumnAssigned", UPDATED, src_column_id="@backlog", dest_column_id="@ready")
    await there.call("closeTask", "@task")
    await there.update(title="Other")
    assert (await there.task())["column_id"] == there.ids["backlog"]
    await there.rule("TaskMoveColumnClosed", CLOSED, dest_column_id="@done")
    await there.call("closeTask", "@task")
    assert (await there.task())["column_id"] == there.ids["done"]


@pytest.mark.parametrize("action", ["TaskMoveColumnAssigned", "TaskMoveSwimlaneAssigned"])
async def test_a_move_to_what_is_gone_leaves_the_task_but_for_its_dates(board: BoardFactory, action: str) -> None:
    there = await board()
    if action == "TaskMoveColumnAssigned":
        await there.rule(action, REASSIGNED, src_column_id="@backlog", dest_column_id=999)
    else:
        await there.rule(action, REASSIGNED, user_id="@eve", dest_swimlane_id="nowhere")
    there.server.sql("UPDATE tasks SET date_moved = 1000, date_modification = 1000")
    there.events.clear()
    await there.update(owner_id="@eve")
    task = await there.task()
    assert (task["column_id"], task["position"]) == (there.ids["backlog"], 1)
    assert min(task["date_moved"], task["date_modification"]) > 1000
    assert [event.name for event in there.events] == [REASSIGNED]


@pytest.mark.parametrize(
    ("action", "event", "condition"),
    [
        ("TaskAssignCategoryColor", BOTH, {"color_id": "red"}),
        ("TaskAssignCategorySwimlaneChange", CREATED, {"swimlane_id": "@lane"}),
    ],
)
async def test_a_category_that_is_empty_is_none(
    board: BoardFactory, action: str, event: str, condition: dict[str, str]
) -> None:
    there = await board()
    await there.rule(action, event, **condition, category_id="")
    created = await there.call(
        "createTask", title="T", project_id="@project", color_id="red", swimlane_id="@lane", category_id="@idea"
    )
    assert (await there.call("getTask", created))["category_id"] == 0


async def test_a_category_and_an_account_that_are_gone_are_assigned_all_the_same(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskAssignSpecificUser", COLUMN, column_id="@ready", user_id=777)
    await there.rule("TaskAssignCategoryColor", BOTH, color_id="red", category_id=888)
    await there.move("@ready")
    await there.update(color_id="red")
    task = await there.task()
    assert (task["owner_id"], task["category_id"]) == (777, 888)


async def test_a_copy_goes_into_the_first_column_with_what_is_in_the_task(board: BoardFactory, bob: Client) -> None:
    there = await board()
    await there.rule("TaskDuplicateAnotherProject", COLUMN, column_id="@done", project_id="@other")
    await there.rule("TaskDuplicateAnotherProject", COLUMN, column_id="@done", project_id="@project")
    await there.rule("TaskDuplicateAnotherProject", COLUMN, column_id="@done", project_id=999)
    await there.rule("TaskDuplicateAnotherProject", COLUMN, column_id="@done", project_id="x")
    await there.call("createSubtask", task_id="@task", title="Part", status=2)
    await there.call("setTaskTags", "@project", "@task", ["urgent"])
    there.events.clear()
    await there.move("@done", by=bob)
    [copy] = await there.tasks("@other")
    assert (copy["column_id"], copy["creator_id"], copy["is_active"]) == (there.ids["other_backlog"], bob.id, 1)
    assert [subtask["status"] for subtask in await there.call("getAllSubtasks", copy["id"])] == [0]
    assert [*(await there.call("getTaskTags", copy["id"])).values()] == ["urgent"]
    assert [link["label"] for link in await there.call("getAllTaskLinks", copy["id"])] == ["duplicates"]
    assert [event.name for event in there.events] == [COLUMN, BOTH, CREATED, LINKED, LINKED]
    assert len(await there.tasks()) == 1


# What is inside a task


async def test_a_comment_says_where_the_task_was_moved_and_by_whom(board: BoardFactory, bob: Client) -> None:
    there = await board()
    await there.rule("CommentCreationMoveTaskColumn", COLUMN, column_id="@ready")
    there.events.clear()
    await there.move("@ready", by=bob)
    await there.move("@doing", by=bob)
    [comment] = await there.call("getAllComments", "@task")
    assert (comment["comment"], comment["user_id"], comment["visibility"]) == (
        "Moved to column Ready",
        bob.id,
        "app-user",
    )
    assert [event.name for event in there.events] == [COLUMN, "comment.create", COLUMN]


async def test_a_subtask_is_added_and_its_creator_works_on_it(board: BoardFactory, bob: Client) -> None:
    there = await board()
    await there.rule("SubtaskTimerMoveTaskColumn", COLUMN, column_id="@ready", subtask="Do it")
    there.events.clear()
    await there.move("@ready")
    [subtask] = await there.call("getAllSubtasks", "@task", by=bob)
    assert (subtask["title"], subtask["status"], subtask["user_id"]) == ("Do it", 1, bob.id)
    assert subtask["is_timer_started"]
    assert [event.name for event in there.events] == [COLUMN, "subtask.create_update", "subtask.create"]


@pytest.mark.parametrize("tracking", ["0", "1"])
async def test_no_timer_runs_without_a_creator_or_when_time_isnt_tracked(board: BoardFactory, tracking: str) -> None:
    there = await board()
    there.server.sql("UPDATE settings SET value = ? WHERE option = 'subtask_time_tracking'", tracking)
    if tracking == "1":
        there.server.sql("UPDATE tasks SET creator_id = 0")
    await there.rule("SubtaskTimerMoveTaskColumn", COLUMN, column_id="@ready", subtask="")
    await there.move("@ready")
    [subtask] = await there.call("getAllSubtasks", "@task")
    assert subtask["title"] == "", "also without a title"
    assert subtask["user_id"] == (0 if tracking == "1" else there.ids["bob"])
    assert there.server.sql("SELECT COUNT(*) FROM subtask_time_tracking") == [(0,)]
    assert there.server.incidents == {}


async def test_subtasks_are_done_and_their_timers_stopped(board: BoardFactory, bob: Client) -> None:
    there = await board()
    await there.rule("StopSubtaskTimerMoveTaskColumn", COLUMN, column_id="@done")
    first = await there.call("createSubtask", task_id="@task", title="First", user_id="@bob", status=1)
    await there.call("createSubtask", task_id="@task", title="Second")
    assert await there.call("setSubtaskStartTime", first, bob.id, by=bob)
    there.server.sql("UPDATE subtask_time_tracking SET start = start - 7200")
    there.events.clear()
    await there.move("@done")
    subtasks = await there.call("getAllSubtasks", "@task")
    assert [(subtask["status"], subtask["time_spent"]) for subtask in subtasks] == [(2, 2), (2, 0)]
    assert (await there.task())["time_spent"] == 2
    assert not await there.call("hasSubtaskTimer", first, bob.id)
    told_of = ["subtask.create_update", "subtask.update"]
    assert [event.name for event in there.events] == [COLUMN, *told_of, *told_of]
