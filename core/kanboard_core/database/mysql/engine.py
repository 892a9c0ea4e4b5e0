"""The engine for MariaDB and MySQL: where a database is, how it is reached, and what is set on each connection."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from functools import partial
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from pymysql import err
from pymysql.constants import CLIENT

from kanboard_core.database.engine import Limits, Session
from kanboard_core.database.errors import ConnectionLost
from kanboard_core.database.mysql import schema
from kanboard_core.database.mysql.connection import CONVERSIONS, MysqlConnection
from kanboard_core.database.mysql.errors import reason
from kanboard_core.database.mysql.session import MysqlSession
from kanboard_core.database.remote import RemoteEngine
from kanboard_core.database.transaction import Transaction

#: what the URL may say after its question mark
_PARAMETERS = {"unix_socket", "ssl_mode", "connect_timeout"}
#: how a connection is encrypted: not, if the server can, always, always with a certificate of the CA, with its name too
_SSL_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")

#: The text of a statement means the same as on the other engines: double quotes are for names, || joins texts, a
#: backslash is a character. And what doesn't fit is refused.
_SQL_MODE = "STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION"
#: seconds after which the server ends a transaction in which nothing happens: its process hangs
_IDLE = 60
#: the same for MySQL, which knows only connections in which nothing happens, in a transaction or not
_IDLE_CONNECTION = 600
#: bytes of a list that is one value of a result
_LONGEST_LIST = 2**28
#: seconds more than a statement may take that an answer is waited for: the server has gone without a word
_SILENCE = 15
#: seconds that a migration waits for those of other processes
_MIGRATION_WAIT = 60.0
#: the oldest releases that are served
_OLDEST = {"MariaDB": (10, 6), "MySQL": (8, 0)}
#: the error of a server that can't encrypt
_NO_TLS = 2026


class Mysql(RemoteEngine):
    """A database of a MariaDB or MySQL server."""

    kind = "mysql"
    transactional_ddl = False
    table_options = "ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    indexed_text = "VARCHAR(191)"
    tables: ClassVar[ModuleType] = schema
    driver_error = err.MySQLError

    def __init__(self, url: str, *, ca: str = "", cert: str = "", key: str = "", verify_name: bool = True) -> None:
        """``url``: ``mysql://USER:PASSWORD@HOST:PORT/NAME``, parameters after a question mark.

        ``ca``, ``cert``, ``key``: files with certificates and a key, for TLS; ``verify_name``: whether the server's
        certificate must have its name, where there is a ``ca``.

        Raises ValueError, whose text doesn't quote the URL, when it isn't understood.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "localhost", parts.port or 3306
            given = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        except ValueError as error:
            raise ValueError("is no URL of a MySQL database") from error
        name = unquote(parts.path.removeprefix("/"))
        if not name:
            raise ValueError("names no database")
        if unknown := sorted(given.keys() - _PARAMETERS):
            raise ValueError(f"has the unknown parameter {unknown[0]}: {', '.join(sorted(_PARAMETERS))} are known")
        place = f"{host}:{port}" if parts.port else host
        super().__init__(f"mysql://{place}/{name}")
        self._parameters: dict[str, Any] = {
            "host": host,
            "port": port,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or "").encode(),
            "database": name,
            "connect_timeout": _seconds(given),
            "charset": "utf8mb4",
            "collation": "utf8mb4_bin",
            "autocommit": True,
            # Rows that were found count as changed, also when they had the same values.
            "client_flag": CLIENT.FOUND_ROWS,
            "program_name": "kanboard-server",
            "conv": CONVERSIONS,
        }
        if socket := given.get("unix_socket"):
            self._parameters["unix_socket"] = socket
        mode = given.get("ssl_mode") or (("verify_identity" if verify_name else "verify_ca") if ca else "preferred")
        if mode not in _SSL_MODES:
            raise ValueError(f"has an unknown ssl_mode: {', '.join(_SSL_MODES)} are known")
        self._may_be_plain = mode == "preferred" and not (cert or socket)
        if mode == "disabled" or (mode == "preferred" and socket and not cert):
            self._parameters["ssl_disabled"] = True
        else:
            self._parameters["ssl"] = _tls(mode, ca, cert, key)

    def session(self, *, writable: bool) -> MysqlSession:
        """Open a connection for the calling thread."""
        return MysqlSession(partial(self.connect, writable=writable), writable=writable)

    def joined(self, connection: MysqlConnection) -> Transaction:
        """In transactions, each up to the next change of a table."""
        session = MysqlSession(lambda: connection, writable=True)
        session.join_migration()
        return session.transaction(float("inf"))

    def begin_migration(self, session: Session) -> None:
        """Processes that migrate at once wait for each other."""
        assert isinstance(session, MysqlSession)  # noqa: S101 - it is one of this engine's
        session.begin_migration(_MIGRATION_WAIT)

    def undo_migration(self, session: Session) -> bool:
        """What changes tables commits what was done before."""
        assert isinstance(session, MysqlSession)  # noqa: S101 - it is one of this engine's
        return session.undo_migration()

    def unfit(self, connection: MysqlConnection) -> str:
        """Those before MariaDB 10.6 and MySQL 8.0 can't, nor can one that logs statements instead of rows."""
        product, version = release(connection)
        oldest = _OLDEST[product]
        if version < oldest:
            return f"is {product} {_dotted(version)}, and {_dotted(oldest)} or later is needed"
        if schema.logs_statements(connection):
            return "has binlog_format=STATEMENT, with which it can't be written to: ROW or MIXED is needed"
        return ""

    def opened(self, *, writable: bool) -> MysqlConnection:
        """A connection that commits each statement by itself."""
        connection = self._connection(writable)
        try:
            product, _ = release(connection)
            for setting in _settings(product, writable, self._limits):
                connection.query(setting)
        except BaseException:
            connection.close()
            raise
        return connection

    def reason(self, error: err.MySQLError) -> str:
        """What an error of the driver says."""
        return reason(error)

    def _connection(self, writable: bool) -> MysqlConnection:
        parameters = dict(self._parameters)
        if self._limits is not None:
            seconds = self._limits.write_seconds if writable else self._limits.read_seconds
            parameters["read_timeout"] = parameters["write_timeout"] = seconds + _SILENCE
        try:
            return MysqlConnection(**parameters)
        except (err.MySQLError, RuntimeError, UnicodeError) as error:
            if self._may_be_plain and "ssl" in parameters and error.args[0] == _NO_TLS:
                plain = {name: value for name, value in self._parameters.items() if name != "ssl"}
                self._parameters = {**plain, "ssl_disabled": True}
                return self._connection(writable)
            said = reason(error) if isinstance(error, err.MySQLError) else str(error)
            raise ConnectionLost(said) from error


