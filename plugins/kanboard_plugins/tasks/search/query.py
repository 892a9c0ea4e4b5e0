"""What a query asks for: the values of each filter. Source: spec page "search", section 1."""

from __future__ import annotations

from kanboard_plugins.tasks.search.lexer import BLANKS, Kind, tokens


def values_by_filter(query: str, names: frozenset[str], free_text: str) -> dict[str, list[str]]:
    """The values of each filter that has any; ``names`` are the filters, in lower case.

    What belongs to none takes the place of those of the filter ``free_text``.
    """
    values: dict[str, list[str]] = {}
    rest = []
    remaining = iter(tokens(query, names))
    for token in remaining:
        if token.kind is not Kind.KEY:
            rest.append(token.text)
            continue
        following = next(remaining, None)
        if following is not None and following.kind is Kind.VALUE:
            values.setdefault(token.text, []).append(following.text)
    if text := "".join(rest).strip(BLANKS):
        values[free_text] = [text]
    return values
