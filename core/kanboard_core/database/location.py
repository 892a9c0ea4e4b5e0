"""Where the database is: from the configured URL to an engine, and to a database that can be served."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kanboard_core.configuration import Configuration, ConfigurationError
from kanboard_core.database.engine import CannotOpen, Engine
from kanboard_core.database.schema import Condition
from kanboard_core.database.sqlite import Sqlite

_logger = logging.getLogger(__name__)

_POSTGRES = ("postgres", "postgresql")
_MYSQL = ("mysql", "mariadb")


def engine(configuration: Configuration, url: str = "") -> Engine:
    """The engine of the configured database, or of another one that is reached in the same way.

    Raises ConfigurationError for a URL that isn't understood.
    """
    url = url or configuration.text("database", "database_url")
    scheme, colon, rest = url.partition(":")
    if scheme in _POSTGRES:
        return _postgres(configuration, url)
    if scheme in _MYSQL:
        return _mysql(configuration, url)
    if not colon or scheme not in ("sqlite", "sqlite3"):
        raise ConfigurationError("[database] database_url must begin with sqlite: (and a file), postgresql: or mysql:")
    path = Path(unquote(urlsplit(url).path) if rest.startswith("//") else rest)
    if not path.name:
        raise ConfigurationError("[database] database_url names no file")
    return Sqlite(path, synchronous=configuration.text("database", "synchronous"))


def _postgres(configuration: Configuration, url: str) -> Engine:
    try:
        from kanboard_core.database.postgres.engine import Postgres
    except ImportError as error:
        raise ConfigurationError(
            "[database] database_url: PostgreSQL needs the package psycopg: pip install 'kanboard-server[postgres]'"
        ) from error
    given = {
        "sslrootcert": configuration.text("database", "db_ssl_ca"),
        "sslcert": configuration.text("database", "db_ssl_cert"),
        "sslkey": configuration.text("database", "db_ssl_key"),
    }
    tls = {name: value for name, value in given.items() if value}
    if "sslrootcert" in tls:
        verified = configuration.flag("database", "db_verify_server_cert")
        tls["sslmode"] = "verify-full" if verified else "verify-ca"
    try:
        return Postgres(url, **tls)
    except ValueError as error:
        raise ConfigurationError(f"[database] database_url {error}") from error


def _mysql(configuration: Configuration, url: str) -> Engine:
    try:
        from kanboard_core.database.mysql.engine import Mysql
    except ImportError as error:
        raise ConfigurationError(
            "[database] database_url: MariaDB and MySQL need the package PyMySQL: pip install 'kanboard-server[mysql]'"
        ) from error
    try:
        return Mysql(
            url,
            ca=configuration.text("database", "db_ssl_ca"),
            cert=configuration.text("database", "db_ssl_cert"),
            key=configuration.text("database", "db_ssl_key"),
            verify_name=configuration.flag("database", "db_verify_server_cert"),
        )
    except ValueError as error:
        raise ConfigurationError(f"[database] database_url {error}") from error


def prepare(engine: Engine, configuration: Configuration) -> bool:
    """Make sure that the database can be served; creates it when there is none. Answers whether it was created.

    Raises CannotOpen with a sentence that says what is wrong and what to do.
    """
    state = engine.state()
    match state.condition:
        case Condition.EMPTY:
            created = engine.create(
                indexes=configuration.flag("database", "indexes"),
                cost=configuration.integer("authentication", "bcrypt_cost"),
            )
            if created:
                _logger.info("created the database %s", engine.label)
            return created
        case Condition.CURRENT:
            engine.open()
        case Condition.NEWER:
            if lacking := engine.lacking():
                raise CannotOpen(
                    f"{engine.label}: {state.message} It lacks {', '.join(lacking)}: a newer release of this server is"
                    " needed."
                )
            engine.open()
            _logger.warning("%s", state.message)
        case _:  # it stays as it is
            raise CannotOpen(f"{engine.label}: {state.message}")
    return False


def differences(engine: Engine) -> list[str]:
    """What is different from Kanboard's schema, a line each. Only reads. Raises CannotOpen when it can't."""
    if not engine.exists():
        raise CannotOpen(f"there is no database {engine.label}")
    state = engine.state()
    return engine.differences() if state.condition is Condition.CURRENT else [state.message]


def create(engine: Engine, configuration: Configuration) -> None:
    """Create a database where there is none. Raises CannotOpen when there is one already, or it can't be made."""
    state = engine.state()
    if state.condition is Condition.FOREIGN:
        raise CannotOpen(f"{engine.label}: {state.message} It was left as it is.")
    if state.condition is not Condition.EMPTY or not prepare(engine, configuration):
        raise CannotOpen(f"{engine.label} is there already; it was left as it is")


def existing(configuration: Configuration) -> Engine:
    """The engine of a database that is there and can be served.

    Raises ConfigurationError, or CannotOpen with a sentence that says what is wrong and what to do.
    """
    found = engine(configuration)
    if not found.exists():
        raise CannotOpen(f"there is no database {found.label} yet: serve, or create one")
    prepare(found, configuration)
    return found
