"""The schema of a database: making one, telling which one it has, comparing it with Kanboard's.

What Kanboard's tables are is read from the specification's own file, not from the facts that the server ships.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from kanboard_core.database.facts import Column, Facts, ForeignKey, Index, Table, facts
from kanboard_core.database.schema import INDEXES, KANBOARD_VERSION, SCHEMA_VERSION, Condition, SchemaError
from kanboard_core.database.sqlite import schema

SPEC: dict[str, Any] = json.loads((Path(__file__).parents[3] / "conformance/spec/schema.json").read_bytes())
TABLES = {name: table for name, table in SPEC["tables"].items() if name != "schema_version"}  # not on SQLite
ENGINES = ("sqlite", "postgres", "mysql")

# bcrypt of "admin" at its lowest cost, so that a test doesn't wait for it.
HASH = bcrypt.hashpw(b"admin", bcrypt.gensalt(4)).decode()

Rows = list[tuple[Any, ...]]


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


@pytest.fixture
def database(empty: sqlite3.Connection) -> sqlite3.Connection:
    schema.create(empty, password_hash=HASH)
    return empty


def literal(default: dict[str, Any] | None) -> str | None:
    """A default of the specification as SQLite spells it; an explicit NULL is the same as none."""
    value = default["value"] if default else None
    return f"'{value}'" if isinstance(value, str) else None if value is None else str(value)


# What a new database is


def test_it_has_the_tables_of_kanboard_and_no_other(database: sqlite3.Connection) -> None:
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()

    assert {name for (name,) in names} == TABLES.keys()


@pytest.mark.parametrize("table", TABLES)
def test_its_columns_are_those_of_kanboard_in_the_same_order(database: sqlite3.Connection, table: str) -> None:
    rows = database.execute('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', [table])

    assert rows.fetchall() == list(expected_columns(TABLES[table]))


def expected_columns(table: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    columns = {column["name"]: column["sqlite"] for column in table["columns"]}
    key = table["primary_key"]["sqlite"]
    for name in table["column_order"]["sqlite"]:
        column = columns[name]
        # SQLite doesn't say NOT NULL of a column that is the row's own number.
        not_null = not column["nullable"] and "auto_increment" not in column
        position = key.index(name) + 1 if name in key else 0
        yield name, column["type"], int(not_null), literal(column["default"]), position


@pytest.mark.parametrize("table", TABLES)
def test_its_unique_keys_and_indexes_are_those_of_kanboard(empty: sqlite3.Connection, table: str) -> None:
    schema.create(empty, password_hash=HASH, indexes=False)

    rows = empty.execute(
        "SELECT i.name, i.\"unique\", i.origin, group_concat(c.name || ' ' || c.coll, ', ')"
        " FROM pragma_index_list(?) i, pragma_index_xinfo(i.name) c WHERE c.key GROUP BY i.seq",
        [table],
    ).fetchall()
    found = {(None if name.startswith("sqlite_") else name, *rest) for name, *rest in rows if rest[1] != "pk"}

    assert found == set(expected_indexes(TABLES[table]))


def expected_indexes(table: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for unique, indexes in ((1, table["unique"]["sqlite"]), (0, table["indexes"]["sqlite"])):
        for index in indexes:
            collations = index.get("collations") or ["BINARY"] * len(index["columns"])
            columns = ", ".join(f"{name} {way}" for name, way in zip(index["columns"], collations, strict=True))
            yield index["name"], unique, "u" if index.get("kind") == "constraint" else "c", columns


@pytest.mark.parametrize("table", TABLES)
def test_its_foreign_keys_are_those_of_kanboard(database: sqlite3.Connection, table: str) -> None:
    rows = database.execute(
        'SELECT "from", "table", "to", on_delete, on_update FROM pragma_foreign_key_list(?)', [table]
    ).fetchall()

    assert set(rows) == {
        (*key["columns"], key["references"]["table"], *key["references"]["columns"], key["on_delete"], key["on_update"])
        for key in TABLES[table]["foreign_keys"]["sqlite"]
    }


@pytest.mark.parametrize("table", TABLES)
def test_texts_ignore_case_in_the_columns_where_they_do_in_kanboard(database: sqlite3.Connection, table: str) -> None:
    expected = {c["name"]: c["sqlite"]["collation"] for c in TABLES[table]["columns"] if "collation" in c["sqlite"]}

    # An index takes over the collation of the column it is made of.
    for name in TABLES[table]["column_order"]["sqlite"]:
        database.execute(f'CREATE INDEX probe ON "{table}" ("{name}")')
        ((collation,),) = database.execute("SELECT coll FROM pragma_index_xinfo('probe') WHERE key")
        database.execute("DROP INDEX probe")
        assert collation == expected.get(name, "BINARY"), name


def test_tables_are_ordinary_ones(database: sqlite3.Connection) -> None:
    for (sql,) in database.execute("SELECT sql FROM sqlite_master WHERE type = 'table'"):
        assert "AUTOINCREMENT" not in sql
        assert sql.endswith(")")  # neither STRICT nor WITHOUT ROWID
    assert database.execute("PRAGMA application_id").fetchone() == (0,)
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_it_has_the_schema_version_of_kanboard(database: sqlite3.Connection) -> None:
    assert schema.version(database) == 128
    assert {engine: facts["schema_version"] for engine, facts in SPEC["engines"].items()} == SCHEMA_VERSION
    assert SPEC["kanboard_version"] == KANBOARD_VERSION


# Its first rows


def test_it_has_the_first_rows_of_kanboard(database: sqlite3.Connection) -> None:
    def rows(table: str) -> list[dict[str, Any]]:
        cursor = database.execute(f'SELECT * FROM "{table}" ORDER BY rowid')
        return [dict(zip([column[0] for column in cursor.description], row, strict=True)) for row in cursor]

    settings, (admin,) = rows("settings"), rows("users")
    for setting in settings:
        if setting["option"] in ("api_token", "webhook_token"):
            assert len(bytes.fromhex(setting["value"])) == 30
            assert setting["value"] == setting["value"].lower()
            setting["value"] = "@random"
    admin["password"] = "@bcrypt(admin)"

    assert settings == SPEC["initial_rows"]["settings"]["rows"]
    assert admin == SPEC["initial_rows"]["users"]["sqlite"]
    assert rows("links") == SPEC["initial_rows"]["links"]["sqlite"]
    for table in TABLES.keys() - {"settings", "users", "links"}:
        assert rows(table) == []


def test_the_administrator_is_admin_with_the_password_admin(empty: sqlite3.Connection) -> None:
    schema.create(empty, cost=4)

    (hashed,) = empty.execute("SELECT password FROM users WHERE username = 'admin'").fetchone()
    assert hashed.startswith("$2y$04$")
    assert bcrypt.checkpw(b"admin", hashed.encode())


def test_the_hash_costs_what_kanboards_does_unless_told_otherwise(empty: sqlite3.Connection) -> None:
    schema.create(empty)

    (hashed,) = empty.execute("SELECT password FROM users").fetchone()
    assert hashed.startswith("$2y$10$")


def test_creating_answers_the_application_token(empty: sqlite3.Connection) -> None:
    token = schema.create(empty, password_hash=HASH)

    assert empty.execute("SELECT value FROM settings WHERE option = 'api_token'").fetchone() == (token,)
    assert empty.execute("SELECT value FROM settings WHERE option = 'webhook_token'").fetchone() != (token,)


def test_two_databases_have_different_tokens() -> None:
    one, other = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")

    assert schema.create(one, password_hash=HASH) != schema.create(other, password_hash=HASH)

    one.close()
    other.close()


# Indexes of our own


def own_indexes(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    rows = connection.execute(
        "SELECT m.name, m.tbl_name, group_concat(i.name, ', ') FROM sqlite_master m, pragma_index_info(m.name) i"
        " WHERE m.type = 'index' AND m.name LIKE 'kanboard\\_server\\_%' ESCAPE '\\' GROUP BY m.name"
    )
    return {name: (table, columns) for name, table, columns in rows}


def test_a_new_database_has_indexes_of_our_own_for_the_queries_that_need_them(database: sqlite3.Connection) -> None:
    assert sorted(own_indexes(database).values()) == [
        ("action_has_params", "action_id"),
        ("actions", "project_id, event_name"),
        ("comments", "task_id"),
        ("project_activities", "project_id, id"),
        ("project_activities", "task_id"),
        ("project_has_files", "path"),
        ("project_has_files", "project_id"),
        ("subtask_time_tracking", "subtask_id"),
        ("subtasks", "user_id"),
        ("task_has_external_links", "task_id"),
        ("task_has_files", "path"),
        ("task_has_tags", "task_id"),
        ("tasks", "owner_id, is_active"),
        ("tasks", "project_id, is_active, column_id, swimlane_id, score"),
    ]


def test_they_can_be_left_out_and_made_later(empty: sqlite3.Connection) -> None:
    schema.create(empty, password_hash=HASH, indexes=False)
    assert own_indexes(empty) == {}

    assert schema.create_indexes(empty) == list(INDEXES)
    assert own_indexes(empty).keys() == INDEXES.keys()
    assert schema.create_indexes(empty) == []


# What is refused


def test_a_database_with_tables_is_refused_and_left_alone(empty: sqlite3.Connection) -> None:
    empty.execute("CREATE TABLE recipes (title TEXT)")

    with pytest.raises(SchemaError, match="The database is not empty"):
        schema.create(empty, password_hash=HASH)

    assert empty.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    assert not empty.in_transaction


def test_a_database_of_kanboard_is_refused_too(database: sqlite3.Connection) -> None:
    with pytest.raises(SchemaError, match="The database is not empty"):
        schema.create(database, password_hash=HASH)


def test_a_failure_leaves_the_database_empty(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA max_page_count = 40")

    with pytest.raises(sqlite3.OperationalError, match="full"):
        schema.create(connection, password_hash=HASH)

    assert schema.state(connection).condition is Condition.EMPTY
    connection.close()


def test_the_second_of_two_that_create_the_same_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite"
    first, second = (sqlite3.connect(file, isolation_level=None) for _ in range(2))
    schema.create(first, password_hash=HASH)

    with pytest.raises(SchemaError):
        schema.create(second, password_hash=HASH)

    first.close()
    second.close()


# Which schema a database has


def test_nothing_is_empty(empty: sqlite3.Connection) -> None:
    assert schema.version(empty) == 0
    assert schema.state(empty).condition is Condition.EMPTY


def test_a_new_database_is_current(database: sqlite3.Connection) -> None:
    assert schema.state(database).condition is Condition.CURRENT
    assert schema.state(database).version == 128


def test_an_older_one_must_be_migrated_by_kanboard(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA user_version = 127")

    state = schema.state(database)

    assert (state.condition, state.version) == (Condition.OLDER, 127)
    assert "open it once with Kanboard 1.2.53, which will migrate it" in state.message


def test_a_newer_one_is_of_a_later_kanboard(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA user_version = 129")

    state = schema.state(database)

    assert (state.condition, state.version) == (Condition.NEWER, 129)
    assert "schema version 129 of a later Kanboard" in state.message


@pytest.mark.parametrize("number", [0, 3, 128])
def test_tables_of_another_program_are_foreign_whatever_the_number(empty: sqlite3.Connection, number: int) -> None:
    empty.execute("CREATE TABLE recipes (title TEXT)")
    empty.execute(f"PRAGMA user_version = {number}")

    state = schema.state(empty)

    assert (state.condition, state.version) == (Condition.FOREIGN, number)
    assert "belongs to another program" in state.message


def test_a_number_without_tables_is_foreign(empty: sqlite3.Connection) -> None:
    empty.execute("PRAGMA user_version = 128")

    assert schema.state(empty).condition is Condition.FOREIGN


def test_a_database_of_kanboard_that_lost_its_number_is_not_taken_for_an_empty_one(
    database: sqlite3.Connection,
) -> None:
    database.execute("PRAGMA user_version = 0")

    state = schema.state(database)

    assert state.condition is Condition.FOREIGN
    assert "write back the one it had" in state.message


def test_a_file_that_is_no_database_is_the_callers_matter(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite"
    file.write_text("This is a letter, not a database. " * 50)
    connection = sqlite3.connect(file, isolation_level=None)

    for question in (schema.version, schema.state, schema.differences, schema.create):
        with pytest.raises(sqlite3.DatabaseError, match="file is not a database"):
            question(connection)

    assert file.read_text().startswith("This is a letter")
    connection.close()


# Differences from Kanboard's schema


def test_a_new_database_has_no_differences(database: sqlite3.Connection) -> None:
    assert schema.differences(database) == []


def test_differences_are_found_without_writing(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA query_only = ON")

    assert schema.differences(database) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("DROP TABLE currencies", "table currencies is missing"),
        ("ALTER TABLE tasks DROP COLUMN priority", "column tasks.priority is missing"),
        ("DROP INDEX users_username_idx", "table users has no unique key of (username)"),
        ("DROP INDEX subtasks_task_idx", "table subtasks has no index of (task_id)"),
    ],
)
def test_what_is_missing_is_a_difference(database: sqlite3.Connection, change: str, difference: str) -> None:
    database.execute(change)

    assert schema.differences(database) == [difference]


@pytest.mark.parametrize(
    ("table", "before", "after", "difference"),
    [
        ("tags", '"name" TEXT', '"name" BLOB', "column tags.name has the type BLOB instead of TEXT"),
        ("tags", '"name" TEXT NOT NULL', '"name" TEXT', "column tags.name may be NULL"),
        ("tags", '"color_id" TEXT', '"color_id" TEXT NOT NULL', "column tags.color_id must not be NULL"),
        (
            "links",
            '"opposite_id" INTEGER DEFAULT 0',
            '"opposite_id" INTEGER',
            "column links.opposite_id has no default instead of the default '0'",
        ),
        (
            "subtasks",
            '"position" INTEGER DEFAULT 1',
            '"position" INTEGER DEFAULT 5',
            "column subtasks.position has the default '5' instead of the default '1'",
        ),
        ("subtasks", " COLLATE NOCASE", "", "column subtasks.title compares bytes"),
        ("tags", '"color_id" TEXT', '"color_id" TEXT COLLATE NOCASE', "column tags.color_id ignores case"),
        ("tags", ', UNIQUE ("project_id", "name")', "", "table tags has no unique key of (project_id, name)"),
        (
            "settings",
            ', PRIMARY KEY ("option")',
            "",
            "table settings has the primary key () instead of (option)",
        ),
        (
            "comments",
            " ON DELETE CASCADE",
            "",
            "column comments.task_id has no foreign key to tasks.id with ON DELETE CASCADE",
        ),
    ],
)
def test_what_is_otherwise_is_a_difference(
    database: sqlite3.Connection, table: str, before: str, after: str, difference: str
) -> None:
    remake(database, table, before, after)

    assert schema.differences(database) == [difference]


def remake(connection: sqlite3.Connection, table: str, before: str, after: str) -> None:
    """Make a table and its indexes again, with another definition."""
    connection.execute("PRAGMA foreign_keys = OFF")
    definitions = [
        sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql > ''", [table])
    ]
    assert before in definitions[0]
    connection.execute(f"DROP TABLE {table}")
    connection.execute(definitions[0].replace(before, after))
    for index in definitions[1:]:
        connection.execute(index)


@pytest.mark.parametrize(
    "addition",
    [
        "CREATE TABLE plugin_notes (text TEXT)",
        "CREATE INDEX plugin_idx ON tasks (reference)",
        "ALTER TABLE tasks ADD COLUMN plugin_state TEXT",
        "ALTER TABLE tasks ADD COLUMN plugin_state TEXT NOT NULL DEFAULT 'new'",
    ],
)
def test_what_plugins_add_is_no_difference(database: sqlite3.Connection, addition: str) -> None:
    database.execute(addition)

    assert schema.differences(database) == []


def test_an_added_column_that_inserts_of_kanboard_would_miss_is_one(database: sqlite3.Connection) -> None:
    remake(database, "tags", '"color_id" TEXT', '"color_id" TEXT, "plugin_owner" INTEGER NOT NULL')

    assert schema.differences(database) == [
        "column tags.plugin_owner is in addition and must not be left out: Kanboard's inserts will fail"
    ]


def test_names_of_indexes_and_spellings_of_defaults_do_not_matter(database: sqlite3.Connection) -> None:
    database.execute("DROP INDEX users_username_idx")
    database.execute("CREATE UNIQUE INDEX another_name ON users (username)")
    remake(database, "links", "DEFAULT 0", "DEFAULT '0'")
    remake(database, "tags", '"color_id" TEXT', '"color_id" text DEFAULT NULL')
    remake(database, "groups", '"name" TEXT NOCASE', '"name" text nocase')

    assert schema.differences(database) == []


def test_an_index_of_some_rows_only_does_not_count(database: sqlite3.Connection) -> None:
    database.execute("DROP INDEX users_username_idx")
    database.execute("CREATE UNIQUE INDEX users_username_idx ON users (username) WHERE is_active")

    assert schema.differences(database) == ["table users has no unique key of (username)"]


# The facts that are shipped


@pytest.mark.parametrize("engine", ENGINES)
def test_the_facts_say_what_the_specification_says(engine: str) -> None:
    found: Facts = facts(engine)

    assert found.tables == {
        name: specified(name, table, engine)
        for name, table in SPEC["tables"].items()
        if table["primary_key"][engine] is not None
    }
    initial = SPEC["initial_rows"]
    assert found.rows["settings"] == initial["settings"]["rows"]
    assert found.rows["links"] == initial["links"][engine]
    assert found.rows["users"] == [initial["users"][engine]]
    if engine != "sqlite":
        assert found.rows["schema_version"] == initial["schema_version"][engine]


def specified(name: str, table: dict[str, Any], engine: str) -> Table:
    columns = {column["name"]: column[engine] for column in table["columns"]}
    collation = table["mysql_options"]["collation"]
    return Table(
        name=name,
        columns={column: specified_column(column, columns[column]) for column in table["column_order"][engine]},
        primary_key=tuple(table["primary_key"][engine]),
        primary_key_name=table.get("primary_key_name_postgres") if engine == "postgres" else None,
        unique=tuple(specified_index(index) for index in table["unique"][engine]),
        indexes=tuple(specified_index(index) for index in table["indexes"][engine]),
        foreign_keys=tuple(specified_foreign_key(key) for key in table["foreign_keys"][engine]),
        collation=collation if engine == "mysql" and collation != "utf8mb4_unicode_ci" else None,
    )


def specified_column(name: str, column: dict[str, Any]) -> Column:
    return Column(
        name=name,
        type=column["type"],
        nullable=column["nullable"],
        default=(column["default"] or {}).get("value"),
        generated="auto_increment" in column or "sequence" in column,
        sequence=column.get("sequence"),
        collation=column.get("collation"),
    )


def specified_foreign_key(key: dict[str, Any]) -> ForeignKey:
    (column,), (referred,) = key["columns"], key["references"]["columns"]
    assert key["on_delete"] == "CASCADE"
    return ForeignKey(key["name"], column, key["references"]["table"], referred)


def specified_index(index: dict[str, Any]) -> Index:
    constraint = index.get("kind") == "constraint"
    return Index(index["name"], tuple(index["columns"]), tuple(index.get("collations", ())), constraint)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_stands_after_those_it_refers_to(engine: str) -> None:
    seen: set[str] = set()
    for table in facts(engine).tables.values():
        assert {key.table for key in table.foreign_keys} <= seen
        seen.add(table.name)


def test_the_facts_are_not_loaded_to_serve_an_existing_database(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite"
    with sqlite3.connect(file) as connection:
        schema.create(connection, password_hash=HASH)
    connection.close()

    program = (
        "import sqlite3, sys; from kanboard_core.database.sqlite import schema\n"
        "print(schema.state(sqlite3.connect(sys.argv[1])).condition.value)\n"
        "print('kanboard_core.database.facts' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", program, file], capture_output=True, text=True, check=True).stdout

    assert output.split() == ["current", "False"]
