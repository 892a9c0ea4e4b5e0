"""Which application role sees which comments; what procedures make of it is tested with comments."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.permissions import APPLICATION
from kanboard_core.visibility import is_visible, role_sees

#: of each visibility, the roles that see it
SEEN_BY: dict[Any, set[str]] = {
    "app-user": {"app-user", "app-manager", "app-admin"},
    "app-manager": {"app-manager", "app-admin"},
    "app-admin": {"app-admin"},
    "strange": {"app-manager", "app-admin"},
    None: {"app-manager", "app-admin"},
}


@pytest.mark.parametrize("visibility", SEEN_BY)
def test_roles_from_a_certain_one_on_see_it(visibility: Any) -> None:
    roles = ("app-user", "app-manager", "app-admin", "other", "")
    assert {role for role in roles if role_sees(role, visibility)} == SEEN_BY[visibility]


def test_the_application_sees_everything() -> None:
    assert all(is_visible(APPLICATION, visibility) for visibility in SEEN_BY)
