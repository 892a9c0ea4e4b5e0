"""The schema of a database: making one, telling which one it has, comparing it with Kanboard's.

What Kanboard's tables are is read from the specification's own file, not from the facts that the server ships.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from pymysql import err

from kanboard_core.database.facts import facts
from kanboard_core.database.model import Model, lost_default
from kanboard_core.database.mysql import schema
from kanboard_core.database.mysql.catalogue import rows
from kanboard_core.database.mysql.connection import MysqlConnection
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.database.schema import Condition, SchemaError
from kanboard_core.plugins import Plugins
from kanboard_core.testing.mysql import new_database

SPEC: dict[str, Any] = json.loads((Path(__file__).parents[3] / "conformance/spec/schema.json").read_bytes())
TABLES: dict[str, Any] = SPEC["tables"]
NAMES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"

# bcrypt of "admin" at its lowest cost, so that a test doesn't wait for it.
HASH = bcrypt.hashpw(b"admin", bcrypt.gensalt(4)).decode()


@pytest.fixture
def empty(empty_database: str) -> Iterator[MysqlConnection]:
    with closing(Mysql(empty_database).connect(writable=True)) as connection:
        yield connection


@pytest.fixture(scope="module")
def made(database_server: str) -> Iterator[MysqlConnection]:
    """A new database of Kanboard, which nobody changes."""
    with new_database(database_server) as url, closing(Mysql(url).connect(writable=True)) as connection:
        schema.create(connection, password_hash=HASH, indexes=False)
        yield connection


@pytest.fixture
def database(empty: MysqlConnection) -> MysqlConnection:
    """A new database of Kanboard."""
    schema.create(empty, password_hash=HASH)
    return empty


def test_its_tables_get_their_names_in_one_step(empty: MysqlConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    query, sent = MysqlConnection.query, list[str]()

    def noted(self: MysqlConnection, sql: Any, unbuffered: bool = False) -> int:
        sent.append(sql if isinstance(sql, str) else bytes(sql).decode())
        return query(self, sql, unbuffered)

    monkeypatch.setattr(MysqlConnection, "query", noted)
    schema.create(empty, password_hash=HASH)
    [naming] = [sql for sql in sent if sql.startswith("RENAME")]
    assert "schema_version" in naming


def names(connection: MysqlConnection) -> list[str]:
    return [name for (name,) in rows(connection, NAMES)]


# What a new database is


def test_its_columns_are_those_of_kanboard_in_the_same_order(made: MysqlConnection) -> None:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *column, default in rows(
        made,
        "SELECT table_name, column_name, column_type, is_nullable = 'YES', extra = 'auto_increment', column_default"
        " FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
    ):
        literal = default not in (None, "NULL")
        found[table].append((*column, rows(made, f"SELECT CAST({default} AS CHAR)")[0][0] if literal else None))

    assert found == {name: list(expected_columns(table)) for name, table in TABLES.items()}


def expected_columns(table: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    columns = {column["name"]: column["mysql"] for column in table["columns"]}
    for name in table["column_order"]["mysql"]:
        column = columns[name]
        default = (column["default"] or {}).get("value")
        numbered = "auto_increment" in column
        yield name, column["type"], int(column["nullable"]), int(numbered), None if default is None else str(default)


def test_its_keys_and_indexes_are_those_of_kanboard_by_name(made: MysqlConnection) -> None:
    found = {
        (table, name, bool(ordinary), tuple(columns.split(",")))
        for table, name, ordinary, columns in rows(
            made,
            "SELECT table_name, index_name, MAX(non_unique), GROUP_CONCAT(column_name ORDER BY seq_in_index)"
            " FROM information_schema.statistics WHERE table_schema = DATABASE() GROUP BY table_name, index_name",
        )
    }
    expected = set()
    for name, table in TABLES.items():
        if key := table["primary_key"]["mysql"]:
            expected.add((name, "PRIMARY", False, tuple(key)))
        expected |= {(name, index["name"], False, tuple(index["columns"])) for index in table["unique"]["mysql"]}
        expected |= {(name, index["name"], True, tuple(index["columns"])) for index in table["indexes"]["mysql"]}
    assert found == expected


def test_its_foreign_keys_are_those_of_kanboard_by_name(made: MysqlConnection) -> None:
    found = set(
        rows(
            made,
            "SELECT k.constraint_name, k.table_name, k.column_name, k.referenced_table_name, k.referenced_column_name,"
            " r.delete_rule FROM information_schema.key_column_usage AS k"
            " JOIN information_schema.referential_constraints AS r ON r.constraint_schema = k.table_schema"
            " AND r.table_name = k.table_name AND r.constraint_name = k.constraint_name"
            " WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL",
        )
    )
    assert found == {
        (key["name"], name, key["columns"][0], key["references"]["table"], key["references"]["columns"][0], "CASCADE")
        for name, table in TABLES.items()
        for key in table["foreign_keys"]["mysql"]
    }


def test_its_tables_are_of_innodb_and_keep_every_character(made: MysqlConnection) -> None:
    found = rows(
        made,
        "SELECT table_name, engine, table_collation FROM information_schema.tables WHERE table_schema = DATABASE()",
    )
    assert {name: (engine, collation) for name, engine, collation in found} == {
        name: ("InnoDB", table["mysql_options"]["collation"]) for name, table in TABLES.items()
    }


def test_its_rows_are_those_of_kanboard(made: MysqlConnection) -> None:
    for option, value in rows(made, "SELECT option, value FROM settings WHERE option LIKE '%token'"):
        assert len(bytes.fromhex(value)) == 30, option
    assert len(rows(made, "SELECT DISTINCT value FROM settings WHERE option LIKE '%token'")) == 2
    assert len(rows(made, "SELECT option FROM settings")) == len(SPEC["initial_rows"]["settings"]["rows"])
    assert rows(made, "SELECT id, username, password, role FROM users") == [(1, "admin", HASH, "app-admin")]
    assert rows(made, "SELECT version FROM schema_version") == [(139,)]
    # As in a database that is made of Kanboard's dump.
    labels = SPEC["initial_rows"]["links"]["sqlite"]
    assert rows(made, "SELECT id, label, opposite_id FROM links") == [tuple(label.values()) for label in labels]


def test_the_administrator_is_admin_with_the_password_admin(empty: MysqlConnection) -> None:
    token = schema.create(empty, cost=4)
    [(hashed,)] = rows(empty, "SELECT password FROM users WHERE username = 'admin'")
    assert hashed.startswith("$2y$04$")
    assert bcrypt.checkpw(b"admin", hashed.encode())
    assert rows(empty, "SELECT value FROM settings WHERE option = 'api_token'") == [(token,)]


def test_defaults_that_its_tables_have_lost_are_known(plugins: Plugins) -> None:
    """What is NULL on SQLite too, or is never left out, is not among them."""
    ours, sqlite = facts("mysql").tables, facts("sqlite").tables
    lost = {
        (name, column.name): sqlite[name].columns[column.name].default
        for name, table in ours.items()
        if name in sqlite
        for column in table.columns.values()
        if column.default is None and sqlite[name].columns[column.name].default not in (None, "")
    }
    models: set[Any] = {model for model in Model.__subclasses__() if model.__module__.startswith("kanboard_")}
    known = {
        (model._meta.table_name, field.column_name): lost_default(field)
        for model in models
        for field in model._meta.sorted_fields
        if lost_default(field) is not None
    }
    assert known == lost


# Indexes of our own


def own_indexes(connection: MysqlConnection) -> dict[str, tuple[str, str]]:
    found = rows(
        connection,
        "SELECT index_name, table_name, GROUP_CONCAT(column_name ORDER BY seq_in_index)"
        " FROM information_schema.statistics WHERE table_schema = DATABASE()"
        " AND index_name LIKE 'kanboard|_server|_%' ESCAPE '|' GROUP BY index_name, table_name",
    )
    return {name: (table, columns) for name, table, columns in found}


def test_a_new_database_has_indexes_of_our_own_but_none_that_kanboard_has_itself(database: MysqlConnection) -> None:
    assert sorted(own_indexes(database).values()) == [
        ("actions", "project_id,event_name"),
        ("project_activities", "project_id,id"),
        ("project_has_files", "path"),
        ("subtasks", "user_id"),
        ("task_has_files", "path"),
        ("tasks", "owner_id,is_active"),
        ("tasks", "project_id,is_active,column_id,swimlane_id,score"),
    ]


def test_they_can_be_left_out_and_made_later(empty: MysqlConnection) -> None:
    schema.create(empty, password_hash=HASH, indexes=False)
    assert own_indexes(empty) == {}

    made = schema.create_indexes(empty)

    assert own_indexes(empty).keys() == set(made)
    assert schema.create_indexes(empty) == []


# What is refused, and what others see meanwhile


@pytest.mark.parametrize("something", ["CREATE TABLE recipes (title text)", "CREATE VIEW recipes AS SELECT 1 AS one"])
def test_a_database_with_something_in_it_is_refused_and_left_alone(empty: MysqlConnection, something: str) -> None:
    empty.query(something)
    with pytest.raises(SchemaError, match=r"^The database is not empty, so no new one can be made in it\.$"):
        schema.create(empty, password_hash=HASH)
    assert names(empty) == ["recipes"]


def test_a_failure_leaves_the_database_empty(empty: MysqlConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = schema.definitions(prefix=schema.MAKING)
    monkeypatch.setattr(schema, "definitions", lambda *, prefix: [*commands[:20], "CREATE TABLE"])
    with pytest.raises(err.ProgrammingError):
        schema.create(empty, password_hash=HASH)
    assert names(empty) == []
    assert schema.state(empty).condition is Condition.EMPTY
    monkeypatch.undo()
    schema.create(empty, password_hash=HASH)


def test_what_an_attempt_has_left_that_did_not_end_is_made_anew(empty: MysqlConnection) -> None:
    for command in schema.definitions(prefix=schema.MAKING)[:30]:
        empty.query(command)
    assert schema.state(empty).condition is Condition.EMPTY
    schema.create(empty, password_hash=HASH)
    assert set(names(empty)) == TABLES.keys()
    assert schema.differences(empty) == []


def test_it_is_there_all_at_once(empty: MysqlConnection, empty_database: str) -> None:
    ended = threading.Event()
    seen: set[tuple[int, Condition]] = set()

    def watch() -> None:
        with closing(Mysql(empty_database).connect(writable=False)) as connection:
            while not ended.is_set():
                state = schema.state(connection)
                seen.add((state.version, state.condition))

    watching = threading.Thread(target=watch)
    watching.start()
    schema.create(empty, password_hash=HASH)
    ended.set()
    watching.join()
    assert seen <= {(0, Condition.EMPTY), (139, Condition.CURRENT)}


def test_a_name_that_somebody_takes_meanwhile_is_told(empty: MysqlConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    naming = schema._naming

    def interrupted(tables: Iterable[str]) -> str:
        empty.query("CREATE TABLE users (id INTEGER)")
        return naming(tables)

    monkeypatch.setattr(schema, "_naming", interrupted)
    with pytest.raises(SchemaError, match="no new one can be made in it: Table 'users' already exists"):
        schema.create(empty, password_hash=HASH)
    assert names(empty) == ["users"]


# Which schema a database has


@pytest.mark.parametrize(
    ("change", "version", "condition"),
    [
        ("UPDATE schema_version SET version = 138", 138, Condition.OLDER),
        ("UPDATE schema_version SET version = 140", 140, Condition.NEWER),
        ("DELETE FROM schema_version", 0, Condition.FOREIGN),
        ("INSERT INTO schema_version VALUES (139)", 0, Condition.FOREIGN),
        ("DROP TABLE schema_version", 0, Condition.FOREIGN),
        ("ALTER TABLE schema_version RENAME COLUMN version TO number", 0, Condition.FOREIGN),
    ],
)
def test_the_version_decides(database: MysqlConnection, change: str, version: int, condition: Condition) -> None:
    database.query(change)
    state = schema.state(database)
    assert (state.version, state.condition) == (version, condition)
    assert schema.version(database) == version


# What is different


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("DROP TABLE currencies", "table currencies is missing"),
        ("ALTER TABLE tasks DROP COLUMN score", "column tasks.score is missing"),
        (
            "ALTER TABLE tasks MODIFY score varchar(10)",
            "column tasks.score has the type varchar(10) instead of int(11)",
        ),
        ("ALTER TABLE tasks MODIFY score int NOT NULL", "column tasks.score must not be NULL"),
        (
            "ALTER TABLE users ALTER role SET DEFAULT 'it''s'",
            "column users.role has the default \"it's\" instead of the default 'app-user'",
        ),
        ("ALTER TABLE tasks ALTER priority SET DEFAULT NULL", "column tasks.priority has no default instead of"),
        (
            "ALTER TABLE tasks MODIFY title mediumtext CHARACTER SET latin1 NOT NULL",
            "column tasks.title has the character set latin1",
        ),
        (
            "ALTER TABLE currencies MODIFY rate double DEFAULT 0",
            "column currencies.rate has the type double instead of float",
        ),
        (
            "ALTER TABLE actions ADD COLUMN theirs int NOT NULL",
            "column actions.theirs is in addition and must not be left out",
        ),
        ("ALTER TABLE users DROP INDEX users_username_idx", "table users has no unique key of (username)"),
        ("ALTER TABLE tasks DROP INDEX tasks_reference_idx", "table tasks has no index of (reference)"),
        (
            "ALTER TABLE subtasks DROP FOREIGN KEY subtasks_ibfk_1",
            "column subtasks.task_id has no foreign key to tasks.id with ON DELETE CASCADE",
        ),
        (
            "ALTER TABLE last_logins MODIFY id int(11) NOT NULL",
            "column last_logins.id is not numbered by AUTO_INCREMENT: Kanboard's inserts will fail",
        ),
    ],
)
def test_what_is_different_is_told(database: MysqlConnection, change: str, line: str) -> None:
    database.query(change)
    [found] = schema.differences(database)
    assert found.startswith(line)


def test_what_does_not_matter(database: MysqlConnection) -> None:
    for change in (
        "ALTER TABLE settings MODIFY value mediumtext",  # as in a database that is made of Kanboard's dump
        "ALTER TABLE tasks RENAME INDEX tasks_reference_idx TO other",
        "ALTER TABLE tasks ADD COLUMN theirs int",
        "CREATE TABLE theirs (id int)",
        "CREATE INDEX more ON tasks (title(20))",
    ):
        database.query(change)
    assert schema.differences(database) == schema.missing(database) == []


def test_a_table_without_transactions_is_told(database: MysqlConnection) -> None:
    database.query("ALTER TABLE currencies ENGINE=Aria")
    database.query("ALTER TABLE custom_filters DROP FOREIGN KEY custom_filters_ibfk_1")
    assert any("custom_filters" in line for line in schema.differences(database))
