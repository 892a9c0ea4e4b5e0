"""The list of procedures that ``kanboard-server procedures`` prints: chosen by name, as a table or as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import zip_longest

from kanboard_core.description.openrpc import access
from kanboard_core.description.signatures import short_signature_lines, signature, summary_and_description
from kanboard_core.procedures import Procedure

#: columns of the terminal that the table takes
WIDTH = 100
_GAP = 2
_SIGNATURES = 45


def matching(procedures: Iterable[Procedure], pattern: str) -> list[Procedure]:
    """The procedures whose names hold the pattern, in capitals or not, sorted by name.

    With ``*`` (any characters), ``?`` (any one) or ``[...]`` (any one of these) the pattern is that of a whole name.
    """
    sought = pattern.lower()
    if not set("*?[") & set(sought):
        sought = f"*{sought}*"
    found = (procedure for procedure in procedures if fnmatchcase(procedure.name.lower(), sought))
    return sorted(found, key=lambda procedure: procedure.name.lower())


def as_table(procedures: Iterable[Procedure]) -> str:
    """A line or more for each: the procedure with its parameters and their defaults, its plugin, who may call it."""
    listed = list(procedures)
    plugins = max(len(text) for text in ("PLUGIN", *(procedure.plugin for procedure in listed)))
    rules = WIDTH - _SIGNATURES - plugins - 2 * _GAP
    lines = [_line("PROCEDURE", "PLUGIN", "MAY BE CALLED BY", plugins)]
    for procedure in listed:
        cells = (
            short_signature_lines(procedure, _SIGNATURES),
            [procedure.plugin],
            textwrap.wrap(procedure.access.in_words, rules, break_on_hyphens=False),
        )
        lines += [_line(*row, plugins) for row in zip_longest(*cells, fillvalue="")]
    return "\n".join(lines)


def as_json(procedures: Iterable[Procedure]) -> str:
    """The same as an object with the key ``procedures``; the shape is documented in docs/procedures/README.md.

    Keys are only ever added.
    """
    listed = [
        {
            "name": procedure.name,
            "plugin": procedure.plugin,
            "signature": signature(procedure),
            "summary": summary_and_description(procedure)[0],
            "effect": procedure.effect.value,
            "access": access(procedure.access),
        }
        for procedure in procedures
    ]
    return json.dumps({"procedures": listed}, indent=2, ensure_ascii=False)


def _line(signature: str, plugin: str, rule: str, plugins: int) -> str:
    gap = " " * _GAP
    return f"{signature:{_SIGNATURES}}{gap}{plugin:{plugins}}{gap}{rule}".rstrip()
