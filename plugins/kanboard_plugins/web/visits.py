"""A visit: a request to one of the pages, the session it belongs to and who is signed in."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from aiohttp import web

from kanboard_core.backends import PageBackend
from kanboard_core.calls import AsyncCall, Call
from kanboard_core.credentials import Credentials
from kanboard_core.database import Row, param, statement
from kanboard_core.decisions import Decision, report
from kanboard_core.models import User
from kanboard_core.permissions import Caller
from kanboard_core.proxies import user_agent
from kanboard_plugins.web import sessions
from kanboard_plugins.web.sessions import State

#: the cookie's name
COOKIE = "kanboard_server"

_ID = re.compile(r"[0-9a-f]{64}\Z")
_ACCOUNT = statement(User.select().where(User.id == param("user_id")))

P = ParamSpec("P")
T = TypeVar("T")


class SessionOver(Exception):
    """The account has changed in a way that ends its sessions: its role, its password, whether it is active."""


@dataclass(slots=True)
class Visit:
    """A request to a page."""

    call: AsyncCall
    request: web.BaseRequest
    #: whence it comes; no name and no password
    origin: Credentials
    #: what the cookie holds, or will
    session_id: str
    #: whether the browser has the cookie already
    has_cookie: bool
    state: State = field(default_factory=State)
    expire_at: int = 0
    #: who is signed in, or has yet to give the code of the second factor (``state.code_needed``); None: nobody
    account: Row | None = None
    #: the user name that somebody vouches for although its account is refused
    refused_name: str = ""
    #: the fields of the form that was sent
    form: dict[str, str] = field(default_factory=dict)

    @property
    def signed_in(self) -> Row | None:
        """Who is signed in; None as long as a code is needed."""
        return None if self.state.code_needed else self.account

    @property
    def is_administrator(self) -> bool:
        """Whether an administrator is signed in."""
        return self.signed_in is not None and Caller(self.signed_in).is_administrator

    @property
    def base(self) -> str:
        """The path that all pages are below."""
        return self.call.server.configuration.text("server", "prefix").rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether the browser has come over TLS."""
        return self.call.server.proxies.scheme(self.request) == "https"

    @property
    def duration(self) -> int:
        """How long sessions last, as it is configured."""
        return self.call.server.configuration.integer("web", "session_duration")

    @property
    def form_token(self) -> str:
        """What every form sends along: only who can read the pages of this session knows it."""
        return hmac.digest(self.session_id.encode(), b"form", "sha256").hex()

    def value(self, name: str) -> str:
        """A field of the form, "" when it wasn't sent."""
        return self.form.get(name, "")

    async def change(self, **values: Any) -> State:
        """Change what is kept of the session; answers what was kept before."""
        lasting = sessions.seconds(self.duration) if self.signed_in else sessions.WAITING_SECONDS

        def job(call: Call) -> State:
            return sessions.change(call.tx, self.session_id, call.now, lasting, lambda state: replace(state, **values))

        before = await self.call.write(job)
        self.state = replace(before, **values)
        return before

    async def begin_session(self, account: Row, *, auth_type: str, code_needed: bool = False) -> None:
        """Begin a session for the account, under another id; the one before is over.

        ``account`` is as it was when it was verified: what has changed since ends the session.
        """
        await self._change_session(
            lambda call, began: _begin(call, began, account, auth_type=auth_type, code_needed=code_needed)
        )

    async def end_session(self) -> None:
        """End the session; the answer has a new cookie."""
        await self._change_session(lambda call, began: None)

    async def admit(self, username: str, backend: PageBackend) -> None:
        """Begin a session for whom the back end vouches for. The one before is over, also if the account is refused."""

        def job(call: Call, began: _Began) -> None:
            account = call.server.sign_in.admit(call, self.request, backend, self.origin)
            if account is not None:
                needed = bool(account["twofactor_activated"])
                _begin(call, began, account, auth_type=backend.auth_type, code_needed=needed)

        await self._change_session(job)
        decision = Decision.SUCCESS if self.account else Decision.REFUSED
        report(decision, username, self.origin.address, via="page", by=backend.auth_type)
        if self.account is None:
            self.refused_name = username

    async def write(self, function: Callable[Concatenate[Call, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(call, ...)`` in a transaction of the writer, on behalf of who is signed in.

        Raises SessionOver when the session doesn't fit the account any more.
        """

        def job(call: Call) -> T:
            account = call.tx.one(_ACCOUNT, user_id=self.state.user_id)
            if account is None or not self.state.is_of(account):
                raise SessionOver
            return function(replace(call, caller=Caller(account)), *args, **kwargs)

        return await self.call.write(job)

    async def _change_session(self, begin: Callable[[Call, _Began], None]) -> None:
        """End the session and begin another, or none; the answer has another cookie."""

        def job(call: Call) -> _Began:
            began = _Began(sessions.new_id(), sessions.seconds(self.duration))
            sessions.end(call.tx, self.session_id)
            begin(call, began)
            return began

        began = await self.call.write(job)
        self.session_id = began.session_id
        self.has_cookie = False
        self.state, self.account, self.expire_at = began.state, began.account, began.expire_at


@dataclass(slots=True)
class _Began:
    """A session that may begin."""

    session_id: str
    #: how long sessions last
    lasting: int
    state: State = field(default_factory=State)
    account: Row | None = None
    expire_at: int = 0


async def begun(call: AsyncCall, request: web.BaseRequest) -> Visit:
    """The visit that a request is: whose session it belongs to, also when somebody has just been vouched for."""
    server = call.server
    known = request.cookies.get(COOKIE, "")
    has_cookie = _ID.match(known) is not None
    visit = Visit(
        call,
        request,
        Credentials("", "", server.proxies.address(request), user_agent(request)),
        known if has_cookie else sessions.new_id(),
        has_cookie,
    )
    if has_cookie:
        visit.state, visit.expire_at, visit.account = await call.read(_load, visit.session_id)
    vouched = server.sign_in.vouched(request)
    if vouched is not None and (visit.account is None or visit.account["username"] != vouched[0]):
        await visit.admit(*vouched)
    elif visit.state.user_id and visit.account is None:
        await visit.end_session()
    elif visit.signed_in:
        lasting = sessions.seconds(visit.duration)
        if sessions.is_to_be_prolonged(visit.expire_at, call.now, lasting):
            await call.write(_prolong, visit.session_id, lasting)
    return visit


def _load(call: Call, session_id: str) -> tuple[State, int, Row | None]:
    """What is kept of the session, and its account, unless that has changed in a way that ends the session."""
    state, expire_at = sessions.load(call.tx, session_id, call.now)
    account = call.tx.one(_ACCOUNT, user_id=state.user_id) if state.user_id else None
    if account is not None and not state.is_of(account):
        account = None
    return state, expire_at, account


def _begin(call: Call, began: _Began, account: Row, *, auth_type: str, code_needed: bool) -> None:
    lasting = sessions.WAITING_SECONDS if code_needed else began.lasting
    began.account, began.expire_at = account, call.now + lasting
    began.state = sessions.signed_in(account, auth_type=auth_type, code_needed=code_needed)
    sessions.begin(call.tx, began.session_id, call.now, lasting, began.state)


def _prolong(call: Call, session_id: str, lasting: int) -> None:
    sessions.prolong(call.tx, session_id, call.now, lasting)
