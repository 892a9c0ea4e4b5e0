"""What becomes of a table of the outbox that an earlier release has made."""

from __future__ import annotations

import time

from kanboard_core.database.migrations import migrate
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, running
from kanboard_core.testing.databases import engine, execute
from kanboard_plugins.outbox.migrations import MIGRATIONS

_COLUMNS = 'id, kind, "key", payload, attempts, due_at, created_at'


async def test_messages_stay_and_no_id_is_used_again(database: Location, plugins: Plugins) -> None:
    execute(database, "DROP TABLE kanboard_server_outbox")
    execute(database, "DELETE FROM plugin_schema_versions WHERE plugin = 'kanboard-server:outbox'")
    migrate(engine(database), "outbox", MIGRATIONS[:1], ["kanboard_server_outbox"])
    rows = [(number, "bell", "one", "{}", 3, time.time() + 3600.123, 1_700_000_000) for number in (3, 7)]
    insert = f"INSERT INTO kanboard_server_outbox ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    for row in rows:
        execute(database, insert, *row)
    indexes = "SELECT name FROM sqlite_master WHERE tbl_name = 'kanboard_server_outbox' AND type = 'index'"
    on_sqlite = not isinstance(database, str)
    before = execute(database, indexes) if on_sqlite else None
    async with running(database, plugins=plugins, settings=["outbox.age_limit=1000000"]) as server:
        assert server.sql(f"SELECT {_COLUMNS} FROM kanboard_server_outbox ORDER BY id") == rows
        if on_sqlite:
            assert server.sql(indexes) == before
            server.sql("DELETE FROM kanboard_server_outbox")
            server.sql(insert.replace("id, ", "").replace("?, ", "", 1), *rows[0][1:])
            assert server.sql("SELECT id FROM kanboard_server_outbox") == [(8,)]
