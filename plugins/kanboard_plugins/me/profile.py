"""The account as its user may see it. Source: spec page "me", getMe."""

from __future__ import annotations

from kanboard_core.database import Row

#: left out of the answer, unless they are null
_KEPT_BACK = ("password", "is_admin", "is_project_admin", "twofactor_secret")
_FLAGS = ("is_ldap_user", "twofactor_activated")


def profile_of(account: Row) -> Row:
    """An account without its secrets; two of its flags are booleans."""
    profile = dict(account)
    for column in _KEPT_BACK:
        if profile[column] is not None:
            del profile[column]
    for column in _FLAGS:
        profile[column] = bool(profile[column])
    return profile
