"""Actions that put a task into a category, or give it a priority."""

from __future__ import annotations

from kanboard_core.actions import Payload, Rule
from kanboard_core.arguments import to_integer
from kanboard_core.calls import Call
from kanboard_plugins.actions.catalogue.single_task import (
    CREATED,
    CREATED_OR_CHANGED,
    IN_SWIMLANE,
    LINKED,
    MOVED_TO_SWIMLANE,
    OF_COLOR,
    PREFIX,
    TaskAction,
    of_task,
)
from kanboard_plugins.tasks import updates


def categorize(call: Call, rule: Rule, task_id: int) -> None:
    """Put a task into the category of a rule, as if it were updated."""
    category_id = _category(rule)
    if category_id is not None:
        carried = rule.text("category_id") if category_id else 0
        updates.change(call, task_id, {"category_id": category_id}, {"category_id": carried})


def _category(rule: Rule) -> int | None:
    """The category of a rule; 0, which is none, for the empty text; None when the text can't be one."""
    return rule.integer("category_id") if rule.text("category_id") else 0


class TaskAssignCategorySwimlaneChange(TaskAction):
    """A task that comes into a swimlane is in a category."""

    name = PREFIX + "TaskAssignCategorySwimlaneChange"
    description = "Assign a category when the task is moved to a specific swimlane"
    events = (CREATED, MOVED_TO_SWIMLANE)
    parameters = ("swimlane_id", "category_id")
    needs = of_task("swimlane_id")
    where = (IN_SWIMLANE,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Put it into the category quietly."""
        category_id = _category(rule)
        if category_id is not None:
            updates.change_quietly(call, payload["task_id"], {"category_id": category_id})


class TaskAssignCategoryColor(TaskAction):
    """The tasks of a colour are in a category, whichever they were in."""

    name = PREFIX + "TaskAssignCategoryColor"
    description = "Assign automatically a category based on a color"
    events = (CREATED_OR_CHANGED,)
    parameters = ("color_id", "category_id")
    needs = of_task("color_id")
    where = (OF_COLOR,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Put it into the category."""
        categorize(call, rule, payload["task_id"])


class TaskAssignCategoryLink(TaskAction):
    """A task that has a link with a label is in a category, unless it is in one."""

    name = PREFIX + "TaskAssignCategoryLink"
    description = "Assign automatically a category based on a link"
    events = (LINKED,)
    parameters = ("category_id", "link_id")
    needs = (("task_link", "task_id"), ("task_link", "link_id"))

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether the link has the label, as this task sees it, and the task no category."""
        return rule.has("link_id", payload["task_link"]["link_id"]) and not payload["task"]["category_id"]

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Put the task at this end of the link into the category."""
        categorize(call, rule, payload["task_link"]["task_id"])


class TaskAssignPrioritySwimlane(TaskAction):
    """A task that comes into a swimlane has a priority."""

    name = PREFIX + "TaskAssignPrioritySwimlane"
    description = "Assign a priority when the task is moved to a specific swimlane"
    events = (CREATED, MOVED_TO_SWIMLANE)
    parameters = ("swimlane_id", "priority")
    needs = of_task("swimlane_id")
    where = (IN_SWIMLANE,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Give it the priority, as if it were updated."""
        updates.change(call, payload["task_id"], {"priority": to_integer(rule.text("priority"))})


ACTIONS = (
    TaskAssignCategorySwimlaneChange(),
    TaskAssignCategoryColor(),
    TaskAssignCategoryLink(),
    TaskAssignPrioritySwimlane(),
)