def release(connection: MysqlConnection) -> tuple[str, tuple[int, int]]:
    """The name of the server's program, ``MariaDB`` or ``MySQL``, and the first two numbers of its version."""
    told = connection.get_server_info()
    product = "MariaDB" if "mariadb" in told.lower() else "MySQL"
    # MariaDB used to put another version before its own.
    found = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)", told)
    return product, (int(found[1]), int(found[2])) if found else (0, 0)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _seconds(given: Mapping[str, str]) -> int:
    text = given.get("connect_timeout", "5")
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10_000):
        raise ValueError("has a connect_timeout that is no number of seconds")
    return int(text)


def _tls(mode: str, ca: str, cert: str, key: str) -> ssl.SSLContext:
    """How connections are encrypted, and what the server must prove. Raises ValueError when a file isn't right."""
    try:
        context = ssl.create_default_context(cafile=ca or None) if ca or mode.startswith("verify") else None
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # The certificates that MySQL makes for itself don't pass it.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = mode == "verify_identity"
        context.verify_mode = ssl.CERT_REQUIRED if mode.startswith("verify") else ssl.CERT_NONE
        if cert:
            context.load_cert_chain(cert, key or None)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"can't be used with the certificates or the key of db_ssl_*: {error}") from error
    return context


def _settings(product: str, writable: bool, limits: Limits | None) -> Iterator[str]:
    """What is set on each connection, whatever the server's own settings are."""
    seconds = 0.0
    if limits is not None:
        seconds = limits.write_seconds if writable else limits.read_seconds
    yield f"SET sql_mode = '{_SQL_MODE}'"
    if writable:
        yield "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"
    else:
        yield "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    if product == "MariaDB":
        limited = [f"max_statement_time = {seconds}", f"idle_transaction_timeout = {0 if limits is None else _IDLE}"]
    else:
        # It stops statements that read only.
        limited = [f"max_execution_time = {seconds * 1000:.0f}"]
        if limits is not None:
            limited.append(f"wait_timeout = {_IDLE_CONNECTION}")
    if seconds:
        # Earlier than the statement is stopped, so that it is known what was waited for. The unit is a whole second.
        limited.append(f"innodb_lock_wait_timeout = {max(1, int(seconds * 0.9))}")
    # MariaDB cuts lists off there.
    limited.append(f"group_concat_max_len = {_LONGEST_LIST}")
    yield f"SET {', '.join(limited)}"
