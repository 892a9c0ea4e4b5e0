"""What people find who are signed in: their account, their token for the API, their second factor."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from markupsafe import Markup

from kanboard_core import one_time_codes
from kanboard_core.calls import Call
from kanboard_core.permissions import ApplicationRole
from kanboard_plugins.users import credentials
from kanboard_plugins.web import administration, documents
from kanboard_plugins.web.sign_in import HOME_PATH, to_sign_in
from kanboard_plugins.web.visits import Visit

TOKEN_PATH = "/account/token"  # noqa: S105 - a path
TWO_FACTOR_PATH = "/account/two-factor"

_ROLES = {
    ApplicationRole.ADMIN.value: "Administrator",
    ApplicationRole.MANAGER.value: "Manager",
    ApplicationRole.USER.value: "User",
}


async def show(visit: Visit) -> web.StreamResponse:
    """The page of the account; with what was made a moment ago, once."""
    account = visit.signed_in
    if account is None:
        return to_sign_in(visit)
    notice = visit.state.notice and (await visit.change(notice="")).notice
    values: dict[str, Any] = {}
    if visit.is_administrator:
        values = await visit.call.read(administration.shown, reveal=notice == "application token shown")
    return documents.page(
        visit,
        "account.html",
        role=_ROLES.get(account["role"], account["role"]),
        notice=notice,
        is_administrator=visit.is_administrator,
        **values,
    )


async def change_token(visit: Visit) -> web.StreamResponse:
    """Make another personal token, or take it away."""
    if visit.signed_in is None:
        return to_sign_in(visit)
    match visit.value("action"):
        case "make":
            await visit.write(_make_token)
            await visit.change(notice="token made")
        case "revoke":
            await visit.write(_revoke_token)
            await visit.change(notice="token revoked")
    return documents.redirection(visit, HOME_PATH)


async def show_two_factor(visit: Visit) -> web.StreamResponse:
    """How an authenticator is set up, with the secret that is kept in the session meanwhile."""
    if visit.signed_in is None:
        return to_sign_in(visit)
    if visit.signed_in["twofactor_activated"] or not visit.state.secret:
        return documents.redirection(visit, HOME_PATH)
    return await _two_factor(visit, "")


async def change_two_factor(visit: Visit) -> web.StreamResponse:
    """Begin to set up an authenticator, confirm it with a code of it, or switch the second factor off."""
    account = visit.signed_in
    if account is None:
        return to_sign_in(visit)
    match visit.value("action"):
        case "begin" if not account["twofactor_activated"]:
            await visit.change(secret=one_time_codes.new_secret(visit.call.server.database.engine.kind))
            return documents.redirection(visit, TWO_FACTOR_PATH)
        case "confirm" if not account["twofactor_activated"] and visit.state.secret:
            if not await visit.write(_enrol, visit.state.secret, visit.value("code")):
                return await _two_factor(visit, "That code isn't right. Type the one that is shown now.", status=422)
            await visit.change(secret="", notice="two-factor on")
        case "disable" if account["twofactor_activated"]:
            await visit.write(_remove_second_factor)
            await visit.change(notice="two-factor off")
    return documents.redirection(visit, HOME_PATH)


async def _two_factor(visit: Visit, error: str, *, status: int = 200) -> web.Response:
    account = visit.signed_in or {}
    secret = visit.state.secret
    uri = one_time_codes.uri(
        secret,
        issuer=visit.call.server.configuration.text("authentication", "totp_issuer"),
        label=account["email"] or account["username"],
    )
    return documents.page(
        visit,
        "two_factor.html",
        picture=await visit.call.in_thread(_picture, uri),
        uri=uri,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        error=error,
        status=status,
    )


def _make_token(call: Call) -> None:
    credentials.make_token(call.tx, call.caller.user_id)


def _revoke_token(call: Call) -> None:
    credentials.revoke_token(call.tx, call.caller.user_id)


def _enrol(call: Call, secret: str, code: str) -> bool:
    return credentials.enrol(call, call.caller.user_id, secret, code)


def _remove_second_factor(call: Call) -> None:
    credentials.remove_second_factor(call.tx, call.caller.user_id)


def _picture(uri: str) -> Markup:
    """A QR code of the address, as an element of SVG."""
    import segno

    picture = segno.make_qr(uri, error="m").svg_inline(scale=5, dark="#000", light="#fff", title="QR code")
    return Markup(picture)  # noqa: S704 - the text in it is ours
