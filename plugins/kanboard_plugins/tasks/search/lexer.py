"""Cutting a query into tokens. Source: spec page "search", section 1."""

from __future__ import annotations

import functools
import re
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a token is."""

    #: the name of a filter; its text is the name in lower case, without the colon
    KEY = "key"
    BLANK = "blank"
    VALUE = "value"


class Token(NamedTuple):
    """A piece of a query."""

    kind: Kind
    #: without quotes
    text: str


#: white space that stands between tokens; that of Unicode stands nowhere
BLANKS = " \t\n\v\f\r"
_UNICODE_BLANKS = "\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

#: kinds in the order in which they are tried
_RULES = rf"""
    (?P<blank>[{BLANKS}]+)
    | (?P<value>
        [<=>]{{0,2}}[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}    # a day, perhaps compared
        | [<=>]{{1,2}}\w+                               # a word that is compared
        | [<=>]{{1,2}}".+"                              # to the last quote of the line
        | "[^"\n]*"
        | [^{BLANKS}{_UNICODE_BLANKS}]+
    )
"""

_KINDS = {kind.value: kind for kind in Kind}


def tokens(query: str, names: frozenset[str]) -> list[Token]:
    """The tokens of a query, given the names of the filters in lower case.

    None at all when white space that isn't ASCII stands outside of quotes.
    """
    found = []
    position = 0
    for match in _pattern(names).finditer(query):
        if match.start() != position:
            return []
        position = match.end()
        group = match.lastgroup or ""
        text = match[group]
        found.append(Token(_KINDS[group], text.lower() if group == "key" else text.replace('"', "")))
    return found if position == len(query) else []


@functools.lru_cache(16)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    key = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.compile(rf"(?P<key>(?ai:{key})): | {_RULES}", re.VERBOSE)
