"""What an operator can get wrong in [notebook]."""

from __future__ import annotations

import pytest
from kanboard_core.configuration import ConfigurationError
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, running


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (["notebook.url=example.org", "notebook.token=secret"], "must begin with http"),
        (["notebook.url=https://example.org/"], "needs token to be set too"),
        (["notebook.timeout=0"], "must be between 0.1 and 60"),
    ],
)
async def test_what_cannot_work_is_refused(
    database: Location, plugins: Plugins, settings: list[str], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        async with running(database, plugins=plugins, settings=settings):
            pass
