"""The account as its user may see it. Source: spec page "me", getMe."""

from __future__ import annotations

from kanboard_core.database import Row

#: left out of the answer, unless they are null
_KEPT_BACK = frozenset({"password", "is_admin", "is_project_admin", "twofactor_secret"})
_FLAGS = frozenset({"is_ldap_user", "twofactor_activated"})


def profile_of(account: Row) -> Row:
    """An account without its secrets; two of its flags are booleans."""
    return {
        column: bool(value) if column in _FLAGS else value
        for column, value in account.items()
        if value is None or column not in _KEPT_BACK
    }
