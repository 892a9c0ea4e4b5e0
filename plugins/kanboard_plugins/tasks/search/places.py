"""Filters by where a task is, by its status and its colour. Source: spec page "search", section 3."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kanboard_core.arguments import to_id
from kanboard_core.calls import Call
from kanboard_core.database import like_one_of, one_of
from kanboard_core.models import Project
from kanboard_core.search_filters import Condition, Given
from kanboard_plugins.application.colors import COLORS
from kanboard_plugins.categories.models import Category
from kanboard_plugins.columns.models import Column
from kanboard_plugins.swimlanes.models import Swimlane
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.search.patterns import is_number

_OPEN = Condition(Task.is_active == 1)
_CLOSED = Condition(Task.is_active == 0)
_NONE = Condition(one_of(Task.id, "ids"))
_IN_COLUMN = Condition(one_of(Task.column_id, "ids"))
_IN_COLUMN_TITLED = Condition(one_of(Column.title, "titles"))
_IN_SWIMLANE_NAMED = Condition(like_one_of(Swimlane.name, "patterns"))
_IN_CATEGORY = Condition(one_of(Task.category_id, "ids"))
_IN_CATEGORY_NAMED = Condition(one_of(Category.name, "names"))
_COLORED = Condition(one_of(Task.color_id, "colors"))
_IN_PROJECT = Condition(one_of(Task.project_id, "ids"))
_IN_PROJECT_NAMED = Condition(like_one_of(Project.name, "patterns"))

#: what isn't below is the name of a project
_END_OF_PROJECT_IDS = 2**31 - 1

#: the ids of colours by themselves and by their names, in lower case
_COLORS = {color["name"].lower(): color_id for color_id, color in COLORS.items()} | {name: name for name in COLORS}


def status(call: Call, values: Sequence[str]) -> list[Given]:
    """Open and closed tasks, also by the numbers 1 and 0; another number means no task, and any other text nothing."""
    numbers = {value.lstrip("0") for value in values if is_number(value)}
    found = []
    if "open" in values or "1" in numbers:
        found.append(_OPEN.given())
    if "closed" in values or "" in numbers:
        found.append(_CLOSED.given())
    if numbers and not found:
        found.append(_NONE.given(ids=[]))
    return found


def column(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by the ids or the exact titles of their columns."""
    numbers, titles = _divided(values, is_number)
    found = []
    if numbers:
        found.append(_IN_COLUMN.given(ids=[to_id(value) for value in numbers]))
    if titles:
        found.append(_IN_COLUMN_TITLED.given(titles=titles))
    return found


def swimlane(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by the whole names of their swimlanes."""
    return [_IN_SWIMLANE_NAMED.given(patterns=values)]


def category(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by the ids or the names of their categories, a number being both; ``none``: those that have none."""
    nothing, names = _divided(values, lambda value: value == "none")
    ids = [to_id(value) for value in names if is_number(value)]
    if nothing:
        ids.append(0)
    found = []
    if ids:
        found.append(_IN_CATEGORY.given(ids=ids))
    if names:
        found.append(_IN_CATEGORY_NAMED.given(names=names))
    return found


def color(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by the ids or the English names of their colours; an unknown one is that of tasks without."""
    return [_COLORED.given(colors=[_COLORS.get(value.lower(), "") for value in values])]


def project(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by the ids or the whole names of their projects."""
    numbers, names = _divided(values, lambda value: is_number(value) and 0 <= to_id(value) < _END_OF_PROJECT_IDS)
    found = []
    if numbers:
        found.append(_IN_PROJECT.given(ids=[to_id(value) for value in numbers]))
    if names:
        found.append(_IN_PROJECT_NAMED.given(patterns=names))
    return found


def _divided(values: Sequence[str], first: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """Those that fulfil a condition, and the others."""
    return [value for value in values if first(value)], [value for value in values if not first(value)]
