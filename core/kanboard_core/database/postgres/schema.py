"""The schema of a PostgreSQL database: which one it has, and making a new one. See spec: storage."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import psycopg

from kanboard_core import passwords
from kanboard_core.database import schema
from kanboard_core.database.facts import facts
from kanboard_core.database.schema import Condition, SchemaError, State, listed, literal, quoted


def version(connection: psycopg.Connection[Any]) -> int:
    """The schema version of the database; 0 when it has none."""
    found = connection.execute("SELECT to_regclass('schema_version') IS NOT NULL").fetchone()
    if not found or not found[0]:
        return 0
    row = connection.execute("SELECT version FROM schema_version").fetchone()
    return int(row[0]) if row else 0


def state(connection: psycopg.Connection[Any]) -> State:
    """What the database is to this server."""
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    return schema.judged(
        "postgres", version(connection), {row[0] for row in rows}, place="the row of the table schema_version"
    )


def create(
    connection: psycopg.Connection[Any], *, indexes: bool = True, cost: int = 10, password_hash: str | None = None
) -> str:
    """Make a new database of Kanboard in an empty one: all of it or nothing. Answers the application token."""
    hashed = password_hash or passwords.hashed("admin", cost)
    token = token_hex(30)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(1)")
        if state(connection).condition is not Condition.EMPTY:
            raise SchemaError("The database is not empty, so no new one can be made in it.")
        for table in facts("postgres").tables.values():
            parts = []
            for column in table.columns.values():
                text = f"{quoted(column.name)} {column.type}"
                if column.sequence:
                    connection.execute(f"CREATE SEQUENCE {quoted(column.sequence)}".encode())
                    text += f" DEFAULT nextval('{column.sequence}')"
                elif isinstance(column.default, bool):
                    text += f" DEFAULT {str(column.default).lower()}"
                elif column.default is not None:
                    text += f" DEFAULT {literal(column.default)}"
                parts.append(text if column.nullable else text + " NOT NULL")
            if table.primary_key:
                parts.append(f"PRIMARY KEY ({listed(table.primary_key)})")
            parts += [f"UNIQUE ({listed(key.columns)})" for key in table.unique]
            parts += [
                f"FOREIGN KEY ({quoted(key.column)}) REFERENCES {quoted(key.table)} ({quoted(key.key)})"
                " ON DELETE CASCADE"
                for key in table.foreign_keys
            ]
            connection.execute(f"CREATE TABLE {quoted(table.name)} ({', '.join(parts)})".encode())
            for column in table.columns.values():
                if column.sequence:
                    owner = f"{quoted(table.name)}.{quoted(column.name)}"
                    connection.execute(f"ALTER SEQUENCE {quoted(column.sequence)} OWNED BY {owner}".encode())
        for name, row in schema.first_rows("postgres", token=token, password_hash=hashed):
            places = ", ".join(["%s"] * len(row))
            sql = f"INSERT INTO {quoted(name)} ({listed(tuple(row))}) VALUES ({places})"  # noqa: S608 (own names)
            connection.execute(sql.encode(), list(row.values()))
        connection.execute("SELECT setval('users_id_seq', 1), setval('links_id_seq', 11)")
    return token


def missing(connection: psycopg.Connection[Any]) -> list[str]:
    """The tables, and the columns of others (``tasks.priority``), of Kanboard's that the database lacks."""
    rows = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    ).fetchall()
    return schema.lacking("postgres", {(str(table), str(column)) for table, column in rows})


def differences(connection: psycopg.Connection[Any]) -> list[str]:
    """What the database lacks of Kanboard's, a line each."""
    return [f"{name} is missing" for name in missing(connection)]
