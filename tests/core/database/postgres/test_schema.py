"""The schema of a database: making one, telling which one it has, comparing it with Kanboard's.

What Kanboard's tables are is read from the specification's own file, not from the facts that the server ships.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import bcrypt
import psycopg
import psycopg.rows
import pytest
from psycopg import errors
from tests.waiting import wait_until

from kanboard_core.database.postgres import schema
from kanboard_core.database.postgres.catalogue import Connection
from kanboard_core.database.schema import Condition, SchemaError
from kanboard_core.testing.postgres import new_database

SPEC: dict[str, Any] = json.loads((Path(__file__).parents[3] / "conformance/spec/schema.json").read_bytes())
TABLES: dict[str, Any] = SPEC["tables"]

# bcrypt of "admin" at its lowest cost, so that a test doesn't wait for it.
HASH = bcrypt.hashpw(b"admin", bcrypt.gensalt(4)).decode()


def connected(url: str, **parameters: str) -> Connection:
    """A connection as the engine's: in autocommit mode, statements are prepared at once."""
    return psycopg.connect(url, autocommit=True, prepare_threshold=0, **parameters)  # type: ignore[arg-type]


@pytest.fixture
def empty(empty_database: str) -> Iterator[Connection]:
    with connected(empty_database) as connection:
        yield connection


@pytest.fixture(scope="module")
def made(database_server: str) -> Iterator[Connection]:
    """A new database of Kanboard, which nobody changes."""
    with new_database(database_server) as url, connected(url) as connection:
        schema.create(connection, password_hash=HASH)
        yield connection


@pytest.fixture
def database(made: Connection) -> Iterator[Connection]:
    """A new database of Kanboard; what is changed in it is undone."""
    with made.transaction(force_rollback=True):
        yield made


@pytest.fixture
def role(empty: Connection) -> Iterator[str]:
    """A role that may do nothing in particular, in the empty database."""
    name = f"kanboard test {token_hex(8)}"
    empty.execute(f'CREATE ROLE "{name}"; REVOKE CREATE ON SCHEMA public FROM PUBLIC', prepare=False)
    yield name
    empty.execute(f'RESET ROLE; DROP OWNED BY "{name}"; DROP ROLE "{name}"', prepare=False)


