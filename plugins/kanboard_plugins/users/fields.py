"""The user object, as getUser answers it and as other groups show it.

Source: spec page "users", section "The user object".
"""

from __future__ import annotations

from kanboard_core.models import User

#: every column of an account, in the order of the keys on the wire; the hash of the password is among them, so the
#: object is for administrators and the application only
USER_FIELDS = User._meta.sorted_fields
