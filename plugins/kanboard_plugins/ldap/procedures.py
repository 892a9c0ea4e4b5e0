"""The procedure that makes accounts from the directory. Source: spec page "users"."""

from __future__ import annotations

import logging
from typing import Literal

from kanboard_core.arguments import Text
from kanboard_core.calls import AsyncCall
from kanboard_core.directories import DirectoryUnavailable
from kanboard_core.permissions import ADMINISTRATORS
from kanboard_core.procedures import procedure
from kanboard_plugins.ldap import accounts

_logger = logging.getLogger(__name__)


@procedure("createLdapUser", access=ADMINISTRATORS)
async def create_ldap_user(call: AsyncCall, username: Text) -> int | Literal[False]:
    """Make an account for a user of the directory, without a password of its own.

    User name, name, mail address, language and role are those of the directory; app-user when it gives no role.

    Returns the new id; false when sign-in by LDAP is off (``ldap_auth``), people bind as themselves
    (``ldap_bind_type = user``), the directory knows nobody of that name or can't be asked, or there is such an account.
    """
    if not call.server.configuration.flag("ldap", "ldap_auth") or not username or "\0" in username:
        return False
    from kanboard_plugins.ldap.backend import backend_of

    backend = backend_of(call.server)
    if backend is None:
        return False
    if backend.directory.settings.bind_type == "user":
        _logger.error("LDAP: nobody can be looked up with ldap_bind_type = user, which needs the password")
        return False
    try:
        person = await backend.look_up(username)
    except DirectoryUnavailable:
        return False
    if person is None:
        return False
    return await call.write(accounts.create, person) or False
