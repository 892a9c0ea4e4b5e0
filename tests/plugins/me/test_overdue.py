"""Tasks of the caller's own whose due date has passed."""

from __future__ import annotations

import pytest

from kanboard_core.testing import AccountFactory, Client, Forbidden, IdFactory, RunningServer


async def test_only_open_tasks_of_active_projects_that_are_ones_own(
    server: RunningServer, application: Client, account: AccountFactory, project: IdFactory
) -> None:
    bob = await account("bob")
    project_id = await project("Work", members={bob: "project-member"})
    closed = await project("Closed")
    tasks = [await application.createTask(f"Task {number}", project_id) for number in range(4)]
    tasks.append(await application.createTask("Another", project_id))
    tasks.append(await application.createTask("Elsewhere", closed))
    server.sql("UPDATE tasks SET date_due = 1000000000, owner_id = ? WHERE id <> ?", bob.id, tasks[4])
    server.sql("UPDATE tasks SET date_due = 1000000000 WHERE id = ?", tasks[4])
    server.sql("UPDATE tasks SET date_due = 0 WHERE id = ?", tasks[1])
    server.sql("UPDATE tasks SET date_due = 4000000000 WHERE id = ?", tasks[2])
    await application.closeTask(tasks[3])
    assert [task["id"] for task in await bob.getMyOverdueTasks()] == [tasks[0], tasks[5]]
    await application.disableProject(closed)
    await application.removeProjectUser(project_id, bob.id)
    found = await bob.getMyOverdueTasks()
    assert found == [task for task in await application.getOverdueTasks() if task["owner_id"] == bob.id]
    assert [task["id"] for task in found] == [tasks[0]]
    with pytest.raises(Forbidden):
        await application.getMyOverdueTasks()
