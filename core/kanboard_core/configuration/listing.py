"""The configuration in force, shown to an operator: each option's value and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kanboard_core.configuration import Configuration, ConfigurationError
from kanboard_core.configuration.options import Option, Section, suggestion

#: sections, with their options, with the facts about each; documented on the page "operating", keys are only ever added
Listing = dict[str, dict[str, dict[str, Any]]]

_WIDEST = 48


def listing(configuration: Configuration, name: str = "") -> Listing:
    """Every option, or those that `name` stands for: a section, or `SECTION.OPTION`.

    An option has `value` (of its own type, a comma list as a list), `origin`, `secret`, and `set`: whether the value
    differs from the default. The value of a secret that is set is None.

    Raises ConfigurationError when there is no such section or option.
    """
    found: Listing = {}
    for section, option in _chosen(configuration, name):
        value = configuration.value(section.name, option.name)
        differs = value != option.default
        found.setdefault(section.name, {})[option.name] = {
            "value": None if option.secret and differs else value,
            "origin": configuration.origin(section.name, option.name),
            "secret": option.secret,
            "set": differs,
        }
    return found


def lines(configuration: Configuration, name: str = "") -> Iterator[str]:
    """The same as lines for reading: `[section]`, then `option = value` and, side by side, the origins.

    Raises ConfigurationError when there is no such section or option.
    """
    chosen = _chosen(configuration, name)
    written = [f"{o.name} = {configuration.shown(s.name, o.name)}".rstrip() for s, o in chosen]
    width = max((len(line) for line in written if len(line) <= _WIDEST), default=0)
    head = ""
    for (section, option), line in zip(chosen, written, strict=True):
        if section.name != head:
            yield from ([""] if head else [])
            yield f"[{section.name}]"
            head = section.name
        yield f"{line:{width}}  {configuration.origin(section.name, option.name)}"


def _chosen(configuration: Configuration, name: str) -> list[tuple[Section, Option]]:
    everything = list(configuration.schema)
    chosen = [(s, o) for s, o in everything if name in ("", s.name, f"{s.name}.{o.name}")]
    if chosen or configuration.schema.section(name):
        return chosen
    full = [f"{s.name}.{o.name}" for s, o in everything]
    meant = [known for known in full if known.endswith(f".{name}")]
    hint = f'; did you mean "{meant[0]}"?' if meant else ""
    known = [section.name for section in configuration.schema.sections] + full
    raise ConfigurationError(f'there is no section or option "{name}"{hint or suggestion(name, known)}')
