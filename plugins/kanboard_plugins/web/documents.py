"""Answers: pages made from templates, redirections to other pages of ours, and the headers that all of them have."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web
from multidict import istr

from kanboard_core.templates import environment as environment_of
from kanboard_plugins.web import forms, sessions
from kanboard_plugins.web.visits import COOKIE, Visit

if TYPE_CHECKING:
    import jinja2

_FOLDER = Path(__file__).parent
#: what is served as it is, with its type
STYLE = (_FOLDER / "style.css").read_bytes()
ICON = (_FOLDER / "icon.svg").read_bytes()
#: changes with the style sheet, so that browsers may keep it
_STYLE_VERSION = hashlib.sha256(STYLE).hexdigest()[:12]

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_YEAR = 31536000


@functools.cache
def templates() -> jinja2.Environment:
    """The templates, all of them compiled at the first call, which blocks."""
    environment = environment_of("kanboard_plugins.web")
    for name in environment.list_templates():
        environment.get_template(name)
    return environment


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """A page, made from a template."""
    configuration = visit.call.server.configuration
    text = (
        templates()
        .get_template(template)
        .render(
            base=visit.base,
            style_version=_STYLE_VERSION,
            token_field=forms.TOKEN,
            form_token=visit.form_token,
            account=visit.signed_in,
            can_sign_out=not configuration.flag("web", "disable_logout"),
            **values,
        )
    )
    answer = web.Response(text=text, status=status, content_type="text/html")
    _finish(visit, answer)
    return answer


def redirection(visit: Visit, path: str) -> web.Response:
    """Send the browser to another page of ours, which it asks for with GET."""
    answer = web.Response(status=303, headers={hdrs.LOCATION: visit.base + path})
    _finish(visit, answer)
    return answer


def content(visit: Visit, body: bytes, content_type: str) -> web.Response:
    """A picture or a sound of this session."""
    answer = web.Response(body=body, content_type=content_type)
    _finish(visit, answer)
    return answer


def lasting(body: bytes, content_type: str) -> web.Response:
    """A file that is the same for everybody and may be kept."""
    answer = web.Response(body=body, content_type=content_type)
    _protect(answer)
    answer.headers[hdrs.CACHE_CONTROL] = "public, max-age=86400"
    return answer


def _finish(visit: Visit, answer: web.Response) -> None:
    _protect(answer)
    answer.headers[hdrs.CACHE_CONTROL] = "no-store"
    if visit.secure and visit.call.server.configuration.flag("web", "enable_hsts"):
        answer.headers[istr("Strict-Transport-Security")] = f"max-age={_YEAR}"
    if not visit.has_cookie or visit.duration:
        answer.set_cookie(
            COOKIE,
            visit.session_id,
            max_age=sessions.seconds(visit.duration) if visit.duration else None,
            path=visit.base or "/",
            secure=visit.secure,
            httponly=True,
            samesite="Lax",
        )


def _protect(answer: web.Response) -> None:
    answer.headers[hdrs.SERVER] = "kanboard-server"
    answer.headers[istr("Content-Security-Policy")] = _POLICY
    answer.headers[istr("X-Content-Type-Options")] = "nosniff"
    answer.headers[istr("X-Frame-Options")] = "DENY"
    answer.headers[istr("Referrer-Policy")] = "same-origin"
    answer.headers[istr("Cross-Origin-Opener-Policy")] = "same-origin"
