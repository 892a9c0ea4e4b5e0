"""Tags by their names: those that tasks of a project can have, and making the missing ones.

Source: spec pages "tags" and "tasks", section 4.4.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

from kanboard_core.database import Conflict, Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.tags.models import Tag

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

# Compared here and not in the database: what ignoring case means there differs from engine to engine.
_USABLE = statement(
    Tag.select(Tag.id, Tag.name)
    .where((Tag.project_id == param("project_id")) | (Tag.project_id == 0))
    .order_by(Tag.project_id, Tag.id)
)
_VALUES = {Tag.name: param("name"), Tag.project_id: param("project_id"), Tag.color_id: param("color_id")}
_INSERT = statement(Tag.insert(_VALUES))
_INSERT_UNLESS_THERE = statement(Tag.insert(_VALUES).on_conflict("IGNORE", conflict_target=(Tag.project_id, Tag.name)))


class UsableTags:
    """The tags that tasks of one project can have: its own and the global ones.

    Whoever makes missing ones holds the lock of the project: names that differ in case are told apart here only.
    """

    def __init__(self, tx: Transaction, project_id: int) -> None:
        """Read them."""
        self._tx = tx
        self._project_id = project_id
        self._ids: dict[str, int] = {}
        self._read()

    def find(self, name: str) -> int | None:
        """The id of the tag of that name without regard to ASCII case, a global one first; None without one."""
        return self._ids.get(folded(name))

    def find_or_create(self, name: str, color_id: str | None = None) -> int:
        """The same; without one it is made in the project."""
        key = folded(name)
        if key not in self._ids:
            try:
                self._ids[key] = create(self._tx, self._project_id, name, color_id)
            except Conflict:
                self._read()  # somebody who doesn't ask for the lock may have made it just now
                if key not in self._ids:
                    raise
        return self._ids[key]

    def find_or_create_all(self, tags: Sequence[Row]) -> set[int]:
        """The ids of the tags that have the names of these, which may be another project's.

        What is missing is made in the project, in their order, with the same colour.
        """
        missing: dict[str, Row] = {}
        for tag in tags:
            key = folded(tag["name"])
            if key not in self._ids:
                missing.setdefault(key, {"name": tag["name"], "color_id": tag["color_id"]})
        if missing:
            self._tx.run_many(
                _INSERT_UNLESS_THERE, [{"project_id": self._project_id, **tag} for tag in missing.values()]
            )
            self._read()
        return {self._ids[folded(tag["name"])] for tag in tags}

    def _read(self) -> None:
        for row in self._tx.all(_USABLE, project_id=self._project_id):
            self._ids.setdefault(folded(row["name"]), row["id"])


def create(tx: Transaction, project_id: int, name: str, color_id: str | None) -> int:
    """Make a tag; answers its id. Raises Conflict when the project has one of exactly that name."""
    return tx.insert(_INSERT, name=name, project_id=project_id, color_id=color_id)


def folded(name: str) -> str:
    """The name with ASCII capitals made small: equal for names that are the same tag."""
    return name.translate(_LOWER)


def as_shown(rows: list[Row]) -> list[Row]:
    """Tags by name in code-point order, equal names by id."""
    return sorted(rows, key=lambda row: (row["name"], row["id"]))
