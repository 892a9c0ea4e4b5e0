"""The configuration of a server: defaults, the file, the environment and the command line, in rising precedence."""

import configparser
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kanboard_core.options import CORE_SCHEMA, Kind, Option, Schema, Section, Value, suggestion

__all__ = ["CORE_SCHEMA", "Configuration", "ConfigurationError", "Option", "Schema", "Section", "load"]


class ConfigurationError(Exception):
    """What is wrong with the configuration, as one clear sentence for the operator."""


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
        """Where the value comes from: "default", "file PATH", "environment NAME" or "command line"."""
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
    partial: bool = False,
) -> Configuration:
    """Read and validate the configuration.

    `path` names an INI file that has to exist; None means that there is none.  `settings` are those of the command
    line, "section.option=value", the last of several for an option counts.  `environment` is the process's own unless
    given; an empty variable counts as unset, and so does a 0 for one of Kanboard's numeric constants.

    With `partial`, sections that the schema doesn't have are passed over instead of refused: that is how the plugins
    are found whose sections complete the schema.

    Raises ConfigurationError for the first thing that is wrong.
    """
    entries = {(s.name, o.name): _Entry(o.default, "default") for s, o in schema}
    if path is not None:
        entries |= _from_file(path, schema, partial)
    entries |= _from_environment(os.environ if environment is None else environment, schema)
    entries |= _from_command_line(settings, schema, partial)
    for section, option in schema:
        entry = entries[section.name, option.name]
        if option.needs and entry.value and not entries[section.name, option.needs].value:
            where = "" if entry.origin == "default" else f" ({entry.origin})"
            raise ConfigurationError(f"[{section.name}] {option.name}{where} needs {option.needs} to be set too")
    return Configuration(schema, entries)


_Entries = dict[tuple[str, str], _Entry]


def _from_file(path: Path, schema: Schema, partial: bool) -> _Entries:
    entries: _Entries = {}
    parser = _parse(path)
    for section_name in parser.sections():
        if partial and schema.section(section_name) is None:
            continue
        section = _find_section(schema, section_name, str(path))
        for option_name, written in parser.items(section_name):
            option = _find_option(schema, section, option_name, str(path))
            entries[section.name, option.name] = _read(section, option, written, f"file {path}", str(path))
    return entries


def _parse(path: Path) -> configparser.ConfigParser:
    # No section can be called "", so that nothing has the power of configparser's [DEFAULT].  No interpolation: a
    # password may hold a percent sign.
    parser = configparser.ConfigParser(
        interpolation=None, default_section="", delimiters=("=",), empty_lines_in_values=False
    )
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} cannot be read: byte {error.start + 1} is not UTF-8") from error
    except configparser.DuplicateSectionError as error:
        raise ConfigurationError(
            f"{path}, line {error.lineno}: section [{error.section}] stands there twice"
        ) from error
    except configparser.DuplicateOptionError as error:
        raise ConfigurationError(
            f'{path}, line {error.lineno}: option "{error.option}" of [{error.section}] stands there twice'
        ) from error
    except configparser.MissingSectionHeaderError as error:
        raise ConfigurationError(f"{path}, line {error.lineno}: a [section] has to come first") from error
    except configparser.ParsingError as error:
        # The line itself is left out: it may hold a secret.
        raise ConfigurationError(
            f'{path}, line {error.errors[0][0]}: neither a [section] nor "option = value" nor a comment'
        ) from error
    return parser


def _from_environment(environment: Mapping[str, str], schema: Schema) -> _Entries:
    entries: _Entries = {}
    for section, option in schema:
        name = option.variable(section.name)
        written = environment.get(name, "").strip()
        if not written:
            continue
        source = f"environment {name}"
        entry = _read(section, option, written, source, source)
        if option.constant and option.kind in (Kind.INTEGER, Kind.NUMBER) and not entry.value:
            continue
        entries[section.name, option.name] = entry
    return entries


def _from_command_line(settings: Iterable[str], schema: Schema, partial: bool) -> _Entries:
    entries: _Entries = {}
    for setting in settings:
        key, equals, written = setting.partition("=")
        section_name, dot, option_name = key.strip().rpartition(".")
        if not equals or not dot:
            raise ConfigurationError(_malformed(schema, setting))
        if partial and schema.section(section_name) is None:
            continue
        source = f"--set {key.strip()}"
        section = _find_section(schema, section_name, source)
        option = _find_option(schema, section, option_name, source)
        entries[section.name, option.name] = _read(section, option, written, "command line", source)
    return entries


def _malformed(schema: Schema, setting: str) -> str:
    # What follows the name is left out: it may be a secret.
    name = setting[: next((i for i, c in enumerate(setting) if not (c.isalnum() or c in "._-")), None)]
    meant = [f"{s.name}.{o.name}" for s, o in schema if name in (o.name, f"{s.name}.{o.name}")]
    hint = f'; did you mean "{meant[0]}=..."?' if meant else ""
    return f'--set "{name}" is not of the form section.option=value{hint}'


def _find_section(schema: Schema, name: str, source: str) -> Section:
    if section := schema.section(name):
        return section
    hint = suggestion(name, (s.name for s in schema.sections))
    raise ConfigurationError(f"{source}: there is no section [{name}]{hint}")


def _find_option(schema: Schema, section: Section, name: str, source: str) -> Option:
    if option := section.option(name):
        return option
    elsewhere = [s.name for s, o in schema if o.name == name]
    if elsewhere:
        hint = f"; did you mean that of [{elsewhere[0]}]?"
    else:
        hint = suggestion(name, (o.name for o in section.options))
    raise ConfigurationError(f'{source}: there is no option "{name}" in [{section.name}]{hint}')


def _read(section: Section, option: Option, written: str, origin: str, source: str) -> _Entry:
    try:
        return _Entry(option.parse(written), origin)
    except ValueError as error:
        raise ConfigurationError(f"{source}: [{section.name}] {option.name} {error}") from error
