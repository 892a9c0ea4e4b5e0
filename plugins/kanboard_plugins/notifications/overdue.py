"""Telling of overdue tasks, once a day. Source: spec page "notifications", section "E-mail"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kanboard_core.calls import Call
from kanboard_core.daily import DailyJob, Order
from kanboard_core.database import Row
from kanboard_core.events import Event, EventType, Origin
from kanboard_core.permissions import ProjectRole
from kanboard_plugins.notifications import recipients
from kanboard_plugins.notifications.telling import tell
from kanboard_plugins.tasks.overdue import overdue_tasks

#: no reaction hears of it, for each recipient has tasks of its own
OVERDUE = EventType(
    "task.overdue",
    "Once a day, when tasks are overdue; only types of notifications are told, each recipient of its own tasks.",
    {
        "tasks": "the tasks, as getOverdueTasks answers them",
        "project_name": "the name of their project; of several the names, separated by commas",
    },
)


def tell_of_overdue(call: Call) -> None:
    """Tell of the overdue tasks of open projects, whom the option ``overdue`` says; the caller isn't excepted."""
    told = call.server.configuration.text("notifications", "overdue")
    tasks = [] if told == "none" else overdue_tasks(call.tx, call.now)
    people = {person["id"]: person for person in recipients.willing(call.tx)} if tasks else {}
    if not people:
        return
    roles = recipients.roles(call.tx, {task["project_id"] for task in tasks})
    chosen = recipients.chosen_projects(call.tx, people.values())
    types = recipients.types_of(call.tx, people)

    def concerns(person: Row, task: Row) -> bool:
        role = roles[task["project_id"]].get(person["id"])
        if told == "managers":
            return role == ProjectRole.MANAGER.value
        return (
            role is not None
            and recipients.is_chosen(chosen, person["id"], task["project_id"])
            and recipients.wants(person, task)
        )

    for portion in [tasks] if told == "users" else _by_project(tasks):
        for user_id in _members(portion, roles):
            person = people.get(user_id)
            mine = [] if person is None else [task for task in portion if concerns(person, task)]
            if person is not None and mine:
                names = dict.fromkeys(task["project_name"] for task in mine)
                payload = {"tasks": mine, "project_name": ", ".join(names)}
                tell(call, [recipients.recipient(person)], Event(OVERDUE.name, payload, Origin.API), types)


def _by_project(tasks: list[Row]) -> Iterator[list[Row]]:
    for project_id in dict.fromkeys(task["project_id"] for task in tasks):
        yield [task for task in tasks if task["project_id"] == project_id]


def _members(tasks: list[Row], roles: Mapping[int, Mapping[int, str]]) -> list[int]:
    """Who belongs to the projects of tasks, each once, in the order in which they are told of events."""
    projects = dict.fromkeys(task["project_id"] for task in tasks)
    return list(dict.fromkeys(user_id for project_id in projects for user_id in roles[project_id]))


#: registered by the plugin
DAILY_JOB = DailyJob("overdue-tasks", tell_of_overdue, Order.NOTIFICATIONS)
