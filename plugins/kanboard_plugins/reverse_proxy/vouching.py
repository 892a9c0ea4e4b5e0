"""The proxy's word for an account: finding it by its user name, bringing it up to date or making it.

Source: spec page "authentication", section 7.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from aiohttp import web

from kanboard_core.backends import PageBackend
from kanboard_core.calls import Call
from kanboard_core.credentials import names_an_account
from kanboard_core.database import Row
from kanboard_core.models import User
from kanboard_core.proxies import TrustedProxies
from kanboard_plugins.reverse_proxy.headers import Headers, Said
from kanboard_plugins.users import accounts, rules
from kanboard_plugins.users.accounts import NewAccount

#: accounts of a proxy's users have no password, and none that they had counts
_MARKS = {"is_ldap_user": True, "disable_login_form": True}


class ReverseProxy(PageBackend):
    """Believes the headers of a trusted proxy."""

    auth_type = "ReverseProxy"

    def __init__(self, headers: Headers, proxies: TrustedProxies, excluded: Collection[str]) -> None:
        self._headers = headers
        self._proxies = proxies
        #: columns that are left as they are
        self._excluded = excluded

    def username(self, request: web.BaseRequest) -> str:
        """The name that a trusted proxy says, "" from everybody else."""
        if not self._proxies.trusts(request):
            return ""
        username = self._headers.username(request)
        return username if rules.is_username(username) and names_an_account(username) else ""

    def account(self, call: Call, request: web.BaseRequest) -> Row | None:
        """The account of that name: one that is there keeps its role, and what wasn't said of it."""
        said = self._headers.said(request)
        account = accounts.account_named(call.tx, said.username)
        if account is None:
            if user_id := _made(call, said):
                return accounts.account(call.tx, user_id)
            account = accounts.account_named(call.tx, said.username)  # which somebody else has just made
            if account is None:
                return None
        changes: dict[str, Any] = {
            column: value
            for column, value in _said(said).items()
            if value and column not in self._excluded and value != account[column]
        }
        if account["is_active"] and changes:
            call.tx.update(User, account["id"], changes)
        return accounts.account(call.tx, account["id"])


def _made(call: Call, said: Said) -> int | Literal[False]:
    """The id of a new account; False when its user name is taken."""
    given = _said(said)
    new = NewAccount(said.username, given["name"] or None, given["email"] or None, said.role, is_ldap_user=True)
    user_id = accounts.create(call, new, None)
    if user_id:
        call.tx.update(User, user_id, {"disable_login_form": True})
    return user_id


def _said(said: Said) -> dict[str, Any]:
    """The columns that were said; a mail address that is none wasn't."""
    email = rules.said_elsewhere(said.email) if rules.is_email(said.email) else ""
    return {"name": rules.said_elsewhere(said.name), "email": email, **_MARKS}
