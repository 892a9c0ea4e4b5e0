"""Who sees a comment, by role and visibility: the page's table, for every procedure."""

from __future__ import annotations

import itertools

import pytest
from tests.plugins.comments.conftest import PersonFactory

from kanboard_core.testing import Client, Forbidden, RunningServer

VISIBILITIES = ["app-user", "app-manager", "app-admin"]
#: what each application role sees
SEES = {
    "app-user": {"app-user"},
    "app-manager": {"app-user", "app-manager"},
    "app-admin": {"app-user", "app-manager", "app-admin"},
}


@pytest.mark.parametrize("role", SEES)
async def test_the_application_role_decides_whatever_the_role_in_the_project(
    application: Client, topic: int, person: PersonFactory, role: str
) -> None:
    for project_role in ("project-viewer", "project-member", "project-manager"):
        client = await person(f"a-{project_role}", role, project_role)
        writes = project_role != "project-viewer"
        seen = []
        for visibility, is_own in itertools.product(VISIBILITIES, (True, False)):
            created = await application.createComment(topic, client.id if is_own else 0, "before", "", visibility)
            if visibility in SEES[role]:
                seen.append(created)
                assert (await client.getComment(created))["visibility"] == visibility
                if writes:
                    assert await client.updateComment(created, "after") is is_own
            else:
                for procedure, *arguments in (
                    ("getComment", created),
                    ("updateComment", created, "after"),
                    ("updateComment", created, ""),
                    ("removeComment", created),
                ):
                    with pytest.raises(Forbidden):
                        await client.call(procedure, *arguments)
            comment = await application.getComment(created)
            changed = writes and is_own and visibility in SEES[role]
            assert comment["comment"] == ("after" if changed else "before")
        listed = [comment["id"] for comment in await client.getAllComments(topic)]
        assert listed == seen
        assert len(await application.getAllComments(topic)) == 6
        for comment_id in [comment["id"] for comment in await application.getAllComments(topic)]:
            await application.removeComment(comment_id)


async def test_the_role_of_now_counts(
    application: Client, server: RunningServer, topic: int, person: PersonFactory
) -> None:
    bob = await person("bob", "app-manager")
    created = await bob.createComment(topic, bob.id, "Hello", "", "app-manager")
    assert await bob.getComment(created)
    await application.updateUser(bob.id, None, None, None, "app-user")
    with pytest.raises(Forbidden):
        await bob.removeComment(created)
    assert await bob.getAllComments(topic) == []
    await application.updateUser(bob.id, None, None, None, "app-admin")
    assert await bob.removeComment(created) is True


async def test_what_nobody_knows_is_hidden_from_users(
    application: Client, server: RunningServer, topic: int, person: PersonFactory
) -> None:
    bob, mia = await person("bob", "app-user"), await person("mia", "app-manager")
    created = await application.createComment(topic, bob.id, "Hello")
    server.sql("UPDATE comments SET visibility = 'app-robot'")
    with pytest.raises(Forbidden):
        await bob.getComment(created)
    assert await bob.getAllComments(topic) == []
    assert (await mia.getComment(created))["visibility"] == "app-robot"
