"""The configuration of a server: defaults, the file, the environment and the command line, in rising precedence."""

import configparser
import io
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kanboard_core.configuration.core_schema import CORE_SCHEMA
from kanboard_core.configuration.options import Kind, Option, Schema, Section, Value, suggestion
from kanboard_core.configuration.references import resolve


class ConfigurationError(Exception):
    """What is wrong with the configuration, as one clear sentence for the operator: the first of `problems`."""

    def __init__(self, problem: str, *others: str) -> None:
        super().__init__(problem, *others)

    def __str__(self) -> str:
        return self.problems[0]

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is wrong, a sentence each."""
        return self.args


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Value
    origin: str


class Configuration:
    """The values in force, each validated, and where each comes from.

    There is one method for each type of value.  Asking for an option that the schema doesn't have raises KeyError,
    asking with the method of another type raises TypeError: both are mistakes of the program, not of the operator.
    """

    def __init__(self, schema: Schema, entries: Mapping[tuple[str, str], _Entry]) -> None:
        self.schema = schema
        self._entries = dict(entries)

    def value(self, section: str, option: str) -> Value:
        """The value of an option, whatever its type."""
        return self._entries[section, option].value

    def text(self, section: str, option: str) -> str:
        """The text of an option; "" when it isn't set and has no default."""
        value = self._entries[section, option].value
        if isinstance(value, str):
            return value
        raise TypeError(f"[{section}] {option} is no text")

    def integer(self, section: str, option: str) -> int:
        """The whole number of an option, in the unit that its help names."""
        value = self._entries[section, option].value
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise TypeError(f"[{section}] {option} is no whole number")

    def number(self, section: str, option: str) -> float:
        """The number of an option, in the unit that its help names."""
        value = self._entries[section, option].value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise TypeError(f"[{section}] {option} is no number")

    def flag(self, section: str, option: str) -> bool:
        """Whether an option is on."""
        value = self._entries[section, option].value
        if isinstance(value, bool):
            return value
        raise TypeError(f"[{section}] {option} is no flag")

    def items(self, section: str, option: str) -> tuple[str, ...]:
        """The items of a comma list, in their order and without surrounding blanks; empty ones are left out."""
        value = self._entries[section, option].value
        if isinstance(value, tuple):
            return value
        raise TypeError(f"[{section}] {option} is no list")

    def origin(self, section: str, option: str) -> str:
        """Where the value comes from: "default", "file PATH", "environment NAME" or "command line".

        What it was put together from is named after that: "file kanboard.ini, environment NAME".
        """
        return self._entries[section, option].origin

    def shown(self, section: str, option: str) -> str:
        """The value as it would stand in a file, for listings: a secret that differs from its default is hidden."""
        declared = next(o for s, o in self.schema if (s.name, o.name) == (section, option))
        value = self._entries[section, option].value
        return "(hidden)" if declared.secret and value != declared.default else declared.write(value)


def load(
    path: Path | None = None,
    *,
    settings: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    schema: Schema = CORE_SCHEMA,
    ignored: Collection[str] = (),
    partial: bool = False,
) -> Configuration:
    """Read and validate the configuration.

    `path` names an INI file that has to exist; None means that there is none.  `settings` are those of the command
    line, "section.option=value", the last of several for an option counts.  `environment` is the process's own unless
    given; an empty variable counts as unset, and so does a 0 for one of Kanboard's numeric constants.

    In the file and on the command line, `${NAME}` and `file:PATH` take a value from elsewhere (see `references`).

    Sections that the schema doesn't have are refused, except those that `ignored` names: they belong to plugins that
    don't run.  With `partial` all of them are passed over: that is how the plugins are found whose sections complete
    the schema.

    Raises ConfigurationError with everything that is wrong.
    """
    reading = _Reading(schema, os.environ if environment is None else environment, ignored, partial)
    if path is not None:
        reading.file(path)
    reading.variables()
    reading.command_line(settings)
    reading.needs()
    if reading.problems:
        raise ConfigurationError(*reading.problems)
    return Configuration(schema, reading.entries)


