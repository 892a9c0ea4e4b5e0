"""The procedure group Task: the tasks of a project, and what is told when they change."""

from kanboard_core.calls import Call
from kanboard_core.database import Model
from kanboard_core.events import BoundReaction, EventType
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_core.search_filters import SearchFilter
from kanboard_plugins.tasks import procedures, references
from kanboard_plugins.tasks.event_types import EVENTS
from kanboard_plugins.tasks.models import Task, Transition
from kanboard_plugins.tasks.reactions import REACTIONS
from kanboard_plugins.tasks.search.filters import FILTERS

requires = ("application", "categories", "columns", "swimlanes", "users")


@hookimpl
def register_models() -> list[type[Model]]:
    """The tables of tasks and of their history."""
    return [Task, Transition]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_events() -> list[EventType]:
    """What happens to tasks."""
    return list(EVENTS)


@hookimpl
def register_reactions() -> list[BoundReaction]:
    """The project's last change, the history of columns, mentions."""
    return list(REACTIONS)


@hookimpl
def register_search_filters() -> list[SearchFilter]:
    """What queries can ask of tasks themselves."""
    return list(FILTERS)


@hookimpl
def column_in_use(call: Call, column_id: int) -> bool:
    """A column with tasks stays."""
    return references.are_in_column(call.tx, column_id)


@hookimpl
def swimlane_in_use(call: Call, swimlane_id: int) -> bool:
    """A swimlane with tasks stays."""
    return references.are_in_swimlane(call.tx, swimlane_id)


@hookimpl
def category_removing(call: Call, category_id: int) -> None:
    """Tasks let go of the category."""
    references.drop_category(call.tx, category_id)


@hookimpl
def user_removing(call: Call, user_id: int) -> None:
    """Tasks let go of their assignee."""
    references.drop_owner(call.tx, user_id)
