"""Finding the tasks that a query asks for. Source: spec page "search"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from kanboard_core.arguments import NO_ID, ArgumentType, to_id, to_text
from kanboard_core.calls import Call
from kanboard_core.database import Row, like_one_of, one_of, param, statement
from kanboard_core.database.conditions import Alternatives, Selection
from kanboard_core.models import Project
from kanboard_core.search_filters import Condition, Given, SearchFilter
from kanboard_plugins.tasks.listing import COUNTS, add_details, listed_tasks
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.search.filters import ANYWHERE, TITLE
from kanboard_plugins.tasks.search.patterns import is_number
from kanboard_plugins.tasks.search.query import values_by_filter
from kanboard_plugins.users.models import UserMetadata

#: characters of a query: reading it takes time too
LONGEST = 2_500_000

_TASKS = Selection(listed_tasks().order_by(Task.id))
_IN_PROJECT = Condition(Task.project_id == param("project_id"))
_IN_PROJECT_NAMED = Condition(like_one_of(Project.name, "names"))
_NOTHING = Condition(one_of(Task.id, "ids")).given(ids=[])

_METADATA = statement(
    UserMetadata.select(UserMetadata.value).where(
        (UserMetadata.user_id == param("user_id")) & (UserMetadata.name == param("name"))
    )
)
_SEARCH_ANYWHERE = "task.search.all.fields"


def to_query(value: Any) -> str:
    """A query from the wire: a text; null is an empty one, a number is read as its text."""
    if isinstance(value, (bool, list, dict)):
        raise ValueError("must be a text")
    query = to_text(value) or ""
    if len(query) > LONGEST:
        raise ValueError(f"must not have more than {LONGEST} characters")
    return query


#: a text; null is an empty one, and a number its text
Query = Annotated[str, ArgumentType("query", to_query, {"type": ["string", "number", "null"]})]


def find(call: Call, project: Any, query: str) -> list[Row]:
    """The tasks of a project that a query asks for, by id, as lists show them.

    ``project`` is an id, or the application's word for one: a text that isn't made of digits is the name of projects.
    """
    groups: list[Alternatives] = [[_project(call, project)]]
    foreign = ""
    filters = call.server.search_filters
    for key, values in values_by_filter(query, frozenset(filters), _free_text(call)).items():
        alternatives: list[Given] = []
        for contribution in filters[key]:
            alternatives += _conditions(call, contribution, values)
            foreign = foreign if contribution.built_in else contribution.plugin
        if alternatives:
            groups.append(alternatives)
    select = partial(_TASKS.all, call.tx, groups)
    found: list[Row] = call.server.plugins.contain(foreign, "a search", call, select, []) if foreign else select()
    add_details(call, found, COUNTS)
    return found


def _project(call: Call, project: Any) -> Given:
    """The condition that a task is in the project."""
    if call.caller.is_application and isinstance(project, str) and not is_number(project):
        return _IN_PROJECT_NAMED.given(names=[project] if project else [])
    return _IN_PROJECT.given(project_id=NO_ID if project is True else to_id(project))


def _free_text(call: Call) -> str:
    """The key that stands for what belongs to no key."""
    if call.caller.is_application:
        return TITLE
    chosen = call.tx.scalar(_METADATA, user_id=call.caller.user_id, name=_SEARCH_ANYWHERE)
    return ANYWHERE if chosen == "1" else TITLE


def _conditions(call: Call, contribution: SearchFilter, values: Sequence[str]) -> list[Given]:
    """What a plugin makes of the values of its filter; one that fails finds nothing."""
    if contribution.built_in:
        return list(contribution.meaning(call, values))
    where = f"the search filter {contribution.key}"
    conditions: list[Given] = call.server.plugins.contain(
        contribution.plugin, where, call, partial(_checked, contribution, call, values), [_NOTHING]
    )
    return conditions


def _checked(contribution: SearchFilter, call: Call, values: Sequence[str]) -> list[Given]:
    conditions = list(contribution.meaning(call, values))
    for condition in conditions:
        if not isinstance(condition, Given):
            raise TypeError(f"a search filter must answer conditions with their values, not {condition!r}")
    return conditions
