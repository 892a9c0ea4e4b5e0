"""Waiting for what nobody tells of: it is looked at again and again, and the test fails when it never comes."""

from __future__ import annotations

import asyncio
import inspect
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

#: seconds for what takes moments on a machine that isn't busy
PATIENCE = 30.0

#: seconds between two looks
_PAUSE = 0.01

_Found = TypeVar("_Found")


def _nothing() -> str:
    return ""


async def eventually(
    condition: Callable[[], Any], *, told: Callable[[], object] = _nothing, seconds: float = PATIENCE
) -> Any:
    """Wait until something holds; answers what the condition did then.

    The condition may be ``async``; the event loop runs on meanwhile. ``told`` answers what is said when the time is
    over.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, told()
        await asyncio.sleep(_PAUSE)


def wait_until(
    condition: Callable[[], _Found | None], *, told: Callable[[], object] = _nothing, seconds: float = PATIENCE
) -> _Found:
    """The same where no event loop is to run on."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, told()
        time.sleep(_PAUSE)
    return found


def said(pattern: str, log: Path, process: subprocess.Popen[Any] | None = None) -> re.Match[str]:
    """Wait until something is in a log; fails at once when the process has ended that was to write it."""

    def found() -> re.Match[str] | None:
        ended = process is not None and process.poll() is not None
        match = re.search(pattern, log.read_text())
        assert match or not ended, log.read_text()
        return match

    return wait_until(found, told=log.read_text)
