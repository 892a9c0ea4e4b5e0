"""The table of notes: made step by step, and as the model describes it."""

from __future__ import annotations

from contextlib import closing

import pytest
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, RunningServer, running

from kanboard_notebook import migrations
from kanboard_notebook.models import Note


async def test_the_table_is_as_the_model_describes_it(server: RunningServer) -> None:
    with closing(server.server.database.engine.session(writable=False)) as session, session.work(0) as transaction:
        columns = [column.name for column in transaction.database.get_columns("notebook_notes")]
    assert columns == [field.column_name for field in Note._meta.sorted_fields]


async def test_notes_of_the_first_release_are_kept(
    database: Location, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        async with running(database, plugins=plugins) as server:
            project_id = await server.client().createProject("Moving")
            task_id = await server.client().createTask("Pack", project_id)
            server.sql("INSERT INTO notebook_notes (task_id, content, created_at) VALUES (?, 'Buy boxes', 1)", task_id)
    async with running(database, plugins=plugins) as server:
        [note] = await server.client().getNotebookNotes(task_id)
        assert (note["content"], note["created_at"], note["published_at"]) == ("Buy boxes", 1, None)