def text_of(path: Path) -> str:
    """The text of an INI file to the letter, with its newlines and byte order mark.

    Raises ConfigurationError when it can't be read, or isn't UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} cannot be read: byte {error.start + 1} is not UTF-8") from error


def parsed(text: str, name: str) -> configparser.RawConfigParser:
    """The sections of an INI file that holds `text`, with their options in lower case and the values as written.

    Raises ConfigurationError with a sentence that begins with `name` when it isn't one.
    """
    # No section can be called "", so that nothing has the power of configparser's [DEFAULT].
    parser = configparser.RawConfigParser(default_section="", delimiters=("=",), empty_lines_in_values=False)
    try:
        # Any newline ends a line, as in a file that is opened as text.
        parser.read_file(io.StringIO(text.removeprefix("\ufeff"), newline=None), name)
    except configparser.DuplicateSectionError as error:
        raise ConfigurationError(
            f"{name}, line {error.lineno}: section [{error.section}] stands there twice"
        ) from error
    except configparser.DuplicateOptionError as error:
        raise ConfigurationError(
            f'{name}, line {error.lineno}: option "{error.option}" of [{error.section}] stands there twice'
        ) from error
    except configparser.MissingSectionHeaderError as error:
        raise ConfigurationError(f"{name}, line {error.lineno}: a [section] has to come first") from error
    except configparser.ParsingError as error:
        # The line itself is left out: it may hold a secret.
        raise ConfigurationError(
            f'{name}, line {error.errors[0][0]}: neither a [section] nor "option = value" nor a comment'
        ) from error
    return parser


class _Reading:
    """The sources of a configuration, read one after the other: what they say so far, and all that is wrong."""

    def __init__(self, schema: Schema, environment: Mapping[str, str], ignored: Collection[str], partial: bool) -> None:
        self.entries = {(s.name, o.name): _Entry(o.default, "default") for s, o in schema}
        self.problems: list[str] = []
        self._schema = schema
        self._environment = environment
        self._ignored = ignored
        self._partial = partial
        self._unclear: set[tuple[str, str]] = set()  # what would be set, were something else not wrong

    def file(self, path: Path) -> None:
        try:
            parser = parsed(text_of(path), str(path))
        except ConfigurationError as error:
            self.problems += error.problems
            self._unclear |= self.entries.keys()
            return
        for section_name in parser.sections():
            section = self._section(section_name, str(path))
            for option_name, written in parser.items(section_name) if section else ():
                self._write(section, option_name, written, f"file {path}", str(path))

    def variables(self) -> None:
        for section, option in self._schema:
            name = option.variable(section.name)
            if written := self._environment.get(name, "").strip():
                optional = option.constant and option.kind in (Kind.INTEGER, Kind.NUMBER)
                self._set(section, option, written, f"environment {name}", f"environment {name}", optional)

    def command_line(self, settings: Iterable[str]) -> None:
        for setting in settings:
            key, equals, written = setting.partition("=")
            section_name, dot, option_name = key.strip().rpartition(".")
            if not equals or not dot:
                self.problems.append(_malformed(self._schema, setting))
                continue
            source = f"--set {key.strip()}"
            self._write(self._section(section_name, source), option_name, written, "command line", source)

    def needs(self) -> None:
        for section, option in self._schema:
            entry, needed = self.entries[section.name, option.name], (section.name, option.needs)
            if option.needs and entry.value and needed not in self._unclear and not self.entries[needed].value:
                where = "" if entry.origin == "default" else f" ({entry.origin})"
                self.problems.append(f"[{section.name}] {option.name}{where} needs {option.needs} to be set too")

    def _section(self, name: str, source: str) -> Section | None:
        section = self._schema.section(name)
        if not (section or self._partial or name in self._ignored):
            hint = suggestion(name, (*(known.name for known in self._schema.sections), *self._ignored))
            self.problems.append(f"{source}: there is no section [{name}]{hint}")
        return section

    def _write(self, section: Section | None, name: str, written: str, origin: str, source: str) -> None:
        """Enter a value that somebody wrote; None is a section that was passed over or refused."""
        if section is None:
            return
        option = section.option(name)
        if option is None:
            self.problems.append(
                f'{source}: there is no option "{name}" in [{section.name}]{self._hint(section, name)}'
            )
            return
        try:
            resolved = resolve(written, self._environment)
        except ValueError as error:
            self._refuse(section, option, source, error)
            return
        if resolved.origins:
            option = replace(option, secret=True)  # what stands elsewhere is not quoted, it may not be meant for this
        origin, source = (", ".join([first, *resolved.origins]) for first in (origin, source))
        self._set(section, option, resolved.text, origin, source)

    def _set(
        self, section: Section, option: Option, text: str, origin: str, source: str, optional: bool = False
    ) -> None:
        """Enter a value, unless it is 0 and `optional`."""
        try:
            value = option.parse(text)
        except ValueError as error:
            self._refuse(section, option, source, error)
            return
        if value or not optional:
            self.entries[section.name, option.name] = _Entry(value, origin)

    def _refuse(self, section: Section, option: Option, source: str, error: ValueError) -> None:
        self.problems.append(f"{source}: [{section.name}] {option.name} {error}")
        self._unclear.add((section.name, option.name))

    def _hint(self, section: Section, name: str) -> str:
        elsewhere = [s.name for s, o in self._schema if o.name == name]
        if elsewhere:
            return f"; did you mean that of [{elsewhere[0]}]?"
        return suggestion(name, (o.name for o in section.options))


def _malformed(schema: Schema, setting: str) -> str:
    # What follows the name is left out: it may be a secret.
    name = setting[: next((i for i, c in enumerate(setting) if not (c.isalnum() or c in "._-")), None)]
    meant = [f"{s.name}.{o.name}" for s, o in schema if name in (o.name, f"{s.name}.{o.name}")]
    hint = f'; did you mean "{meant[0]}=..."?' if meant else ""
    return f'--set "{name}" is not of the form section.option=value{hint}'
