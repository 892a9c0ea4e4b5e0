"""What administrators find on their page: the token of the application, and accounts that are locked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from kanboard_core.calls import Call
from kanboard_core.credentials import new_token
from kanboard_core.database import application_token
from kanboard_core.lockout import is_locked
from kanboard_plugins.web import documents
from kanboard_plugins.web.sign_in import HOME_PATH, to_sign_in
from kanboard_plugins.web.visits import Visit

APPLICATION_TOKEN_PATH = "/account/application-token"  # noqa: S105 - a path
UNLOCK_PATH = "/account/unlock"


def shown(call: Call, *, reveal: bool) -> dict[str, Any]:
    """What the page shows; ``reveal``: also the token of the application."""
    return {
        "token_is_configured": bool(call.server.configuration.text("authentication", "api_authentication_token")),
        "application_token": call.tx.setting("api_token") if reveal else "",
        "refused": [
            {
                **refused,
                "until": _moment(refused["lock_expiration_date"]) if is_locked(refused, call.now) else "",
            }
            for refused in call.server.sign_in.refused_accounts(call)
        ],
    }


async def change_application_token(visit: Visit) -> web.StreamResponse:
    """Show the token of the application once, or put another one in its place."""
    if not visit.is_administrator:
        return _refusal(visit)
    if visit.call.server.configuration.text("authentication", "api_authentication_token"):
        return documents.redirection(visit, HOME_PATH)
    match visit.value("action"):
        case "show":
            await visit.change(notice="application token shown")
        case "renew":
            await visit.write(_renew_application_token)
            await visit.change(notice="application token shown")
    return documents.redirection(visit, HOME_PATH)


async def unlock(visit: Visit) -> web.StreamResponse:
    """Unlock an account."""
    if not visit.is_administrator:
        return _refusal(visit)
    user_id = visit.value("user_id")
    is_id = user_id.isascii() and user_id.isdigit() and len(user_id) < 10
    if is_id and await visit.write(visit.call.server.sign_in.unlock, int(user_id)):
        await visit.change(notice="unlocked")
    return documents.redirection(visit, HOME_PATH)


def _renew_application_token(call: Call) -> None:
    application_token.store(call.tx, new_token(), changed_by=call.caller.user_id, now=call.now)


def _refusal(visit: Visit) -> web.Response:
    if visit.signed_in is None:
        return to_sign_in(visit)
    return documents.page(visit, "forbidden.html", status=403)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
