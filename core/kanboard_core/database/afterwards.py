"""What jobs want done once they are committed: effects outside the database that can't be undone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

Afterwards = Callable[[], object]

_logger = logging.getLogger(__name__)


def carry_out(functions: Iterable[Afterwards]) -> None:
    """Call the functions, in order. One that raises is logged, and the others are called all the same."""
    for function in functions:
        try:
            function()
        except (Exception, SystemExit):
            _logger.exception("what was to be done after a commit failed")
