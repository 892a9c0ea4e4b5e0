"""Sending notes elsewhere."""

from __future__ import annotations

import aiohttp
from kanboard_core.calls import ProcedureError
from kanboard_core.configuration import Configuration
from kanboard_core.database import Row

NOT_CONFIGURED = 1
NOT_PUBLISHED = 2


async def publish(configuration: Configuration, note: Row) -> None:
    """Post a note as JSON to the configured address. Raises ProcedureError when that isn't possible."""
    url = configuration.text("notebook", "url")
    if not url:
        raise ProcedureError(NOT_CONFIGURED, "Notes are not published here", "[notebook] url is not set")
    headers = {"Authorization": f"Bearer {configuration.text('notebook', 'token')}"}
    timeout = aiohttp.ClientTimeout(total=configuration.number("notebook", "timeout"))
    try:
        # No redirects: they would take the token to an address that nobody has configured.
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
            session.post(url, json=note, allow_redirects=False) as response,
        ):
            status = response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ProcedureError(NOT_PUBLISHED, "The note was not published", type(error).__name__) from error
    if not 200 <= status < 300:
        raise ProcedureError(NOT_PUBLISHED, "The note was not published", f"the address answered {status}")
