"""What actions of the daily job have in common: they look at every open task of the project."""

from __future__ import annotations

from abc import abstractmethod

from kanboard_core.actions import Action, Payload, Rule
from kanboard_core.arguments import to_integer
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_plugins.actions.periodic import DAILY
from kanboard_plugins.tasks.calendar import DAY


class DailyAction(Action):
    """An action on the open tasks that it concerns, by their rows as they were when the job came to the project."""

    events = (DAILY.name,)
    needs = ("tasks",)

    @abstractmethod
    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Whether it is to be done for a task."""

    def concerned(self, call: Call, rule: Rule, payload: Payload) -> list[Row]:
        """The tasks that it is to be done for."""
        return [task for task in payload["tasks"] if self.concerns(call, rule, task)]


class DailyTaskAction(DailyAction):
    """One that is done for each of them by itself."""

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Do it for each task that is concerned."""
        for task in self.concerned(call, rule, payload):
            self.run_on(call, rule, task)

    @abstractmethod
    def run_on(self, call: Call, rule: Rule, task: Row) -> None:
        """Do it for a task."""


def is_reached(call: Call, moment: int | None) -> bool:
    """Whether a date (Unix seconds) is set, and has come."""
    return 0 < (moment or 0) <= call.now


def is_older(call: Call, rule: Rule, moment: int | None) -> bool:
    """Whether a moment (Unix seconds) is more days ago than the rule says."""
    return call.now - (moment or 0) > seconds_of(rule)


def seconds_of(rule: Rule) -> int:
    """The days that a rule says, in seconds; what doesn't begin with a number is 0."""
    return to_integer(rule.text("duration")) * DAY
