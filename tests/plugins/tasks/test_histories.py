"""Any history of tasks leaves what the page says: random calls against a model of its sentences, row by row.

Source: spec page "tasks", sections 4.5 to 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanboard_core.testing import AccountFactory, Client, RunningServer

Row = dict[str, Any]
#: column and swimlane, by their numbers in the project
Place = tuple[int, int]

PROJECT = st.integers(0, 1)
PLACE = st.tuples(st.integers(0, 3), st.integers(0, 1))
#: which of the tasks that there were so far
WHICH = st.integers(0, 9)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["One", "Two"]),
        "description": st.sampled_from(["", "Text"]),
        "color_id": st.sampled_from(["red", "blue"]),
        "score": st.integers(0, 9),
        "priority": st.integers(0, 3),
        "owner": st.booleans(),
        "category": st.booleans(),
        "reference": st.sampled_from(["", "R"]),
        "time_spent": st.sampled_from([0, 1.5]),
        "time_estimated": st.sampled_from([2, 2.25]),
    },
)
STEPS = st.one_of(
    st.tuples(st.just("create"), PROJECT, PLACE, FIELDS),
    st.tuples(st.just("update"), WHICH, FIELDS),
    st.tuples(st.just("move"), WHICH, PLACE, st.integers(-1, 6)),
    st.tuples(st.just("move"), WHICH, PLACE, st.integers(1, 4)),
    st.tuples(st.just("close"), WHICH),
    st.tuples(st.just("open"), WHICH),
    st.tuples(st.just("remove"), WHICH),
    st.tuples(st.just("duplicate"), WHICH, PROJECT, st.none() | st.integers(0, 3)),
    st.tuples(st.just("transfer"), WHICH, PROJECT, st.none() | st.integers(0, 3)),
)

#: what every date is set to before each step, so that afterwards it tells whether it was written
LONG_AGO = {"date_creation": 1000, "date_modification": 2000, "date_moved": 3000, "date_completed": 4000}
NOW = "now"

DEFAULTS: Row = {
    "description": "",
    "color_id": "yellow",
    "owner_id": 0,
    "creator_id": 0,
    "is_active": 1,
    "score": 0,
    "category_id": 0,
    "priority": 0,
    "date_completed": None,
    "date_due": 0,
    "date_started": 0,
    "time_spent": None,
    "time_estimated": None,
    "reference": "",
    "recurrence_status": 0,
    "recurrence_trigger": 0,
    "recurrence_factor": 0,
    "recurrence_timeframe": 0,
    "recurrence_basedate": 0,
    "recurrence_parent": None,
    "recurrence_child": None,
    "external_provider": None,
    "external_uri": None,
}
COPIED = ("title", "description", "date_due", "color_id", "score", "time_estimated", "reference")


class Project:
    """A project with the columns and the swimlane of new ones, a second swimlane, and a category."""

    def __init__(self, project_id: int, columns: list[int], swimlanes: dict[str, int], category: int) -> None:
        self.id = project_id
        self.columns = columns
        self.swimlanes = swimlanes
        self.category = category
        self.lanes = [*swimlanes.values()]
        #: the least, the greatest and the default
        self.priorities = (0, 3, 0)
        #: whether the account is a member
        self.has_owner = False


class Model:
    """The tasks of two projects; each method answers what the procedure does."""

    def __init__(self, projects: list[Project], owner: int) -> None:
        self.projects = {project.id: project for project in projects}
        self.owner = owner
        self.tasks: dict[int, Row] = {}

    def age(self) -> None:
        """Every date becomes an old one."""
        for task in self.tasks.values():
            for name, old in LONG_AGO.items():
                if task[name]:
                    task[name] = old

    def cell(self, project_id: int, column: int, swimlane: int, without: int = 0) -> list[Row]:
        """The open tasks of a column and swimlane, in their order."""
        cell = (project_id, column, swimlane)
        return sorted(
            (
                task
                for task in self.tasks.values()
                if (task["project_id"], task["column_id"], task["swimlane_id"]) == cell
                and task["is_active"]
                and task["id"] != without
            ),
            key=lambda task: (task["position"], task["id"]),
        )

    def add(self, task_id: int, values: Row) -> None:
        """A new row behind the others of its cell."""
        place = (values["project_id"], values["column_id"], values["swimlane_id"])
        dates = {"date_creation": NOW, "date_modification": NOW, "date_moved": NOW}
        self.tasks[task_id] = {
            **DEFAULTS,
            **values,
            **dates,
            "id": task_id,
            "position": len(self.cell(*place)) + 1,
        }

    def update(self, task: Row, values: Row) -> bool:
        """Section 5."""
        task.update(values, date_modification=NOW)
        return True

    def move(self, task: Row, column: int, swimlane: int, position: int) -> bool:
        """Section 7."""
        before = (task["column_id"], task["swimlane_id"])
        if position < 1 or (*before, task["position"]) == (column, swimlane, position):
            return False
        if before != (column, swimlane):
            for number, other in enumerate(self.cell(task["project_id"], *before, task["id"]), 1):
                other["position"] = number
            task.update(column_id=column, swimlane_id=swimlane, date_moved=NOW, date_modification=NOW)
        others = self.cell(task["project_id"], column, swimlane, task["id"])
        for number, other in enumerate([*others[: position - 1], task, *others[position - 1 :]], 1):
            other["position"] = number
        return True

    def close(self, task: Row) -> bool:
        """Section 6."""
        task.update(is_active=0, date_completed=NOW, date_modification=NOW)
        return True

    def open(self, task: Row) -> bool:
        """Section 6."""
        task.update(is_active=1, date_completed=0, date_modification=NOW)
        return True

    def remove(self, task: Row) -> bool:
        """Section 6."""
        del self.tasks[task["id"]]
        return True

    def mapped(self, task: Row, there: Project, column: int | None) -> Row:
        """Section 8.1: where a task goes in a project; the titles of columns are the same in both."""
        here = self.projects[task["project_id"]]
        columns = [*here.columns, *there.columns]
        wanted = task["column_id"] if column is None else column
        lane = next((name for name, lane_id in here.swimlanes.items() if lane_id == task["swimlane_id"]), "")
        first, last, default = there.priorities
        return {
            "project_id": there.id,
            "column_id": there.columns[columns.index(wanted) % len(there.columns)],
            "swimlane_id": there.swimlanes.get(lane, there.lanes[0]),
            "category_id": there.category if task["category_id"] else 0,
            "owner_id": task["owner_id"] if there.has_owner else 0,
            "priority": task["priority"] if first <= task["priority"] <= last else default,
        }

    def transfer(self, task: Row, there: Project, column: int | None) -> bool:
        """Section 8.2."""
        wanted = task["column_id"] if column is None else column
        others = [
            other
            for other in self.tasks.values()
            if (other["project_id"], other["column_id"], other["is_active"]) == (there.id, wanted, 1)
        ]
        task.update(self.mapped(task, there, column), position=len(others) + 1, is_active=1)
        return True

    def duplicate(self, task: Row, there: Project, column: int | None, copy_id: int) -> None:
        """Section 8.3."""
        copied = {name: task[name] for name in COPIED}
        values = {**copied, **self.mapped(task, there, column), "date_started": None, "time_spent": 0}
        self.add(copy_id, values)


async def make_project(application: Client, name: str, lane: str) -> Project:
    project_id = await application.createProject(name)
    await application.addSwimlane(project_id, lane)
    category = await application.createCategory(project_id, "Bug")
    columns = [column["id"] for column in await application.getColumns(project_id)]
    swimlanes = {swimlane["name"]: swimlane["id"] for swimlane in await application.getActiveSwimlanes(project_id)}
    return Project(project_id, columns, swimlanes, category)


def shown(tasks: list[Row]) -> Iterator[tuple[int, Row]]:
    """Tasks as they are compared: dates are old ones or now."""
    for task in tasks:
        row = {name: value for name, value in task.items() if name not in ("url", "color")}
        yield task["id"], row | {name: NOW for name in LONG_AGO if (row[name] or 0) > 1_000_000_000}


@pytest.fixture
async def model(application: Client, account: AccountFactory) -> Model:
    """Two projects without tasks, and an account that tasks can be assigned to in the first of them."""
    owner = (await account("ada")).id
    assert owner
    projects = [await make_project(application, name, name) for name in ("One", "Two")]
    await application.addProjectUser(projects[0].id, owner, "project-member")
    projects[0].has_owner = True
    projects[1].priorities = (1, 2, 2)
    await application.updateProject(project_id=projects[1].id, priority_start=1, priority_end=2, priority_default=2)
    return Model(projects, owner)


@settings(max_examples=40)
@given(steps=st.lists(STEPS, min_size=8, max_size=24))
async def test_any_history_leaves_what_the_page_says(
    model: Model, application: Client, server: RunningServer, steps: list[tuple[Any, ...]]
) -> None:
    server.sql("DELETE FROM tasks")
    model.tasks.clear()
    known: list[int] = []
    for step in [("create", 0, (0, 0), {}), ("create", 0, (0, 0), {"owner": True, "category": True}), *steps]:
        await _carry_out(step, model, known, application, server)


async def _carry_out(
    step: tuple[Any, ...], model: Model, known: list[int], application: Client, server: RunningServer
) -> None:
    what, *arguments = step
    model.age()
    server.sql(
        "UPDATE tasks SET date_creation = 1000, date_modification = 2000, date_moved = 3000,"
        " date_completed = CASE WHEN date_completed > 0 THEN 4000 ELSE date_completed END"
    )
    projects = [*model.projects.values()]
    task = None if what == "create" else model.tasks.get(known[arguments[0] % len(known)])
    if what != "create" and task is None:
        gone = known[arguments[0] % len(known)]
        if what in ("close", "open", "remove"):
            assert await application.call(f"{what}Task", gone) is False
        return
    cells: list[tuple[int, int, int]] = []
    moved = 0
    expected: Any = None
    match what:
        case "create":
            place = projects[arguments[0]]
            cell = {"column_id": place.columns[arguments[1][0]], "swimlane_id": place.lanes[arguments[1][1]]}
            values = {"title": "Task", "project_id": place.id, **cell, **_values(arguments[2], place, model.owner)}
            answer = await application.createTask(**values)
            model.add(answer, values)
        case "update":
            assert task
            values = _values(arguments[1], model.projects[task["project_id"]], model.owner)
            expected = model.update(task, values)
            answer = await application.updateTask(id=task["id"], **values)
        case "move":
            assert task
            place = model.projects[task["project_id"]]
            column, swimlane = place.columns[arguments[1][0]], place.lanes[arguments[1][1]]
            before = (place.id, task["column_id"], task["swimlane_id"])
            expected = model.move(task, column, swimlane, arguments[2])
            answer = await application.moveTaskPosition(place.id, task["id"], column, arguments[2], swimlane)
            if answer:
                cells, moved = [before, (place.id, column, swimlane)], task["id"]
        case "duplicate" | "transfer":
            assert task
            there = projects[arguments[1]]
            column = None if arguments[2] is None else model.projects[task["project_id"]].columns[arguments[2]]
            procedure = "moveTaskToProject" if what == "transfer" else "duplicateTaskToProject"
            answer = await application.call(procedure, task["id"], there.id, None, column)
            if what == "transfer":
                expected = model.transfer(task, there, column)
            else:
                model.duplicate(task, there, column, answer)
        case _:
            assert task
            expected = getattr(model, what)(task)
            answer = await application.call(f"{what}Task", task["id"])
    if expected is None:
        known.append(answer)
    else:
        assert answer is expected
    lists = [("getAllTasks", project.id, status) for project in projects for status in (1, 0)]
    found = dict(shown([row for listed in await application.batch(*lists) for row in listed["result"]]))
    assert found == model.tasks
    for project_id, column, swimlane in cells:
        of_cell = {"project_id": project_id, "column_id": column, "swimlane_id": swimlane}
        inside = [row for row in found.values() if of_cell.items() <= row.items()]
        # One that is closed has a number too, where it was put.
        numbered = [row["position"] for row in inside if row["is_active"] or row["id"] == moved]
        assert sorted(numbered) == [*range(1, len(numbered) + 1)]


def _values(fields: Row, project: Project, owner: int) -> Row:
    """The fields of a step, with the owner and the category of this project where they are asked for."""
    values = {name: value for name, value in fields.items() if name not in ("owner", "category")}
    if "owner" in fields:
        values["owner_id"] = owner if fields["owner"] and project.has_owner else 0
    if "category" in fields:
        values["category_id"] = project.category if fields["category"] else 0
    return values
