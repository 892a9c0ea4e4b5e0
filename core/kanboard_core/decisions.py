"""What the log says of those who sign in: one line for each decision, in a form that programs such as fail2ban read.

::

    authentication success from 203.0.113.7 via api: user 'bob' by Database
    authentication failure from 203.0.113.7 via form: user 'bob'
    authentication refused from 203.0.113.7 via api: user 'bob'

The address comes before everything that a stranger chooses, and the user name is quoted: no name can look like another
line, or like the address of somebody else. The form is documented on the page "operating" and doesn't change. Source:
spec page "authentication", section 4.
"""

from __future__ import annotations

import logging
from enum import StrEnum

_logger = logging.getLogger(__name__)

#: of a user name, characters; no account has a longer one
_SHOWN = 191


class Decision(StrEnum):
    """What became of somebody who wanted to sign in."""

    #: verified; that a remembered credential is right isn't decided again, and not logged
    SUCCESS = "success"
    #: user name, password, token or code don't fit
    FAILURE = "failure"
    #: whatever was sent, because of failures before
    REFUSED = "refused"
    #: a directory that should have said couldn't be asked; nobody's fault, and not counted
    UNDECIDED = "undecided"


def report(decision: Decision, username: str, address: str, *, via: str = "api", by: str = "") -> None:
    """Have the log say what was decided: successes as information, everything else as warnings.

    ``via``: where it was tried, a word; ``by``: for a success, what ``last_logins`` says of the way in.
    """
    level = logging.INFO if decision is Decision.SUCCESS else logging.WARNING
    shown = username if len(username) <= _SHOWN else f"{username[:_SHOWN]}..."
    way = f" by {by}" if by else ""
    _logger.log(level, "authentication %s from %s via %s: user %r%s", decision, address or "-", via, shown, way)
