"""The marks of hooks: those of their specifications, and those of what implements them."""

from __future__ import annotations

import pluggy

PROJECT = "kanboard"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
