"""peewee's view of a session's connection, for queries that aren't statements."""

from __future__ import annotations

from typing import Any

import peewee

from kanboard_core.database.savepoints import Savepoints


class View(peewee.Database):
    """What those of all engines have in common; beside the class of peewee's that spells for the engine."""

    #: those of the transaction that the connection is in
    savepoints: Savepoints | None = None

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """As peewee does, in the savepoints that were entered."""
        inherited: Any = super()  # its types leave the method out
        if self.savepoints is not None and (command := self.savepoints.meet()):
            inherited.execute_sql(command)
        return inherited.execute_sql(sql, params)
