"""Who sees a comment: the application role decides, whatever the role in the project.

Source: spec page "comments", section "Visibility".
"""

from __future__ import annotations

from typing import Any

from kanboard_core.permissions import ApplicationRole, Caller, has_application_role

#: what a new comment has unless it is said: everybody sees it who sees the task
EVERYBODY = ApplicationRole.USER.value

#: the lowest role that sees it, by visibility
_LOWEST = {role.value: role for role in ApplicationRole}


def role_sees(role: str, visibility: Any) -> bool:
    """Whether accounts with an application role see a comment of this visibility.

    One that isn't known, which only other programs write, is hidden from those who aren't managers of the application.
    """
    known = isinstance(visibility, str) and visibility in _LOWEST
    return has_application_role(role, _LOWEST[visibility] if known else ApplicationRole.MANAGER)


def is_visible(caller: Caller, visibility: Any) -> bool:
    """Whether a caller sees a comment of this visibility; the application sees every one."""
    return caller.is_application or role_sees(caller.role, visibility)


def may_give(caller: Caller, visibility: Any) -> bool:
    """Whether a caller may write a comment of this visibility: it is one of the roles, and not above the caller's."""
    return visibility in _LOWEST and is_visible(caller, visibility)
