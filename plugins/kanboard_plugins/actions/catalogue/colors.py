"""Actions that give a task a colour, quietly."""

from __future__ import annotations

from kanboard_core.actions import Payload, Rule
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_plugins.actions.catalogue.daily import DailyTaskAction, is_reached
from kanboard_plugins.actions.catalogue.single_task import (
    CREATED,
    CREATED_OR_CHANGED,
    IN_CATEGORY,
    IN_COLUMN,
    IN_SWIMLANE,
    LINKED,
    MOVED_TO_COLUMN,
    MOVED_TO_SWIMLANE,
    OF_ACCOUNT,
    OF_PRIORITY,
    PREFIX,
    REASSIGNED,
    TaskAction,
    of_task,
)
from kanboard_plugins.tasks import updates


def _color(call: Call, rule: Rule, task_id: int) -> None:
    updates.change_quietly(call, task_id, {"color_id": rule.text("color_id")})


class _ColorAction(TaskAction):
    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Give the task the colour."""
        _color(call, rule, payload["task_id"])


class TaskAssignColorUser(_ColorAction):
    """The tasks of an account have a colour; those of nobody, if the account is 0."""

    name = PREFIX + "TaskAssignColorUser"
    description = "Assign a color to a specific user"
    events = (CREATED, REASSIGNED)
    parameters = ("color_id", "user_id")
    needs = of_task("owner_id")
    where = (OF_ACCOUNT,)


class TaskAssignColorColumn(_ColorAction):
    """A task that comes into a column has a colour."""

    name = PREFIX + "TaskAssignColorColumn"
    description = "Assign a color when the task is moved to a specific column"
    events = (CREATED, MOVED_TO_COLUMN)
    parameters = ("column_id", "color_id")
    needs = of_task("column_id")
    where = (IN_COLUMN,)


class TaskAssignColorSwimlane(_ColorAction):
    """A task that comes into a swimlane has a colour."""

    name = PREFIX + "TaskAssignColorSwimlane"
    description = "Assign a color when the task is moved to a specific swimlane"
    events = (CREATED, MOVED_TO_SWIMLANE)
    parameters = ("swimlane_id", "color_id")
    needs = of_task("swimlane_id")
    where = (IN_SWIMLANE,)


class TaskAssignColorCategory(_ColorAction):
    """The tasks of a category have a colour."""

    name = PREFIX + "TaskAssignColorCategory"
    description = "Assign automatically a color based on a category"
    events = (CREATED_OR_CHANGED,)
    parameters = ("color_id", "category_id")
    needs = of_task("category_id")
    where = (IN_CATEGORY,)


class TaskAssignColorPriority(_ColorAction):
    """The tasks of a priority have a colour."""

    name = PREFIX + "TaskAssignColorPriority"
    description = "Assign automatically a color based on a priority"
    events = (CREATED_OR_CHANGED,)
    parameters = ("color_id", "priority")
    needs = of_task("priority")
    where = (OF_PRIORITY,)


class TaskAssignColorLink(TaskAction):
    """A task that has a link with a label has a colour."""

    name = PREFIX + "TaskAssignColorLink"
    description = "Change task color when using a specific task link"
    events = (LINKED,)
    parameters = ("color_id", "link_id")
    needs = (("task_link", "task_id"), ("task_link", "link_id"))

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether the link has the label, as this task sees it."""
        return rule.has("link_id", payload["task_link"]["link_id"])

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Give the task at this end of the link the colour."""
        _color(call, rule, payload["task_link"]["task_id"])


class _DailyColorAction(DailyTaskAction):
    parameters = ("color_id",)
    #: the date that has come
    date: str

    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Tasks whose date has come, and which have another colour."""
        return is_reached(call, task[self.date]) and not rule.has("color_id", task["color_id"])

    def run_on(self, call: Call, rule: Rule, task: Row) -> None:
        """Give the task the colour."""
        _color(call, rule, task["id"])


class TaskAssignColorOnDueDate(_DailyColorAction):
    """Tasks that are due have a colour."""

    name = PREFIX + "TaskAssignColorOnDueDate"
    description = "Assign automatically a color when due date is expired"
    date = "date_due"


class TaskAssignColorOnStartDate(_DailyColorAction):
    """Tasks that have begun have a colour."""

    name = PREFIX + "TaskAssignColorOnStartDate"
    description = "Assign automatically a color when preset start date is reached"
    date = "date_started"


ACTIONS = (
    TaskAssignColorUser(),
    TaskAssignColorColumn(),
    TaskAssignColorSwimlane(),
    TaskAssignColorCategory(),
    TaskAssignColorPriority(),
    TaskAssignColorLink(),
    TaskAssignColorOnDueDate(),
    TaskAssignColorOnStartDate(),
)
