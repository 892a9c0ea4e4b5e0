"""What can be configured: options, the sections they stand in, and the schema that lists them all.

A schema knows nothing of files or environments.  It is what the loading, its error messages, `kanboard.ini` and the
page for operators are made from, so a fact about an option is stated once, here or in a plugin's own section.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

Value = str | int | float | bool | tuple[str, ...]
"""What an option holds, as the type of its default says."""


class Kind(StrEnum):
    """The kinds of values, named as an operator would."""

    TEXT = "text"
    INTEGER = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    ITEMS = "comma list"


_KINDS: dict[type, Kind] = {
    str: Kind.TEXT,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    bool: Kind.FLAG,
    tuple: Kind.ITEMS,
}
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be configured.

    The type of `default` is the type of the option: `str`, `int`, `float`, `bool` or a tuple of `str`.

    `help` is written for the operator: full sentences, with the unit and the meaning of special values.
    `minimum` and `maximum` bound a number (both included), `choices` lists the only texts allowed.
    `check` sees a text that isn't empty, or each item of a list, and answers what is wrong with it ("must ..."), or "".
    `needs` names an option of the same section that must be set whenever this one is.
    `secret` keeps the value out of every message and listing.
    `constant` says that Kanboard has it too, as the constant of that name in capitals; so is its environment variable.

    Raises ValueError when the declaration contradicts itself.
    """

    name: str
    default: Value
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None
    needs: str = ""
    secret: bool = False
    constant: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f'"{self.name}" is no name for an option')
        try:
            fits = self.parse(self.write(self.default)) == self.default
        except ValueError as error:
            raise ValueError(f'the default of option "{self.name}" {error}') from error
        if not fits:
            raise ValueError(f'the default of option "{self.name}" cannot be written in a file')

    @property
    def kind(self) -> Kind:
        """The kind of value, taken from the default."""
        return _KINDS[type(self.default)]

    def variable(self, section: str) -> str:
        """The environment variable that sets this option of `section`."""
        return self.name.upper() if self.constant else f"KANBOARD_{section}_{self.name}".upper().replace("-", "_")

    def parse(self, written: str) -> Value:
        """The value that `written` stands for.

        Raises ValueError with the end of a sentence that begins with the option's name: "must be a whole number".
        The text itself is quoted in it unless the option is secret.
        """
        written = written.strip()
        match self.kind:
            case Kind.ITEMS:
                items = tuple(item for item in (part.strip() for part in re.split(r"[,\n]", written)) if item)
                for item in items:
                    self._check_text(item)
                return items
            case Kind.TEXT:
                if "\n" in written:
                    raise ValueError("must be one line (in a file an indented line continues the one before it)")
                if written or self.choices:
                    self._check_text(written)
                return written
            case Kind.FLAG:
                flag = _FLAGS.get(written.lower())
                if flag is None:
                    raise ValueError(f"must be true or false{self._instead_of(written)}")
                return flag
            case Kind.INTEGER:
                if not _INTEGER.fullmatch(written):
                    raise ValueError(f"must be a whole number{self._instead_of(written)}")
                return self._within_bounds(int(written), written)
            case Kind.NUMBER:
                if not _NUMBER.fullmatch(written):
                    raise ValueError(f"must be a number{self._instead_of(written)}")
                return self._within_bounds(float(written), written)

    def write(self, value: Value) -> str:
        """`value` as it would stand in a file; `parse` reads it back."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, tuple):
            return ", ".join(value)
        return f"{value:.15g}" if isinstance(value, float) else str(value)

    def _check_text(self, text: str) -> None:
        if self.choices and text not in self.choices:
            raise ValueError(f"must be {_either(self.choices)}{self._instead_of(text)}{suggestion(text, self.choices)}")
        if self.check and (wrong := self.check(text)):
            raise ValueError(f"{wrong}{self._instead_of(text)}")

    def _within_bounds(self, number: int | float, written: str) -> int | float:
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if low <= number <= high:
            return number
        if self.minimum is not None and self.maximum is not None:
            allowed = f"between {low:.15g} and {high:.15g}"
        else:
            allowed = f"at least {low:.15g}" if number < low else f"at most {high:.15g}"
        raise ValueError(f"must be {allowed}{self._instead_of(written)}")

    def _instead_of(self, written: str) -> str:
        return "" if self.secret else f', not "{written}"'


@dataclass(frozen=True, slots=True)
class Section:
    """The options that belong together, with a sentence about them for the operator."""

    name: str
    help: str
    options: tuple[Option, ...]

    def option(self, name: str) -> Option | None:
        """The option called `name`, or None."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything that can be configured, in the order in which it is presented.

    Raises ValueError when two declarations want the same name, in the file or in the environment.
    """

    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        names = [section.name for section in self.sections]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"section [{name}] is declared twice")
        owners: dict[str, str] = {}
        for section, option in self:
            here = f"[{section.name}] {option.name}"
            other = owners.setdefault(option.variable(section.name), here)
            if section.option(option.name) is not option:
                raise ValueError(f"{here} is declared twice")
            if other != here:
                raise ValueError(f"{here} and {other} have the same environment variable")
            if option.needs and not section.option(option.needs):
                raise ValueError(f"{here} needs an option that does not exist: {option.needs}")

    def __iter__(self) -> Iterator[tuple[Section, Option]]:
        return ((section, option) for section in self.sections for option in section.options)

    def section(self, name: str) -> Section | None:
        """The section called `name`, or None."""
        return next((section for section in self.sections if section.name == name), None)

    def with_sections(self, *sections: Section) -> "Schema":
        """A schema that has `sections` after those of this one."""
        return Schema(self.sections + sections)


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a misspelt word: `; did you mean "port"?`, or "" when nothing is like it."""
    close = get_close_matches(word.lower(), list(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def _either(choices: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))


def a_path(text: str) -> str:
    """What is wrong with `text` as the path of a URL."""
    return "" if re.fullmatch(r"/[^\s?#]*", text) else "must begin with a slash and have no query"


def a_prefix(text: str) -> str:
    """What is wrong with `text` as the path that everything is served below."""
    return "" if re.fullmatch(r"(/[^\s/?#]+)+", text) else "must begin with a slash and not end with one"


def a_web_address(text: str) -> str:
    """What is wrong with `text` as the address of a web site."""
    return "" if re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", text) else "must begin with http:// or https://"


def an_hour(text: str) -> str:
    """What is wrong with `text` as the hour of a day."""
    return "" if re.fullmatch(r"[01]?[0-9]|2[0-3]", text, re.ASCII) else "must be an hour from 0 to 23"


def a_network(text: str) -> str:
    """What is wrong with `text` as an IP network or address."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return "must be networks such as 10.0.0.0/8 or fd00::/8"
    return ""
