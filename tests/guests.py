"""Plugins that tests make up, as if they were installed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from kanboard_core.plugins import Plugin


def guest(name: str, module: object = None, *, built_in: bool = False, **parts: Any) -> Plugin:
    """A third party's plugin that is on; or one that counts as built in.

    ``module`` is what implements its hooks; otherwise the ``parts`` are what stands in its module: functions that are
    marked with ``hookimpl``, and ``requires``.
    """
    return Plugin(name, module or SimpleNamespace(**parts), built_in=built_in, enabled=True, version="1")
