"""Rules on single values that several plugins share. Source: spec pages "tasks" (4.1), "users" and "projects"."""

from __future__ import annotations

import re
from typing import Any

_INTEGER = re.compile(r"-?[0-9]+\Z", re.ASCII)
_NUMBER = re.compile(r"[ \t\n\r\v\f]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\r\v\f]*\Z", re.ASCII)
_MAIL = re.compile(r"(?!@)[A-Za-z0-9.!#$%&'*+\-/=?^_`{|}~]+@(?!\.)(?!.*\.\.)[A-Za-z0-9.-]{2,}(?<!\.)\Z", re.ASCII)

_LARGEST = 2**63 - 1


def is_empty(value: Any) -> bool:
    """Whether PHP calls the value empty: null, "", "0", 0, 0.0, false, an empty array or object."""
    return not value or value == "0"


def integer(value: Any) -> int | None:
    """The integer that the value is: a JSON integer, or text of digits with an optional minus; else None.

    Also None beyond 63 bits, which no column holds.
    """
    if isinstance(value, str) and len(value) < 25 and _INTEGER.match(value):
        value = int(value)
    return value if type(value) is int and abs(value) <= _LARGEST else None


def position(value: Any) -> int | None:
    """The position that the value is: an integer, which may be sent as a number such as 2.0; else None."""
    return integer(int(value) if isinstance(value, float) and value.is_integer() else value)


def decimal(text: str) -> int | float | None:
    """The decimal number that a text is, of any size, blanks around it allowed; else None."""
    if not _NUMBER.match(text):
        return None
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def numeric(value: Any) -> int | float | None:
    """The number that the value is: a JSON number, or text of a decimal number, blanks around it allowed; else None."""
    if isinstance(value, str):
        value = decimal(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) <= _LARGEST else None


def is_mail_address(text: str) -> bool:
    """Whether the text has the form of a mail address, by Kanboard's rule."""
    return _MAIL.match(text) is not None
