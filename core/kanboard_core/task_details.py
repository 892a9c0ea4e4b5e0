"""Keys that boards and dashboards show for tasks: how plugins contribute them."""

from __future__ import annotations

from typing import Any

from kanboard_core.database import Statement


class TaskDetail:
    """A key that boards and dashboards show for a task, contributed by the plugin that owns the rows.

    ``statement`` is executed once for all tasks shown, with the parameter ``ids``; its rows have ``task_id`` and
    ``value``. With ``many`` the value of a task is the list of its rows (all columns); else that of its one row.
    Tasks without a row get ``default``, or the empty list. When the statement of a plugin that isn't built in fails,
    all tasks do; that is logged and reported.
    """

    __slots__ = ("built_in", "default", "key", "many", "plugin", "statement")

    def __init__(self, key: str, statement: Statement, *, default: Any = 0, many: bool = False) -> None:
        self.key = key
        self.statement = statement
        self.default = default
        self.many = many
        #: who contributes it; set when it is registered
        self.plugin = ""
        self.built_in = False

    def registered_by(self, plugin: str, *, built_in: bool) -> TaskDetail:
        """A copy that belongs to a plugin of one server."""
        registered = TaskDetail(self.key, self.statement, default=self.default, many=self.many)
        registered.plugin = plugin
        registered.built_in = built_in
        return registered
