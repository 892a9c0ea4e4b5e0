"""Whether somebody is let in, as a client finds out."""

from __future__ import annotations

from kanboard_core.testing import Client, Unauthorized


async def is_let_in(client: Client) -> bool:
    """Whether the client's credentials are accepted."""
    try:
        answer: str = await client.getTimezone()
    except Unauthorized:
        return False
    return answer == "UTC"
