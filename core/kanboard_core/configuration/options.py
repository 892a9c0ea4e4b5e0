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


def a_network(text: str) -> str:
    """What is wrong with `text` as an IP network or address."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return "must be networks such as 10.0.0.0/8 or fd00::/8"
    return ""


CORE_SCHEMA = Schema(
    (
        Section(
            "server",
            "Where the server listens, and how much it takes at once.",
            (
                Option("host", "127.0.0.1", "Address to listen on. 0.0.0.0 is every IPv4 address of this machine."),
                Option("port", 8080, "TCP port to listen on. 0 takes any that is free.", minimum=0, maximum=65535),
                Option(
                    "workers",
                    1,
                    "Processes that serve the address. With more than one, a parent process starts them, and another "
                    "one for each that dies.",
                    minimum=1,
                    maximum=256,
                ),
                Option("prefix", "", "Path that everything is served below, such as /kanboard.", check=a_prefix),
                Option("path", "/jsonrpc.php", "Path of the JSON-RPC endpoint, below the prefix.", check=a_path),
                Option(
                    "base_url",
                    "",
                    "Address that URLs in answers begin with. Empty: the application URL in Kanboard's settings, and "
                    "without one the host that the client named.",
                    check=a_web_address,
                ),
                Option("certificate", "", "PEM file with the certificate chain. With a key: HTTPS.", needs="key"),
                Option("key", "", "PEM file with the private key of the certificate.", needs="certificate"),
                Option("body_limit", 64 * 1024 * 1024, "Largest body of a request, in bytes.", minimum=1),
                Option("body_timeout", 60.0, "Seconds within which the body of a request must arrive.", minimum=0.01),
                Option("batch_limit", 10000, "Most calls in one batch.", minimum=1),
                Option(
                    "shutdown_timeout",
                    30.0,
                    "Seconds that requests under way are given to finish when the server stops.",
                    minimum=0,
                ),
                Option(
                    "trusted_proxy_networks",
                    (),
                    "Networks of the reverse proxies whose headers are believed, such as 10.0.0.0/8.",
                    check=a_network,
                    constant=True,
                ),
                Option(
                    "trusted_proxy_headers",
                    (),
                    "Headers in which a trusted proxy names the client, such as HTTP_X_REAL_IP, HTTP_X_FORWARDED_FOR. "
                    "The first valid address found counts.",
                    constant=True,
                ),
            ),
        ),
        Section(
            "database",
            "Where the data are kept, and how they are read and written.",
            (
                Option(
                    "database_url",
                    "sqlite:data/db.sqlite",
                    "sqlite:FILE (relative to the working directory), postgres://USER:PASSWORD@HOST:PORT/NAME or "
                    "mysql://USER:PASSWORD@HOST:PORT/NAME (MariaDB too).",
                    secret=True,
                    constant=True,
                ),
                Option(
                    "db_ssl_ca",
                    "",
                    "PostgreSQL, MySQL: file with the certificates by one of which the server's must be signed. With "
                    "it the connection is encrypted and the server proves who it is; without it the URL decides "
                    "(sslmode, ssl_mode).",
                    constant=True,
                ),
                Option(
                    "db_ssl_cert", "", "PostgreSQL, MySQL: file with the certificate to sign in with.", constant=True
                ),
                Option("db_ssl_key", "", "PostgreSQL, MySQL: file with the key of that certificate.", constant=True),
                Option(
                    "db_verify_server_cert",
                    True,
                    "PostgreSQL, MySQL: whether the name of the server must be that in its certificate.",
                    constant=True,
                ),
                Option(
                    "synchronous",
                    "full",
                    "SQLite: with full, an acknowledged write survives a power cut; with normal, only the end of this "
                    "process.",
                    choices=("full", "normal"),
                ),
                Option("readers", 2, "Reading at the same time: so many connections.", minimum=1, maximum=1000),
                Option(
                    "writers",
                    4,
                    "PostgreSQL, MySQL: writing at the same time, so many connections. SQLite has one writer.",
                    minimum=1,
                    maximum=1000,
                ),
                Option(
                    "indexes",
                    True,
                    "Give a new database indexes that Kanboard's own schema lacks. Kanboard runs unharmed with them.",
                ),
                Option("read_timeout", 30.0, "Seconds that a request may wait for its turn to read.", minimum=0.01),
                Option("write_timeout", 10.0, "Seconds that a request may wait for its turn to write.", minimum=0.01),
                Option("queue_limit", 1000, "Most requests waiting for the database; more are refused.", minimum=1),
            ),
        ),
        Section(
            "authentication",
            "Who may call, and what happens to those who fail.",
            (
                Option(
                    "api_authentication_token",
                    "",
                    "Application token, instead of the one stored in Kanboard's settings.",
                    secret=True,
                    constant=True,
                ),
                Option(
                    "api_authentication_header",
                    "",
                    "Name of a further header for credentials, such as X-API-Auth: the base64 of user:password. It "
                    "wins over Authorization.",
                    constant=True,
                ),
                Option(
                    "api_failures",
                    3,
                    "Failures from which the API refuses an account until it signs in through the login form or an "
                    "administrator unlocks it. 0 turns this off.",
                    minimum=0,
                ),
                Option("bruteforce_lockdown", 6, "Failures that do not lock an account yet.", minimum=0, constant=True),
                Option("bruteforce_lockdown_duration", 15, "Minutes that a lock lasts.", minimum=0, constant=True),
                Option(
                    "bruteforce_captcha",
                    3,
                    "Failures from which the login form shows a captcha.",
                    minimum=0,
                    constant=True,
                ),
                Option(
                    "credential_cache_seconds",
                    60,
                    "Seconds that a verified password is remembered, in memory and keyed. 0 turns this off.",
                    minimum=0,
                ),
                Option("credential_cache_size", 1024, "Most verified passwords remembered.", minimum=1),
                Option(
                    "bcrypt_cost",
                    10,
                    "Cost of new password hashes; each step doubles the time.",
                    minimum=10,
                    maximum=31,
                ),
            ),
        ),
        Section(
            "plugins",
            "Which plugins run. Built-in ones do unless disabled, others only when enabled.",
            (
                Option("enabled", (), "Plugins of others to run."),
                Option("disabled", (), "Built-in plugins whose procedures are not offered."),
            ),
        ),
        Section(
            "logging",
            "What the server says about itself.",
            (
                Option(
                    "level",
                    "info",
                    "Least important messages that are logged.",
                    choices=("debug", "info", "warning", "error"),
                ),
                Option("access_log", "stderr", "Where a line for each request goes: stderr, off or a file."),
            ),
        ),
    )
)
"""The options of the core."""
