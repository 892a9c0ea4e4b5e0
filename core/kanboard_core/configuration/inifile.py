"""Editing an INI file and disturbing nothing in it: one item of a comma list comes or goes, all else stays to the byte.

The functions take the text of a file as `configuration.text_of` gives it and answer the text to write with
`replace_file`.  `name` is what the file is called in the sentences of ConfigurationError.
"""

import contextlib
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

from kanboard_core.configuration import ConfigurationError, parsed
from kanboard_core.configuration.references import is_file

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(slots=True)
class _Entry:
    """The lines from `start` up to `end`, not included, that are the head of a section (no `option`) or an option."""

    section: str
    option: str
    start: int
    end: int


def items(text: str, section: str, option: str, *, name: str = "the file") -> tuple[str, ...]:
    """The items of a comma list as they are written in the file itself; none when it isn't there.

    Raises ConfigurationError when `text` is no INI file.
    """
    return _items(parsed(text, name).get(section, option, fallback=""))


def with_item(text: str, section: str, option: str, item: str, *, name: str = "the file") -> str:
    """`text` with `item` at the end of the comma list `option` of `section`; `text` itself when it is there already.

    A missing option goes to the end of its section, a missing section to the end of the file.

    Raises ValueError for an item that a list can't hold, ConfigurationError when `text` is no INI file or the list
    stands in a file of its own.
    """
    if _items(item) != (item,) or item.startswith(("#", ";")) or "${" in item or is_file(item):
        raise ValueError(f"{item!r} cannot be an item of a list")
    before = items(text, section, option, name=name)
    return text if item in before else _edited(text, section, option, name, _add, item, (*before, item))


def without_item(text: str, section: str, option: str, item: str, *, name: str = "the file") -> str:
    """`text` without `item` in the comma list `option` of `section`; `text` itself when it isn't there.

    The option stays, also when nothing is left in it.

    Raises ConfigurationError when `text` is no INI file or the list stands in a file of its own.
    """
    before = items(text, section, option, name=name)
    return _edited(text, section, option, name, _remove, item, tuple(other for other in before if other != item))


