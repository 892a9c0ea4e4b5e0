"""Values by name that are kept with a row, such as a project: each owner is a table of its own, with the same rules.

Such a table has, beside the column of its owner, ``name``, ``value`` (NULL is a value too), ``changed_by`` (an account;
0: the application) and ``changed_on`` (Unix seconds); owner and name together are unique, names compare exactly.
Source: spec pages "project_metadata" and "task_metadata".
"""

from __future__ import annotations

from typing import Annotated, Any

import peewee

from kanboard_core.arguments import ArgumentType, to_text
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.validation import is_empty


def to_values(value: Any) -> dict[str, str | None]:
    """Values by name from the wire: an object, or an array, whose names are 0, 1, 2, ...; everything becomes text."""
    if isinstance(value, list):
        value = {str(number): element for number, element in enumerate(value)}
    if not isinstance(value, dict):
        raise ValueError("must be an array or an object")
    if any(isinstance(element, (list, dict)) for element in value.values()):
        raise ValueError("must not hold arrays or objects")
    return {name: to_text(element) for name, element in value.items()}


#: values by name; numbers and flags become text, null stays
Values = Annotated[dict[str, str | None], ArgumentType("values by name", to_values, {"type": ["array", "object"]})]


class Metadata:
    """The values of all owners of one kind."""

    def __init__(self, model: Any, owner: peewee.Field) -> None:
        """``model``: the table; ``owner``: its column with the id of the row that values belong to."""
        of_owner = owner == param("owner_id")
        of_name = of_owner & (model.name == param("name"))
        written = (model.value, model.changed_by, model.changed_on)
        row = {owner: param("owner_id"), **{field: param(field.name) for field in (model.name, *written)}}
        self._all = statement(model.select(model.name, model.value).where(of_owner).order_by(model.name))
        self._value = statement(model.select(model.value).where(of_name))
        self._save = statement(model.insert(row).on_conflict(conflict_target=(owner, model.name), preserve=written))
        self._remove = statement(model.delete().where(of_name))

    def all_of(self, tx: Transaction, owner_id: int) -> dict[str, str | None]:
        """An owner's values by name, in the code-point order of the names; empty for an unknown owner."""
        return {row["name"]: row["value"] for row in tx.all(self._all, owner_id=owner_id)}

    def value_of(self, tx: Transaction, owner_id: int, name: str | None) -> str:
        """The value of a name; "" when there is none, and for NULL and the text 0, as Kanboard has it."""
        value = tx.scalar(self._value, owner_id=owner_id, name=name)
        return "" if is_empty(value) else value

    def save(self, call: Call, owner_id: int, values: dict[str, str | None]) -> bool:
        """Write values, those of other names stay. False, and nothing is written, when there is no such owner.

        Whoever may be saving values of the same owner at once holds a lock: several names are written in the order in
        which they are given.
        """
        common = {"owner_id": owner_id, "changed_by": call.caller.user_id, "changed_on": call.now}
        try:
            call.tx.run_many(self._save, [{**common, "name": name, "value": value} for name, value in values.items()])
        except Conflict:
            return False
        return True

    def remove(self, tx: Transaction, owner_id: int, name: str | None) -> bool:
        """Remove a value; False when there is none of that name."""
        return tx.run(self._remove, owner_id=owner_id, name=name) > 0
