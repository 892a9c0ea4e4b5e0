"""Hook specifications: everything a plugin can take part in, with when, with what, in which thread and transaction.

A plugin is a module (usually a package's ``__init__``) named by an entry point of the group ``kanboard.plugins``. It
implements any of these functions, decorated with ``hookimpl``, and may name in ``requires`` the plugins it builds on.
Implementations take as many of the arguments as they need. Arguments are only ever added.

What a plugin brings (``register_...``) is asked once at start-up; an exception leaves the plugin out, and those that
require it. Whatever else it takes part in runs in the thread and the transaction of a call. The part of a built-in
plugin belongs to the call: an exception undoes both. Another plugin's runs in a savepoint of its own: an exception is
undone, logged and reported, and the call goes on. ``ProcedureError``, ``Forbidden`` and ``InvalidParams`` are answers
to the caller and undo the call, whoever raises them. Plugins that require others are called before those; an
implementation marked ``hookimpl(tryfirst=True)`` is called before all others, one with ``trylast=True`` after them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from kanboard_core.hooks import lifecycle, participation, registrations
from kanboard_core.hooks.markers import PROJECT, hookimpl

__all__ = ["GROUPS", "PROJECT", "hookimpl", "specifications"]

#: the modules with the specifications; the docstring of each says what its hooks are for
GROUPS = (registrations, participation, lifecycle)


def specifications(*groups: ModuleType) -> dict[str, Callable[..., Any]]:
    """The hooks by name, in the order of their specifications; of all groups when none is given."""
    return {
        name: value
        for group in groups or GROUPS
        for name, value in vars(group).items()
        if inspect.isfunction(value) and hasattr(value, f"{PROJECT}_spec")
    }
