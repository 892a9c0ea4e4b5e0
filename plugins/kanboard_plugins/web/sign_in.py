"""The pages that somebody signs in on: the form, its captcha, the code of the second factor; and signing out."""

from __future__ import annotations

from aiohttp import web

from kanboard_core.credentials import Credentials
from kanboard_core.sign_in import Outcome
from kanboard_plugins.users.rules import LONGEST_USERNAME
from kanboard_plugins.web import captchas, documents
from kanboard_plugins.web.visits import Visit

FORM_PATH = "/sign-in"
CODE_PATH = "/sign-in/code"
PICTURE_PATH = "/sign-in/captcha.png"
SOUND_PATH = "/sign-in/captcha.wav"
SIGN_OUT_PATH = "/sign-out"
#: where somebody is taken who has signed in
HOME_PATH = "/account"


async def front(visit: Visit) -> web.StreamResponse:
    """Lead to the page that is the right one."""
    return documents.redirection(visit, HOME_PATH if visit.signed_in else FORM_PATH)


async def show(visit: Visit) -> web.StreamResponse:
    """The form."""
    if elsewhere := _elsewhere(visit):
        return elsewhere
    captcha = await visit.call.server.sign_in.needs_captcha("", visit.origin.address)
    return await _form(visit, captcha=captcha)


async def attempt(visit: Visit) -> web.StreamResponse:
    """Try what was filled in."""
    if elsewhere := _elsewhere(visit):
        return elsewhere
    if _is_hidden(visit):
        return await _form(visit, status=403)
    sign_in = visit.call.server.sign_in
    username, password = visit.value("username"), visit.value("password")
    if errors := _missing(username, password):
        captcha = await sign_in.needs_captcha(username, visit.origin.address)
        return await _form(visit, username=username, captcha=captcha, errors=errors, status=422)
    was_asked = visit.state.captcha != "-"
    solved = was_asked and captchas.is_right((await visit.change(captcha="")).captcha, visit.value("captcha"))
    tried = await sign_in.attempt(
        Credentials(username, password, visit.origin.address, visit.origin.user_agent), captcha_solved=solved
    )
    match tried.outcome, tried.account:
        case Outcome.SIGNED_IN, dict(account):
            await visit.begin_session(account, auth_type=tried.auth_type)
            return documents.redirection(visit, HOME_PATH)
        case Outcome.CODE_NEEDED, dict(account):
            await visit.begin_session(account, auth_type=tried.auth_type, code_needed=True)
            return documents.redirection(visit, CODE_PATH)
        case Outcome.CAPTCHA_NEEDED, _:
            words = "Those aren't the digits in the picture." if was_asked else "Type the digits in the picture too."
            return await _form(visit, username=username, captcha=True, errors={"captcha": words}, status=422)
        case Outcome.LOCKED, _:
            return await _locked(visit, username)
        case Outcome.UNAVAILABLE, _:
            captcha = await sign_in.needs_captcha(username, visit.origin.address)
            return await _form(visit, username=username, captcha=captcha, problem="unavailable", status=503)
        case _:
            captcha = await sign_in.needs_captcha(username, visit.origin.address)
            return await _form(visit, username=username, captcha=captcha, problem="wrong", status=403)


async def picture(visit: Visit) -> web.StreamResponse:
    """A new captcha, as a picture."""
    if visit.state.captcha == "-":
        raise web.HTTPNotFound
    answer = captchas.new_answer()
    await visit.change(captcha=answer)
    return documents.content(visit, await captchas.picture(answer), "image/png")


async def sound(visit: Visit) -> web.StreamResponse:
    """The digits of the last picture, read out; new ones if there was none."""
    if visit.state.captcha == "-":
        raise web.HTTPNotFound
    answer = visit.state.captcha
    if not answer:
        answer = captchas.new_answer()
        await visit.change(captcha=answer)
    try:
        body = await captchas.sound(answer)
    except captchas.TooMany:
        raise web.HTTPServiceUnavailable from None
    return documents.content(visit, body, "audio/wav")


async def show_code(visit: Visit) -> web.StreamResponse:
    """The form for the code of the second factor."""
    if not visit.account or not visit.state.code_needed:
        return documents.redirection(visit, FORM_PATH)
    return documents.page(visit, "code.html", username=visit.account["username"], error="")


async def confirm(visit: Visit) -> web.StreamResponse:
    """Try a code of the second factor."""
    account = visit.account
    if account is None or not visit.state.code_needed:
        return documents.redirection(visit, FORM_PATH)
    if not account["twofactor_activated"]:  # it was switched off meanwhile
        await visit.end_session()
        return documents.redirection(visit, FORM_PATH)
    code = visit.value("code")
    if not code.strip():
        words = "Type the code that your authenticator shows."
        return documents.page(visit, "code.html", username=account["username"], error=words, status=422)
    auth_type = visit.state.auth_type
    sign_in = visit.call.server.sign_in
    match await sign_in.confirm(account["id"], code, auth_type=auth_type, credentials=visit.origin):
        case Outcome.SIGNED_IN:
            await visit.begin_session(account, auth_type=auth_type)
            return documents.redirection(visit, HOME_PATH)
        case Outcome.LOCKED:
            await visit.end_session()
            return await _locked(visit, account["username"])
        case _:
            words = "That code isn't right, or was used before. Wait for the next one."
            return documents.page(visit, "code.html", username=account["username"], error=words, status=403)


async def sign_out(visit: Visit) -> web.StreamResponse:
    """End the session."""
    if visit.signed_in and visit.call.server.configuration.flag("web", "disable_logout"):
        return documents.redirection(visit, HOME_PATH)
    await visit.end_session()
    return documents.redirection(visit, FORM_PATH)


def to_sign_in(visit: Visit) -> web.Response:
    """Lead somebody who isn't signed in to where that is done."""
    return documents.redirection(visit, CODE_PATH if visit.account else FORM_PATH)


def _elsewhere(visit: Visit) -> web.Response | None:
    """Where somebody goes who needs the form no more."""
    if visit.signed_in:
        return documents.redirection(visit, HOME_PATH)
    return documents.redirection(visit, CODE_PATH) if visit.account else None


def _is_hidden(visit: Visit) -> bool:
    return visit.call.server.configuration.flag("web", "hide_login_form")


def _missing(username: str, password: str) -> dict[str, str]:
    """What is wrong with the fields, by their names."""
    errors = {}
    if not username:
        errors["username"] = "Type your user name."
    elif len(username) > LONGEST_USERNAME:
        errors["username"] = f"A user name has {LONGEST_USERNAME} characters at most."
    if not password:
        errors["password"] = "Type your password."  # noqa: S105 - what is shown
    return errors


async def _locked(visit: Visit, username: str) -> web.Response:
    return await _form(visit, username=username, problem="locked", status=403)


async def _form(
    visit: Visit,
    *,
    username: str = "",
    captcha: bool = False,
    errors: dict[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> web.Response:
    if captcha:
        await visit.change(captcha="")
    return documents.page(
        visit,
        "sign_in.html",
        username=username,
        longest_username=LONGEST_USERNAME,
        captcha=captcha,
        errors=errors or {},
        problem=problem,
        lock_minutes=visit.call.server.sign_in.lock_minutes,
        hidden=_is_hidden(visit),
        refused_name=visit.refused_name,
        status=status,
    )
