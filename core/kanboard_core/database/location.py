"""Where the database is: from the configured URL to an engine, and to a database that can be served."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kanboard_core.configuration import Configuration, ConfigurationError
from kanboard_core.database import schema
from kanboard_core.database.errors import DatabaseError
from kanboard_core.database.sqlite import Sqlite

_logger = logging.getLogger(__name__)

_LATER = {"postgres", "postgresql", "mysql", "mariadb"}
_SERVED = (schema.Condition.EMPTY, schema.Condition.CURRENT, schema.Condition.NEWER)


class CannotOpen(DatabaseError):
    """The database can't be served; one clear sentence for the operator."""


def engine(configuration: Configuration) -> Sqlite:
    """The engine of the configured database. Raises ConfigurationError for a URL that isn't understood."""
    url = configuration.text("database", "database_url")
    scheme, colon, rest = url.partition(":")
    if scheme in _LATER:
        raise ConfigurationError(f"[database] database_url: databases of the kind {scheme} can't be served yet")
    if not colon or scheme not in ("sqlite", "sqlite3"):
        raise ConfigurationError("[database] database_url must begin with sqlite:, followed by the path of a file")
    path = Path(unquote(urlsplit(url).path) if rest.startswith("//") else rest)
    if not path.name:
        raise ConfigurationError("[database] database_url names no file")
    return Sqlite(path, synchronous=configuration.text("database", "synchronous"))


def prepare(sqlite: Sqlite, configuration: Configuration) -> bool:
    """Make sure that the database can be served; creates it when there is none. Answers whether it was created.

    Raises CannotOpen with a sentence that says what is wrong and what to do.
    """
    with _explained(sqlite.path):
        sqlite.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(sqlite.path, timeout=5, isolation_level=None)) as connection:
            state = schema.state(connection)
            if state.condition is schema.Condition.NEWER and (lacking := schema.missing(connection)):
                raise CannotOpen(
                    f"{sqlite.path}: {state.message} It lacks {', '.join(lacking)}: a newer release of this server is"
                    " needed."
                )
        if state.condition in _SERVED:  # what isn't stays as it is: to open it for writing sets its journal mode
            with contextlib.closing(sqlite.connect(writable=True)) as connection:
                if state.condition is schema.Condition.EMPTY:
                    return _create(connection, sqlite.path, configuration)
    if state.condition is schema.Condition.NEWER:
        _logger.warning("%s", state.message)
    elif state.condition is not schema.Condition.CURRENT:
        raise CannotOpen(f"{sqlite.path}: {state.message}")
    return False


def differences(sqlite: Sqlite) -> list[str]:
    """What is different from Kanboard's schema, a line each. Only reads. Raises CannotOpen when it can't."""
    if not sqlite.path.exists():
        raise CannotOpen(f"there is no database {sqlite.path}")
    with _explained(sqlite.path), contextlib.closing(connect_unchanging(sqlite.path)) as connection:
        state = schema.state(connection)
        if state.condition is not schema.Condition.CURRENT:
            return [state.message]
        return schema.differences(connection)


def create(sqlite: Sqlite, configuration: Configuration) -> None:
    """Create a database where there is none. Raises CannotOpen when there is one already, or it can't be made."""
    with _explained(sqlite.path):
        present = sqlite.path.exists() and sqlite.path.stat().st_size > 0
    if present or not prepare(sqlite, configuration):
        raise CannotOpen(f"{sqlite.path} is there already; it was left as it is")


def _create(connection: sqlite3.Connection, path: Path, configuration: Configuration) -> bool:
    try:
        schema.create(
            connection,
            indexes=configuration.flag("database", "indexes"),
            cost=configuration.integer("authentication", "bcrypt_cost"),
        )
    except schema.SchemaError:
        if schema.state(connection).condition is schema.Condition.CURRENT:
            return False  # another process was faster
        raise
    _logger.info("created the database %s", path)
    return True


def connect_unchanging(path: Path) -> sqlite3.Connection:
    """A connection that can't write, and doesn't set the journal mode either.

    Raises sqlite3.Error when there is no such file; whether it is a database shows at the first query.
    """
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the system says about a file into a sentence."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            raise CannotOpen(f"{path} is no SQLite database") from error
        if code == sqlite3.SQLITE_CANTOPEN and path.parent.is_dir() and not os.access(path.parent, os.W_OK):
            raise CannotOpen(f"the folder {path.parent} can't be written to") from error
        raise CannotOpen(f"the database {path} can't be opened: {error}") from error
    except OSError as error:
        raise CannotOpen(f"the database {path} can't be opened: {error.strerror or error}") from error
