"""The procedure group Action: what projects do by themselves when something happens in them."""

from kanboard_core.actions import Action
from kanboard_core.daily import DailyJob, Order
from kanboard_core.database import Model
from kanboard_core.events import BINDABLE, BoundReaction, EventType, Stage, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.actions import engine, procedures
from kanboard_plugins.actions.catalogue import ACTIONS
from kanboard_plugins.actions.models import StoredRule, StoredValue
from kanboard_plugins.actions.periodic import DAILY, run_periodic_actions

requires = ("columns", "comments", "mail", "subtask_time_tracking", "subtasks", "tasks")


@hookimpl
def register_models() -> list[type[Model]]:
    """The tables of actions, which go with their project by a foreign key."""
    return [StoredRule, StoredValue]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_events() -> list[EventType]:
    """The event of actions that look at all tasks of a project."""
    return [DAILY]


@hookimpl
def register_actions() -> list[Action]:
    """What Kanboard itself can do."""
    return list(ACTIONS)


@hookimpl
def register_reactions() -> list[BoundReaction]:
    """Running actions, after everything else that is told of an event but mentions."""
    return [reaction(engine.react, BINDABLE, stage=Stage.ACTION)]


@hookimpl
def register_daily_jobs() -> list[DailyJob]:
    """Running those actions that look at all tasks of a project."""
    return [DailyJob("periodic actions", run_periodic_actions, Order.ACTIONS)]