def replace_file(path: Path, text: str) -> None:
    """Give a file this text in one step: whoever reads it meets the old or the new one, also after a power cut.

    Its mode is kept, its owner where that is permitted; of a link it is the file behind it that changes.  A file that
    isn't there yet is made.

    Raises ConfigurationError with a sentence when that isn't possible; the file is as it was then.
    """
    try:
        _replace(path.resolve(), text.encode("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be changed: {error.strerror or error}") from error
    except RuntimeError as error:  # Path.resolve before Python 3.13
        raise ConfigurationError(f"{path} cannot be changed: it is a link to itself") from error


def _items(written: str) -> tuple[str, ...]:
    return tuple(item for item in (part.strip() for part in re.split(r"[,\n]", written)) if item)


def _edited(
    text: str,
    section: str,
    option: str,
    name: str,
    edit: Callable[[list[str], str, str, str], None],
    item: str,
    expected: tuple[str, ...],
) -> str:
    before = parsed(text, name)
    if is_file(before.get(section, option, fallback="")):
        raise ConfigurationError(f"{name}: [{section}] {option} stands in a file of its own: change it there")
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    lines = _LINE.findall(text.removeprefix(mark))
    edit(lines, section, option, item)
    edited = mark + "".join(lines)
    # A damaged file would stop the server at its next start, long after the one who damaged it has gone.
    after = parsed(edited, name)
    if _rest(before, section, option) != _rest(after, section, option) or items(edited, section, option) != expected:
        raise ConfigurationError(f"{name}: [{section}] {option} cannot be changed safely: change it by hand")
    return edited


def _rest(parser: RawConfigParser, section: str, option: str) -> dict[str, dict[str, str]]:
    """What a file holds besides one option; whether its section is there doesn't count."""
    rest = {head: dict(parser.items(head)) for head in parser.sections()}
    rest.setdefault(section, {}).pop(option, None)
    return rest


def _entries(lines: list[str]) -> list[_Entry]:
    """What the lines hold, by the rules of configparser; they are known to be an INI file."""
    entries: list[_Entry] = []
    limit = sys.maxsize  # a line that is indented further continues the option before it
    for number, line in enumerate(lines):
        content = line.strip()
        if not content or content[0] in "#;":
            limit = sys.maxsize
            continue
        indentation = len(_indentation(line))
        if entries and entries[-1].option and indentation > limit:
            entries[-1].end = number + 1
            continue
        limit = indentation
        if head := RawConfigParser.SECTCRE.match(content):
            entries.append(_Entry(head["header"], "", number, number + 1))
        else:
            option = content.partition("=")[0].rstrip().lower()
            entries.append(_Entry(entries[-1].section, option, number, number + 1))
    return entries


def _add(lines: list[str], section: str, option: str, item: str) -> None:
    newline = next((line[len(line.rstrip("\r\n")) :] for line in lines), "") or "\n"
    here = [entry for entry in _entries(lines) if entry.section == section]
    found = next((entry for entry in here if entry.option == option), None)
    if found:
        _append(lines, found, item, newline)
        return
    end = here[-1].end if here else len(lines)
    if end and lines[end - 1] == lines[end - 1].rstrip("\r\n"):
        lines[end - 1] += newline
    if here:
        # As far to the right as the option before it, so that neither this line continues that one nor the next this.
        following = lines[end : end + 1] if not here[-1].option else []
        model = next((line for line in following if line.strip()), lines[here[-1].start])
        lines.insert(end, f"{_indentation(model)}{option} = {item}{newline}")
    else:
        gap = [newline] if lines and lines[-1].strip() else []
        lines += [*gap, f"[{section}]{newline}", f"{option} = {item}{newline}"]


def _append(lines: list[str], entry: _Entry, item: str, newline: str) -> None:
    last = entry.end - 1
    line = lines[last]
    body = line.rstrip()
    blanks = line[len(body) :].rstrip("\r\n")
    rest = line[len(body) + len(blanks) :]
    if last > entry.start and "," not in body[:-1]:  # each item has a line
        if body.endswith(","):
            item += ","
        elif lines[last - 1].rstrip().endswith(","):
            body += ","
        lines[last] = f"{body}{blanks}{newline}{_indentation(line)}{item}{rest}"
    elif last == entry.start and body.index("=") == len(body) - 1:  # it is empty
        if not blanks and body[-2:-1].isspace():
            blanks = " "
        lines[last] = f"{body}{blanks}{item}{rest}"
    else:
        lines[last] = f"{body}{' ' if body.endswith(',') else ', '}{item}{blanks}{rest}"


def _remove(lines: list[str], section: str, option: str, item: str) -> None:
    entry = next((entry for entry in _entries(lines) if (entry.section, entry.option) == (section, option)), None)
    if entry is None:
        return
    for number in reversed(range(entry.start, entry.end)):
        line = lines[number]
        start = line.index("=") + 1 if number == entry.start else 0
        head, value, newline = line[:start], line[start:].rstrip("\r\n"), line[len(line.rstrip("\r\n")) :]
        parts = value.split(",")
        kept = [part for part in parts if part.strip() != item]
        if kept == parts:
            continue
        left = ",".join(kept)
        if parts[0].strip() == item:
            left = left.lstrip()
            # What begins like a comment would be one.
            left = _indentation(value) + ("," if not head and left.startswith(("#", ";")) else "") + left
        if any(part.strip() for part in kept):
            lines[number] = head + left + newline
        elif head:
            lines[number] = head + newline
        else:
            del lines[number]


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _replace(path: Path, content: bytes) -> None:
    before = _writable(path)
    # Beside the file: what is to take its place in one step has to be on the same file system.
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if before else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if before:
                _keep(new, before)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    _settle(path.parent)


def _writable(path: Path) -> os.stat_result | None:
    """What there is to know of the file, None when it isn't there. Raises OSError when it can't be written to."""
    try:
        with path.open("r+b") as file:
            return os.fstat(file.fileno())
    except FileNotFoundError:
        return None


def _keep(new: Path, before: os.stat_result) -> None:
    """Give a file the owner, where permitted, and the mode of another."""
    if hasattr(os, "chown"):
        for user, group in ((-1, before.st_gid), (before.st_uid, -1)):
            with contextlib.suppress(PermissionError):
                os.chown(new, user, group)
    new.chmod(stat.S_IMODE(before.st_mode))


def _settle(folder: Path) -> None:
    """Let the new name in a folder survive a power cut, where folders can be synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
