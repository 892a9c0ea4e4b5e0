"""The filters of tasks themselves, by their keys. Source: spec page "search", section 3."""

from __future__ import annotations

from kanboard_core.search_filters import Meaning, SearchFilter
from kanboard_plugins.tasks.search import days, numbers, people, places, texts

#: the keys that stand for what belongs to no key of a query: by default, and for those who want to search everywhere
TITLE, ANYWHERE = "title", "search"

_MEANINGS: dict[str, Meaning] = {
    TITLE: texts.title,
    ANYWHERE: texts.anywhere,
    "id": texts.number,
    "description": texts.description,
    "desc": texts.description,
    "reference": texts.reference,
    "ref": texts.reference,
    "status": places.status,
    "column": places.column,
    "swimlane": places.swimlane,
    "category": places.category,
    "color": places.color,
    "colour": places.color,
    "project": places.project,
    "assignee": people.assignee,
    "creator": people.creator,
    "priority": numbers.priority,
    "score": numbers.score,
    "complexity": numbers.score,
    "due": days.due,
    "started": days.started,
    "created": days.created,
    "modified": days.modified,
    "updated": days.modified,
    "completed": days.completed,
    "moved": days.moved,
    "createdRange": days.created_range,
    "modifiedRange": days.modified_range,
    "updatedRange": days.modified_range,
    "completedRange": days.completed_range,
    "movedRange": days.moved_range,
}

FILTERS = tuple(SearchFilter(key, meaning) for key, meaning in _MEANINGS.items())
