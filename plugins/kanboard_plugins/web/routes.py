"""The paths of the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from kanboard_core.calls import AsyncCall
from kanboard_core.routes import Handler, Route
from kanboard_plugins.web import account, administration, documents, forms, sign_in, visits
from kanboard_plugins.web.visits import SessionOver, Visit

#: what answers a visit
_Answering = Callable[[Visit], Awaitable[web.StreamResponse]]


def _page(answering: _Answering) -> Handler:
    """The handler of a route: finds out who is visiting, and refuses forms that aren't our own."""

    async def answer(call: AsyncCall, request: web.BaseRequest) -> web.StreamResponse:
        form = await forms.read(request) if request.method == "POST" else {}
        visit = await visits.begun(call, request)
        if request.method == "POST":
            if not forms.is_own(request, form, visit.form_token):
                return documents.page(visit, "expired.html", status=403)
            visit.form = form
        try:
            return await answering(visit)
        except SessionOver:
            await visit.end_session()
            return documents.redirection(visit, sign_in.FORM_PATH)

    return answer


async def _style(call: AsyncCall, request: web.BaseRequest) -> web.StreamResponse:
    return documents.lasting(documents.STYLE, "text/css")


async def _icon(call: AsyncCall, request: web.BaseRequest) -> web.StreamResponse:
    return documents.lasting(documents.ICON, "image/svg+xml")


def _get(path: str, answering: _Answering, *, yields: bool = False) -> Route:
    return Route(path, _page(answering), None, yields=yields)


def _post(path: str, answering: _Answering) -> Route:
    return Route(path, _page(answering), None, ("POST",))


ROUTES = [
    _get("/", sign_in.front, yields=True),
    _get(sign_in.FORM_PATH, sign_in.show),
    _post(sign_in.FORM_PATH, sign_in.attempt),
    _get(sign_in.PICTURE_PATH, sign_in.picture),
    _get(sign_in.SOUND_PATH, sign_in.sound),
    _get(sign_in.CODE_PATH, sign_in.show_code),
    _post(sign_in.CODE_PATH, sign_in.confirm),
    _post(sign_in.SIGN_OUT_PATH, sign_in.sign_out),
    _get(sign_in.HOME_PATH, account.show),
    _post(account.TOKEN_PATH, account.change_token),
    _get(account.TWO_FACTOR_PATH, account.show_two_factor),
    _post(account.TWO_FACTOR_PATH, account.change_two_factor),
    _post(administration.APPLICATION_TOKEN_PATH, administration.change_application_token),
    _post(administration.UNLOCK_PATH, administration.unlock),
    Route("/pages/style.css", _style, None),
    Route("/pages/icon.svg", _icon, None),
]