def rows(connection: Connection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    return connection.execute(query, values or None).fetchall()


def value(connection: Connection, query: str) -> Any:
    ((found,),) = rows(connection, query)
    return found


# What a new database is


def test_it_has_the_tables_of_kanboard_and_no_other(made: Connection) -> None:
    names = rows(made, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")

    assert {name for (name,) in names} == TABLES.keys()


def test_its_columns_are_those_of_kanboard_in_the_same_order(made: Connection) -> None:
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
    for table, number, *column, expression in rows(
        made,
        "SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,"
        " pg_get_expr(d.adbin, d.adrelid) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 ORDER BY c.oid, a.attnum",
    ):
        default = expression if "nextval" in (expression or "") else value(made, f"SELECT {expression or 'NULL'}")
        found[table].append((*column, default))
        assert number == len(found[table])

    assert found == {name: list(expected_columns(table)) for name, table in TABLES.items()}


def expected_columns(table: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    columns = {column["name"]: column["postgres"] for column in table["columns"]}
    for name in table["column_order"]["postgres"]:
        column = columns[name]
        default = column["default"] or {"value": None}
        if sequence := default.get("sequence"):
            default = {"value": f"nextval('{sequence}'::regclass)"}
        yield name, column["type"], column["nullable"], default["value"]


def test_its_sequences_have_kanboards_names_and_belong_to_the_columns_they_number(made: Connection) -> None:
    found = rows(
        made,
        "SELECT c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, o.relname, a.attname"
        " FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid"
        " LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'"
        " LEFT JOIN pg_class o ON o.oid = d.refobjid"
        " LEFT JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.refobjsubid",
    )

    owners = {
        column["postgres"]["sequence"]: (name, column["name"])
        for name, table in TABLES.items()
        for column in table["columns"]
        if "sequence" in (column["postgres"] or {})
    }
    assert set(found) == {
        (sequence["name"], sequence["data_type"], sequence["start"], sequence["increment"], *owners[sequence["name"]])
        for sequence in SPEC["postgres_sequences"]
    }
    assert owners["task_has_subtasks_id_seq"] == ("subtasks", "id")
    assert owners["project_daily_summaries_id_seq"] == ("project_daily_column_stats", "id")


def test_its_keys_and_indexes_are_those_of_kanboard_by_name(empty: Connection) -> None:
    schema.create(empty, password_hash=HASH, indexes=False)

    found = rows(
        empty,
        "SELECT t.relname, c.relname, i.indisunique, k.contype::text,"
        " ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY n (number, place)"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.number ORDER BY n.place)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
        " LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u')"
        " WHERE c.relnamespace = 'public'::regnamespace",
    )

    assert sorted(found) == sorted(index for name, table in TABLES.items() for index in expected_indexes(name, table))


def expected_indexes(name: str, table: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    if key := table["primary_key"]["postgres"]:
        yield name, table["primary_key_name_postgres"], True, "p", key
    for index in table["unique"]["postgres"]:
        yield name, index["name"], True, "u" if index["kind"] == "constraint" else None, index["columns"]
    for index in table["indexes"]["postgres"]:
        yield name, index["name"], False, None, index["columns"]


def test_its_foreign_keys_are_those_of_kanboard_by_name(made: Connection) -> None:
    found = rows(
        made,
        "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'",
    )

    assert set(found) == {
        (
            key["name"],
            table,
            f"FOREIGN KEY ({bare(made, key['columns'][0])}) REFERENCES {bare(made, key['references']['table'])}"
            f"({key['references']['columns'][0]}) ON DELETE CASCADE",
        )
        for table, member in TABLES.items()
        for key in member["foreign_keys"]["postgres"]
    }


def bare(connection: Connection, name: str) -> str:
    """A name as PostgreSQL spells it."""
    return str(value(connection, f"SELECT quote_ident('{name}')"))


def test_its_rows_are_those_of_kanboard(made: Connection) -> None:
    settings = objects(made, "SELECT option, value, changed_by, changed_on FROM settings ORDER BY ctid")
    (admin,) = objects(made, "SELECT * FROM users")
    for setting in settings:
        if setting["option"] in ("api_token", "webhook_token"):
            assert len(bytes.fromhex(setting["value"])) == 30
            assert setting["value"] == setting["value"].lower()
            setting["value"] = "@random"
    admin["password"] = "@bcrypt(admin)"

    assert settings == SPEC["initial_rows"]["settings"]["rows"]
    assert admin == SPEC["initial_rows"]["users"]["postgres"]
    assert objects(made, "SELECT * FROM links ORDER BY id") == SPEC["initial_rows"]["links"]["postgres"]
    assert objects(made, "SELECT * FROM schema_version") == SPEC["initial_rows"]["schema_version"]["postgres"]
    for table in TABLES.keys() - {"settings", "users", "links", "schema_version"}:
        assert objects(made, f'SELECT * FROM "{table}"') == []


def objects(connection: Connection, query: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(query).fetchall()


def test_numbering_goes_on_after_the_first_rows(database: Connection) -> None:
    assert value(database, "INSERT INTO users (username) VALUES ('two') RETURNING id") == 2
    assert value(database, "INSERT INTO links (label) VALUES ('twelve') RETURNING id") == 12
    assert value(database, "INSERT INTO projects (name) VALUES ('one') RETURNING id") == 1


def test_the_administrator_is_admin_with_the_password_admin(empty: Connection) -> None:
    schema.create(empty, cost=4)

    hashed = value(empty, "SELECT password FROM users WHERE username = 'admin'")
    assert hashed.startswith("$2y$04$")
    assert bcrypt.checkpw(b"admin", hashed.encode())


def test_creating_answers_the_application_token(empty: Connection) -> None:
    token = schema.create(empty, password_hash=HASH)

    assert value(empty, "SELECT value FROM settings WHERE option = 'api_token'") == token
    assert value(empty, "SELECT value FROM settings WHERE option = 'webhook_token'") != token


# Indexes of our own


def own_indexes(connection: Connection) -> dict[str, str]:
    return dict(
        rows(
            connection,
            "SELECT indexname, regexp_replace(indexdef, '^.* ON public.', '') FROM pg_indexes"
            r" WHERE schemaname = 'public' AND indexname LIKE 'kanboard\_server\_%'",
        )
    )


def test_a_new_database_has_indexes_of_our_own_but_none_that_kanboard_has_itself(made: Connection) -> None:
    assert sorted(own_indexes(made).values()) == [
        "action_has_params USING btree (action_id)",
        "actions USING btree (project_id, event_name)",
        "project_activities USING btree (project_id, id)",
        "project_activities USING btree (task_id)",
        "project_has_files USING btree (path)",
        "project_has_files USING btree (project_id)",
        "subtask_time_tracking USING btree (subtask_id)",
        "subtasks USING btree (user_id)",
        "task_has_external_links USING btree (task_id)",
        "task_has_files USING btree (path)",
        "task_has_tags USING btree (task_id)",
        "tasks USING btree (owner_id, is_active)",
        "tasks USING btree (project_id, is_active, column_id, swimlane_id, score)",
    ]


def test_they_can_be_left_out_and_made_later(empty: Connection) -> None:
    schema.create(empty, password_hash=HASH, indexes=False)
    assert own_indexes(empty) == {}

    made = schema.create_indexes(empty)

    assert len(made) == 13
    assert own_indexes(empty).keys() == set(made)
    assert schema.create_indexes(empty) == []


# Where it is made


def test_it_is_made_in_the_schema_that_comes_first_in_the_search_path(empty: Connection) -> None:
    empty.execute('CREATE SCHEMA "Kan board"; CREATE TABLE public.users (id integer)', prepare=False)
    empty.execute("""SET search_path = nowhere, "Kan board", public""")
    assert schema.state(empty).condition is Condition.EMPTY

    schema.create(empty, password_hash=HASH)

    assert schema.version(empty) == 117
    assert schema.state(empty).condition is Condition.CURRENT
    assert schema.differences(empty) == schema.missing(empty) == []
    assert rows(empty, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("users",)]
    empty.execute("SET search_path = public")
    assert schema.version(empty) == 0
    assert schema.state(empty).condition is Condition.FOREIGN


def test_a_role_needs_nothing_but_the_right_to_make_tables(empty: Connection, role: str) -> None:
    empty.execute(f'GRANT CREATE ON SCHEMA public TO "{role}"; SET ROLE "{role}"', prepare=False)

    schema.create(empty, password_hash=HASH)

    assert schema.state(empty).condition is Condition.CURRENT
    assert schema.differences(empty) == []
    assert rows(empty, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == [(role,)]


def test_a_role_without_that_right_is_told_what_to_do(empty: Connection, role: str) -> None:
    empty.execute(f'SET ROLE "{role}"')

    with pytest.raises(SchemaError, match=f'GRANT CREATE ON SCHEMA "public" TO "{role}"'):
        schema.create(empty, password_hash=HASH)

    assert schema.state(empty).condition is Condition.EMPTY


def test_where_there_is_no_schema_it_is_refused(empty: Connection) -> None:
    empty.execute("SET search_path = nowhere")

    assert schema.state(empty).condition is Condition.EMPTY
    with pytest.raises(SchemaError, match=r"There is no schema that the role \w+ may use"):
        schema.create(empty, password_hash=HASH)


@contextmanager
def special_database(cluster: str, options: str) -> Iterator[Connection]:
    """A new database with other properties than those of the cluster."""
    name = f"kanboard_test_{token_hex(8)}"
    with connected(cluster) as administration:
        administration.execute(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
        try:
            with connected(cluster, dbname=name, client_encoding="UTF8") as connection:
                yield connection
        finally:
            administration.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_of_another_collation_serves_as_well(database_server: str) -> None:
    with special_database(database_server, "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'") as connection:
        schema.create(connection, password_hash=HASH)

        assert schema.state(connection).condition is Condition.CURRENT
        assert schema.differences(connection) == []


def test_a_database_of_another_encoding_is_refused(database_server: str) -> None:
    with special_database(database_server, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'") as connection:
        with pytest.raises(SchemaError, match="encoding of the database is LATIN1, and UTF8 is needed: make another"):
            schema.create(connection, password_hash=HASH)
        assert schema.state(connection).condition is Condition.EMPTY

        for command in (*schema.definitions(), "INSERT INTO schema_version VALUES (117)"):
            connection.execute(command)
        state = schema.state(connection)

    assert (state.condition, state.version) == (Condition.FOREIGN, 117)
    assert "encoding of the database is LATIN1, and UTF8 is needed" in state.message
    assert "restore a dump of this one" in state.message


# What is refused


@pytest.mark.parametrize(
    "something",
    [
        "CREATE TABLE recipes (title text)",
        "CREATE VIEW recipes AS SELECT 1 AS one",
        "CREATE MATERIALIZED VIEW recipes AS SELECT 1 AS one",
        "CREATE SEQUENCE users_id_seq",
    ],
)
def test_a_database_with_something_in_it_is_refused_and_left_alone(empty: Connection, something: str) -> None:
    empty.execute(something)
    names = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    before = rows(empty, names)

    with pytest.raises(SchemaError, match=r"^The database is not empty, so no new one can be made in it\.$"):
        schema.create(empty, password_hash=HASH)

    assert rows(empty, names) == before
    assert empty.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_database_of_kanboard_is_refused_too(made: Connection) -> None:
    before = rows(made, "SELECT * FROM settings")

    with pytest.raises(SchemaError, match="The database is not empty"):
        schema.create(made, password_hash=HASH)

    assert rows(made, "SELECT * FROM settings") == before


def test_tables_of_extensions_are_no_hindrance(empty: Connection) -> None:
    empty.execute("CREATE TABLE spatial_ref_sys (srid integer)")
    empty.execute("ALTER EXTENSION plpgsql ADD TABLE spatial_ref_sys")
    assert schema.state(empty).condition is Condition.EMPTY

    schema.create(empty, password_hash=HASH)

    assert schema.state(empty).condition is Condition.CURRENT


def test_a_name_that_is_taken_by_something_else_than_a_table_is_told(empty: Connection) -> None:
    empty.execute("CREATE TYPE users AS ENUM ('anna')")

    with pytest.raises(SchemaError, match='not empty, so no new one can be made in it: type "users" already exists'):
        schema.create(empty, password_hash=HASH)

    assert schema.state(empty).condition is Condition.EMPTY


def test_a_failure_leaves_the_database_empty(empty: Connection) -> None:
    # The tables are there before their indexes.
    empty.execute(
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'no index today'; END$$;"
        "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION refuse()",
        prepare=False,
    )

    with pytest.raises(errors.RaiseException, match="no index today"):
        schema.create(empty, password_hash=HASH)

    assert schema.state(empty).condition is Condition.EMPTY


# What others do at the same time


@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_of_several_that_start_at_once_one_makes_the_database(empty_database: str, isolation: str) -> None:
    together = threading.Barrier(4)

    def start(_: int) -> str:
        with connected(empty_database) as connection:
            connection.execute(f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {isolation}")
            together.wait(60)
            try:
                return schema.create(connection, password_hash=HASH)
            except SchemaError as error:
                return str(error)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(start, range(4)))

    assert answers.count("The database is not empty, so no new one can be made in it.") == 3
    with connected(empty_database) as connection:
        assert value(connection, "SELECT value FROM settings WHERE option = 'api_token'") in answers
        assert value(connection, "SELECT count(*) FROM users") == 1
        assert schema.differences(connection) == []


def test_whoever_meets_a_program_that_knows_no_lock_gives_way(empty: Connection, empty_database: str) -> None:
    with connected(empty_database) as stranger, ThreadPoolExecutor(1) as thread:
        with stranger.transaction():
            stranger.execute("CREATE TABLE schema_version (version integer)")
            answer = thread.submit(schema.create, empty, password_hash=HASH)
            wait_until_blocked(stranger, empty)

        with pytest.raises(SchemaError, match="not empty"):
            answer.result(60)

    assert rows(empty, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("schema_version",)]


def wait_until_blocked(by: Connection, connection: Connection) -> None:
    blocked = f"SELECT cardinality(pg_blocking_pids({connection.info.backend_pid})) > 0"
    wait_until(lambda: value(by, blocked))


# Which schema a database has


def test_nothing_is_empty(empty: Connection) -> None:
    assert schema.version(empty) == 0
    assert schema.state(empty).condition is Condition.EMPTY


def test_a_new_database_is_current(made: Connection) -> None:
    assert schema.version(made) == 117
    assert schema.state(made).condition is Condition.CURRENT
    assert schema.state(made).version == 117


def test_an_older_one_must_be_migrated_by_kanboard(database: Connection) -> None:
    database.execute("UPDATE schema_version SET version = 116")

    state = schema.state(database)

    assert (state.condition, state.version) == (Condition.OLDER, 116)
    assert "open it once with Kanboard 1.2.53, which will migrate it" in state.message
    assert schema.version(database) == 116


def test_a_newer_one_is_of_a_later_kanboard(database: Connection) -> None:
    database.execute("UPDATE schema_version SET version = 118")

    state = schema.state(database)

    assert (state.condition, state.version) == (Condition.NEWER, 118)
    assert "schema version 118 of a later Kanboard" in state.message


@pytest.mark.parametrize(
    "tables",
    [
        "CREATE TABLE recipes (title text)",
        "CREATE TABLE schema_version (version integer); INSERT INTO schema_version VALUES (117)",
        "CREATE TABLE schema_version (version text); INSERT INTO schema_version VALUES ('1.2'), (repeat('x', 5000))",
        "CREATE TABLE schema_version (number integer); INSERT INTO schema_version VALUES (117)",
        "CREATE TABLE schema_version (version integer)",
    ],
)
def test_tables_of_another_program_are_foreign(empty: Connection, tables: str) -> None:
    empty.execute(tables, prepare=False)

    state = schema.state(empty)

    assert state.condition is Condition.FOREIGN
    assert "belongs to another program" in state.message


@pytest.mark.parametrize(
    "loss",
    [
        "DELETE FROM schema_version",
        "UPDATE schema_version SET version = 0",
        "UPDATE schema_version SET version = NULL",
        "DROP TABLE schema_version",
        "ALTER TABLE schema_version ALTER version TYPE text",
    ],
)
def test_a_database_of_kanboard_that_lost_its_number_is_not_taken_for_an_empty_one(
    database: Connection, loss: str
) -> None:
    database.execute(loss)

    state = schema.state(database)

    assert (state.condition, state.version, schema.version(database)) == (Condition.FOREIGN, 0, 0)
    assert "write back the one it had (the only row of the table schema_version; 117 for" in state.message


@pytest.mark.parametrize("number", [116, 117, 118])
def test_a_second_number_is_refused_for_nobody_knows_which_one_is_read(database: Connection, number: int) -> None:
    database.execute(f"INSERT INTO schema_version VALUES ({number})")

    state = schema.state(database)

    assert (state.condition, state.version, schema.version(database)) == (Condition.FOREIGN, 0, 0)
    assert state.message == "The table schema_version has several rows: leave only the right one."


def test_a_number_that_may_not_be_read_is_the_callers_matter(empty: Connection, role: str) -> None:
    schema.create(empty, password_hash=HASH)
    empty.execute(f'SET ROLE "{role}"')

    for question in (schema.version, schema.state):
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table schema_version"):
            question(empty)


class Counted(psycopg.Cursor[Any]):
    """A cursor whose class counts what is executed."""

    count = 0

    def execute(self, *arguments: Any, **options: Any) -> Any:
        Counted.count += 1
        return super().execute(*arguments, **options)


def test_what_only_reads_asks_little(made: Connection) -> None:
    made.cursor_factory = Counted
    counts = {}
    for question in (schema.version, schema.state, schema.missing, schema.differences):
        Counted.count = 0
        question(made)
        counts[question.__name__] = Counted.count
    made.cursor_factory = psycopg.Cursor

    assert counts == {"version": 1, "state": 1, "missing": 1, "differences": 3}


def test_what_only_reads_does_so_without_writing(database: Connection) -> None:
    database.execute("SET TRANSACTION READ ONLY")

    assert schema.version(database) == 117
    assert schema.state(database).condition is Condition.CURRENT
    assert schema.missing(database) == schema.differences(database) == []


# What a database lacks


def test_a_new_database_lacks_nothing(made: Connection) -> None:
    assert schema.missing(made) == []


def test_tables_and_columns_that_a_database_lacks_are_named(database: Connection) -> None:
    database.execute("DROP TABLE currencies; ALTER TABLE tasks DROP COLUMN priority", prepare=False)

    assert schema.missing(database) == ["currencies", "tasks.priority"]


# Differences from Kanboard's schema


def test_a_new_database_has_no_differences(made: Connection) -> None:
    assert schema.differences(made) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("DROP TABLE currencies", "table currencies is missing"),
        ("ALTER TABLE currencies RENAME TO rates", "table currencies is missing"),
        ("ALTER TABLE currencies SET SCHEMA elsewhere", "table currencies is missing"),
        (
            "ALTER TABLE currencies RENAME TO rates; CREATE VIEW currencies AS SELECT * FROM rates",
            "table currencies is missing",
        ),
        ("ALTER TABLE tasks DROP COLUMN priority", "column tasks.priority is missing"),
        ("DROP INDEX users_username_idx", "table users has no unique key of (username)"),
        ("DROP INDEX subtasks_task_idx", "table subtasks has no index of (task_id)"),
        (
            "ALTER TABLE tags DROP CONSTRAINT tags_project_id_name_key",
            "table tags has no unique key of (project_id, name)",
        ),
        (
            "ALTER TABLE settings DROP CONSTRAINT settings_pkey",
            "table settings has the primary key () instead of (option)",
        ),
        (
            "ALTER TABLE comments DROP CONSTRAINT comments_task_id_fkey",
            "column comments.task_id has no foreign key to tasks.id with ON DELETE CASCADE",
        ),
        (
            "DROP SEQUENCE tags_id_seq CASCADE",
            "column tags.id is not numbered by a sequence: Kanboard's inserts will fail",
        ),
    ],
)
def test_what_is_missing_is_a_difference(database: Connection, change: str, difference: str) -> None:
    database.execute(f"CREATE SCHEMA elsewhere; {change}", prepare=False)

    assert schema.differences(database) == [difference]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            "ALTER TABLE tags ALTER name TYPE text",
            "column tags.name has the type text instead of character varying(255)",
        ),
        (
            "ALTER TABLE tags ALTER name TYPE varchar(100)",
            "column tags.name has the type character varying(100) instead of character varying(255)",
        ),
        ("ALTER TABLE tags ALTER name DROP NOT NULL", "column tags.name may be NULL"),
        ("ALTER TABLE tags ALTER color_id SET NOT NULL", "column tags.color_id must not be NULL"),
        (
            "ALTER TABLE links ALTER opposite_id DROP DEFAULT",
            "column links.opposite_id has no default instead of the default '0'",
        ),
        (
            "ALTER TABLE subtasks ALTER position SET DEFAULT 5",
            "column subtasks.position has the default '5' instead of the default '1'",
        ),
        (
            "ALTER TABLE tasks ALTER is_active SET DEFAULT false",
            "column tasks.is_active has the default 'false' instead of the default 'true'",
        ),
        (
            "ALTER TABLE users ALTER theme SET DEFAULT ''",
            "column users.theme has the default '' instead of the default 'light'",
        ),
        (
            "ALTER TABLE users ALTER theme SET DEFAULT '1.0'",
            "column users.theme has the default '1.0' instead of the default 'light'",
        ),
        (
            "ALTER TABLE tags ALTER color_id SET DEFAULT 'it''s::(red)'",
            'column tags.color_id has the default "it\'s::(red)" instead of no default',
        ),
        (
            "ALTER TABLE tags ALTER color_id SET DEFAULT lower('RED')",
            "column tags.color_id has the default \"lower('RED'::text)\" instead of no default",
        ),
        (
            "ALTER TABLE tags ALTER project_id SET DEFAULT nextval('tags_id_seq')",
            "column tags.project_id has the default \"nextval('tags_id_seq'::regclass)\" instead of no default",
        ),
        (
            """CREATE COLLATION one_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            ALTER TABLE tags ALTER color_id TYPE varchar(50) COLLATE one_case""",
            "column tags.color_id has a collation that takes different texts for the same",
        ),
        (
            """ALTER TABLE settings DROP CONSTRAINT settings_pkey;
            ALTER TABLE settings ADD PRIMARY KEY (option, changed_on)""",
            "table settings has the primary key (option, changed_on) instead of (option)",
        ),
        (
            """DROP INDEX users_username_idx; CREATE UNIQUE INDEX users_username_idx ON users (lower(username))""",
            "table users has no unique key of (username)",
        ),
        (
            "DROP INDEX users_username_idx; CREATE UNIQUE INDEX users_username_idx ON users (username, id)",
            "table users has no unique key of (username)",
        ),
        (
            "DROP INDEX users_username_idx; CREATE UNIQUE INDEX users_username_idx ON users (username) WHERE is_active",
            "table users has no unique key of (username)",
        ),
        (
            "DROP INDEX users_username_idx; CREATE UNIQUE INDEX users_username_idx ON users (username, lower(email))",
            "table users has no unique key of (username)",
        ),
        (
            # As it is left behind by a CREATE INDEX CONCURRENTLY that failed.
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_username_idx'::regclass",
            "table users has no unique key of (username)",
        ),
        (
            """DROP INDEX users_username_idx;
            ALTER TABLE users ADD UNIQUE (username) DEFERRABLE INITIALLY DEFERRED""",
            "table users has no unique key of (username)",
        ),
        (
            """ALTER TABLE comments DROP CONSTRAINT comments_task_id_fkey;
            ALTER TABLE comments ADD FOREIGN KEY (task_id) REFERENCES tasks (id)""",
            "column comments.task_id has no foreign key to tasks.id with ON DELETE CASCADE",
        ),
        (
            """ALTER TABLE comments DROP CONSTRAINT comments_task_id_fkey;
            ALTER TABLE tasks ADD UNIQUE (id, owner_id);
            ALTER TABLE comments ADD FOREIGN KEY (task_id, user_id)
            REFERENCES tasks (id, owner_id) ON DELETE CASCADE""",
            "column comments.task_id has no foreign key to tasks.id with ON DELETE CASCADE",
        ),
        (
            """ALTER TABLE comments DROP CONSTRAINT comments_task_id_fkey;
            CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.tasks (id integer PRIMARY KEY);
            ALTER TABLE comments ADD FOREIGN KEY (task_id) REFERENCES elsewhere.tasks (id) ON DELETE CASCADE""",
            "column comments.task_id has no foreign key to tasks.id with ON DELETE CASCADE",
        ),
    ],
)
def test_what_is_otherwise_is_a_difference(database: Connection, change: str, difference: str) -> None:
    database.execute(change, prepare=False)

    assert schema.differences(database) == [difference]


@pytest.mark.parametrize(
    "addition",
    [
        "CREATE TABLE plugin_notes (text text NOT NULL)",
        "CREATE VIEW plugin_view AS SELECT id FROM tasks",
        "CREATE INDEX plugin_idx ON tasks (lower(title))",
        "ALTER TABLE tasks ADD plugin_state text",
        "ALTER TABLE tasks ADD plugin_state text NOT NULL DEFAULT 'new'",
        "ALTER TABLE tasks ADD plugin_number serial",
        "ALTER TABLE tasks ADD plugin_number integer GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE tasks ADD plugin_sum integer NOT NULL GENERATED ALWAYS AS (score + priority) STORED",
    ],
)
def test_what_plugins_add_is_no_difference(database: Connection, addition: str) -> None:
    database.execute(addition)

    assert schema.differences(database) == []


def test_an_added_column_that_inserts_of_kanboard_would_miss_is_one(database: Connection) -> None:
    database.execute("ALTER TABLE tags ADD plugin_owner integer NOT NULL")

    assert schema.differences(database) == [
        "column tags.plugin_owner is in addition and must not be left out: Kanboard's inserts will fail"
    ]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER INDEX users_username_idx RENAME TO another_name",
        "DROP INDEX users_username_idx; ALTER TABLE users ADD CONSTRAINT another_name UNIQUE (username)",
        "DROP INDEX users_username_idx; CREATE UNIQUE INDEX another_name ON users (username) INCLUDE (email)",
        "ALTER TABLE comments RENAME CONSTRAINT comments_task_id_fkey TO another_name",
        "ALTER SEQUENCE tags_id_seq RENAME TO another_name",
        "ALTER SEQUENCE tags_id_seq AS bigint",
        "ALTER TABLE tags ALTER id DROP DEFAULT; ALTER TABLE tags ALTER id ADD GENERATED BY DEFAULT AS IDENTITY",
    ],
)
def test_names_and_ways_do_not_matter(database: Connection, change: str) -> None:
    database.execute(change, prepare=False)

    assert schema.differences(database) == []


@pytest.mark.parametrize(
    ("column", "default"),
    [
        ("comments.reference", "''::character varying"),
        ("tags.color_id", "NULL::character varying"),
        ("links.opposite_id", "'0'"),
        ("projects.priority_end", "(3)::bigint"),
        ("tasks.time_spent", "0.0"),
        ("tasks.time_spent", "('0'::text)::double precision"),
        ("tasks.time_spent", "0.00::numeric"),
        ("tasks.is_active", "'yes'"),
        ("users.role", "('app-user'::character varying)::text"),
    ],
)
def test_spellings_of_defaults_do_not_matter(database: Connection, column: str, default: str) -> None:
    table, name = column.split(".")
    database.execute(f"ALTER TABLE {table} ALTER {name} SET DEFAULT {default}")

    assert schema.differences(database) == []
