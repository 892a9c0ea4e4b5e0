"""What each server of databases calls in its own way: for tests of what holds whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee
import trustme
from tests.beside import OwnServer
from tests.mysql import MariaDb
from tests.postgres import Cluster

from kanboard_core.database import statement
from kanboard_core.database.remote import RemoteEngine
from kanboard_core.database.statements import Statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Setting
from kanboard_core.testing.databases import engine as engine_of


@dataclass(frozen=True, slots=True)
class Product:
    """A product, by the SQL that it understands and by what it says."""

    #: makes a server of one's own: ``own(fsync=True)`` survives an immediate stop
    own: Callable[..., OwnServer]
    #: has such a server prove who it is, with a certificate and its key
    certify: Callable[[Any, Path, Path], None]

    #: a statement that doesn't end
    endless: Statement
    #: the number of the connection, the others on the database, those of them that are at work
    number: str
    others: str
    busy: str
    #: ends the connection with a number
    end: str
    #: whether the connection is encrypted: a row that ends in something else than "" or false
    encryption: str
    #: the names of the tables of the database
    tables: str
    #: drops a database, whoever is connected to it
    drop: str
    #: a trigger that fails at each new swimlane as if the disk were full, and its removal
    full_disk: Sequence[str]
    room_again: str

    #: what is said of a database that isn't there, with {} for its name
    no_database: str
    #: of a certificate that is for another host
    other_host: str
    #: of a file of certificates that isn't there
    no_certificates: str
    #: of a server that can't encrypt
    no_tls: str


def _certify_postgres(server: Cluster, certificate: Path, key: Path) -> None:
    for setting in (f"ssl_cert_file = '{certificate}'", f"ssl_key_file = '{key}'", "ssl = on"):
        carry_out(server.url, f"ALTER SYSTEM SET {setting}")
    carry_out(server.url, "SELECT pg_reload_conf()")


def _certify_mysql(server: MariaDb, certificate: Path, key: Path) -> None:
    server.options = (*server.options, f"--ssl-cert={certificate}", f"--ssl-key={key}")
    server.restart()


PRODUCTS = {
    "postgres": Product(
        own=Cluster,
        certify=_certify_postgres,
        endless=statement(Setting.select(peewee.fn.PG_SLEEP(60))),
        number="SELECT pg_backend_pid()",
        others="SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        busy="SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'",
        end="SELECT pg_terminate_backend({}, 5000)",
        encryption="SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        tables="SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        drop="DROP DATABASE {} WITH (FORCE)",
        full_disk=(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
            "CREATE TRIGGER t BEFORE INSERT ON swimlanes FOR EACH ROW EXECUTE FUNCTION full_disk()",
        ),
        room_again="DROP TRIGGER t ON swimlanes",
        no_database='database "{}" does not exist',
        other_host="does not match host name",
        no_certificates="root certificate file",
        no_tls="does not support SSL",
    ),
    "mysql": Product(
        own=MariaDb,
        certify=_certify_mysql,
        endless=statement(Setting.select(peewee.fn.BENCHMARK(10**12, peewee.fn.MD5("x")))),
        number="SELECT CONNECTION_ID()",
        others="SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
        busy="SELECT id FROM information_schema.processlist"
        " WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command <> 'Sleep'",
        end="KILL {}",
        encryption="SHOW SESSION STATUS LIKE 'Ssl_cipher'",
        tables="SHOW TABLES",
        drop="DROP DATABASE {}",
        full_disk=(
            "CREATE TRIGGER t BEFORE INSERT ON swimlanes FOR EACH ROW"
            " SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'could not extend file'",
        ),
        room_again="DROP TRIGGER t",
        no_database="Unknown database '{}'",
        other_host="certificate verify failed",
        no_certificates="can't be used with the certificates",
        no_tls="SSL is required",
    ),
}


def certificate(server: OwnServer, authority: trustme.CA) -> tuple[Path, Path]:
    """A certificate of the server for localhost, and its key; both are in its folder."""
    issued = authority.issue_cert("localhost")
    chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
    return server.keep("server.crt", chain), server.keep("server.key", issued.private_key_pem.bytes())


def carry_out(url: str, sql: str) -> None:
    """Carry out SQL on a connection of its own, in no transaction."""
    engine = engine_of(url)
    assert isinstance(engine, RemoteEngine)
    with closing(engine.connect(writable=True)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(sql)


def as_peewee(tx: Transaction, sql: str) -> None:
    """Carry out SQL in a transaction as peewee does."""
    database: Any = tx.database
    database.execute_sql(sql)
