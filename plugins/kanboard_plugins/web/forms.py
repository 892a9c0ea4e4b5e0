"""Forms: reading what a browser sends, and telling our own from those of others."""

from __future__ import annotations

import asyncio
import hmac
from urllib.parse import parse_qsl

from aiohttp import hdrs, web
from multidict import istr

#: bytes that a form may have
_LIMIT = 16 * 1024
_MOST_FIELDS = 20
#: seconds within which a form must arrive
_SECONDS = 20
_TYPE = "application/x-www-form-urlencoded"
_FETCH_SITE = istr("Sec-Fetch-Site")

#: the field that holds the token of the session's forms
TOKEN = "form_token"  # noqa: S105 - the name of a field


async def read(request: web.BaseRequest) -> dict[str, str]:
    """The fields of a form; of several with one name the first counts.

    Raises HTTPRequestEntityTooLarge, HTTPUnsupportedMediaType or HTTPRequestTimeout for what can be no form of ours.
    """
    if request.content_type != _TYPE:
        raise web.HTTPUnsupportedMediaType
    if request.content_length is None or request.content_length > _LIMIT:
        raise web.HTTPRequestEntityTooLarge(_LIMIT, request.content_length or 0)
    try:
        async with asyncio.timeout(_SECONDS):
            body = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    try:
        sent = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise web.HTTPBadRequest from None
    return dict(reversed(sent))


def is_own(request: web.BaseRequest, form: dict[str, str], token: str) -> bool:
    """Whether a page of the session sent the form, as its token says; the browser's word counts against it too."""
    site = request.headers.get(_FETCH_SITE, "same-origin")
    if site not in ("same-origin", "none") or request.headers.get(hdrs.ORIGIN) == "null":
        return False
    return hmac.compare_digest(form.get(TOKEN, "").encode(), token.encode())
