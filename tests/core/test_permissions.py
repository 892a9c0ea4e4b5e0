"""Who may call what: the declarations against the facts, and how a role in a project is found."""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.database import param, statement
from kanboard_core.models import Project
from kanboard_core.permissions import (
    ADMINISTRATORS,
    ANYONE,
    MANAGERS,
    PROJECT,
    PROJECTS,
    USERS,
    Access,
    ApplicationRole,
    Scope,
    has_application_role,
    has_project_role,
    highest_project_role,
    managers,
    members,
    viewers,
)
from kanboard_core.permissions import ProjectRole as Role
from kanboard_core.procedures import Procedure
from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer

_FACTS = Path(__file__).parent.parent / "conformance" / "spec"
SIGNATURES: dict[str, Any] = json.loads((_FACTS / "procedures.json").read_text(encoding="utf-8"))
RULES: dict[str, Any] = json.loads((_FACTS / "permissions.json").read_text(encoding="utf-8"))

MakeAccount = Callable[..., Awaitable[Client]]

#: the way from some other thing to its project
TO_TASK = Scope("task_id", statement(Project.select(Project.id).where(Project.id == param("value"))))

KNOWN_ROLES = [role.value for role in Role]


class TestDeclarations:
    """What the built-in procedures declare is what the facts say."""

    def test_signatures(self, server: RunningServer) -> None:
        declared = {procedure.name: _signature(procedure) for procedure in _built_in(server)}
        assert declared == {name: _recorded_signature(name) for name in declared}

    def test_access_rules(self, server: RunningServer) -> None:
        declared = {procedure.name: _rule(procedure) for procedure in _built_in(server)}
        assert declared == {name: _recorded_rule(name) for name in declared}

    def test_every_procedure_says_what_its_caller_gets(self, server: RunningServer) -> None:
        assert [procedure.name for procedure in server.server.registry if not procedure.documentation] == []

    def test_every_procedure_is_served_and_none_is_made_up(self, server: RunningServer) -> None:
        assert {procedure.name for procedure in _built_in(server)} == SIGNATURES.keys() == RULES.keys()
        assert len(SIGNATURES) == 160


def _built_in(server: RunningServer) -> list[Procedure]:
    """The procedures of Kanboard's own groups; ``rpc.discover`` and the like are the server's."""
    found = [procedure for procedure in server.server.registry if not procedure.name.startswith("rpc.")]
    assert found
    return found


def _signature(procedure: Procedure) -> list[tuple[str, bool, str]]:
    return [
        (parameter.name, parameter.required, json.dumps(None if parameter.required else parameter.default))
        for parameter in procedure.parameters.all
    ]


def _recorded_signature(name: str) -> list[tuple[str, bool, str]]:
    return [(fact["name"], fact["required"], json.dumps(fact["default"])) for fact in SIGNATURES[name]["params"]]


def _rule(procedure: Procedure) -> dict[str, Any]:
    access = procedure.access
    return {
        "application role": access.application_role.value,
        "users only": access.users_only,
        "project role": access.project_role.value if access.project_role else None,
        "first scope": access.scopes[0].argument if access.scopes else None,
    }


def _recorded_rule(name: str) -> dict[str, Any]:
    """A further scope ("task_id, then project_id") may be checked by the procedure itself, after rules of its own."""
    fact = RULES[name]
    first = "id" if "called id" in fact["notes"] else (fact["scope"] or "").partition(",")[0] or None
    return {
        "application role": fact["app_role"],
        "users only": fact["user_only"],
        "project role": fact["project_role"],
        "first scope": first,
    }


class TestRulesInWords:
    """What documents and the command line say of a rule."""

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            (ANYONE, "the application and every user"),
            (USERS, "users only"),
            (MANAGERS, "the application, managers and administrators"),
            (ADMINISTRATORS, "the application and administrators"),
            (Access(ApplicationRole.MANAGER, users_only=True), "managers and administrators only"),
            (viewers(), "the application, and viewers, members and managers of the project `project_id`"),
            (members(TO_TASK), "the application, and members and managers of the project of `task_id`"),
            (managers(TO_TASK.named("id")), "the application, and managers of the project of `id`"),
            (viewers(PROJECTS), "the application, and viewers, members and managers of every project in `project_ids`"),
            (
                members(PROJECT, TO_TASK),
                "the application, and members and managers of the project `project_id` and of the project of `task_id`",
            ),
            (
                Access(users_only=True, project_role=Role.MANAGER, scopes=(PROJECT,)),
                "managers of the project `project_id` only",
            ),
            (
                Access(ApplicationRole.ADMIN, project_role=Role.MEMBER, scopes=(PROJECT,)),
                "the application, and administrators who are members or managers of the project `project_id`",
            ),
        ],
    )
    def test_a_rule(self, rule: Access, words: str) -> None:
        assert rule.in_words == words

    def test_the_words_tell_rules_apart(self, server: RunningServer) -> None:
        rules = {served.access.in_words: _rule(served) for served in _built_in(server)}
        assert all(rules[served.access.in_words] == _rule(served) for served in _built_in(server))


class TestRanks:
    """Which role is enough for what."""

    def test_a_role_is_enough_for_what_needs_a_lower_one(self) -> None:
        for ranked, enough in ((Role, has_project_role), (ApplicationRole, has_application_role)):
            from_the_top: list[Any] = list(ranked)
            for (place, role), (needed_place, needed) in itertools.product(enumerate(from_the_top), repeat=2):
                assert enough(role.value, needed) is (place <= needed_place)

    @pytest.mark.parametrize("role", ["", "tester", "app-admin", "Project-Manager", "project-manager "])
    def test_no_other_name_is_enough_for_anything(self, role: str) -> None:
        assert not has_project_role(role, Role.VIEWER)

    @given(st.lists(st.sampled_from(KNOWN_ROLES), min_size=1))
    def test_the_strongest_of_several_roles_counts(self, roles: list[str]) -> None:
        assert highest_project_role(roles) == min(roles, key=KNOWN_ROLES.index)

    @given(st.lists(st.sampled_from(["project-member", "project-viewer"])), st.text(min_size=1))
    def test_a_custom_role_outranks_members(self, roles: list[str], custom: str) -> None:
        assert highest_project_role([*roles, f"custom {custom}"]) == f"custom {custom}"

    def test_no_role_at_all(self) -> None:
        assert highest_project_role([]) == ""


@pytest.fixture
async def project(application: Client) -> int:
    """A project that nobody belongs to."""
    created: int = await application.createProject("Guarded")
    return created


async def standing(client: Client, project: int) -> str | None:
    """The highest role that the client is treated as having, found by trying; None: not even a viewer's."""
    probes: list[tuple[str, str, dict[str, Any]]] = [
        ("project-manager", "updateProject", {"project_id": project}),
        ("project-member", "createTask", {"title": "Probe", "project_id": project}),
        ("project-viewer", "getProjectById", {"project_id": project}),
    ]
    for role, procedure, arguments in probes:
        try:
            await client.call(procedure, **arguments)
        except Forbidden:
            continue
        return role
    return None


class TestRoleInAProject:
    """A role of one's own decides alone; else the strongest of one's groups."""

    @pytest.mark.parametrize("role", KNOWN_ROLES)
    async def test_a_role_of_ones_own(self, application: Client, account: MakeAccount, project: int, role: str) -> None:
        bob = await account("bob")
        assert await standing(bob, project) is None
        await application.addProjectUser(project, bob.id, role)
        assert await standing(bob, project) == role

    @pytest.mark.parametrize(("own", "of_group"), list(itertools.permutations(KNOWN_ROLES, 2)))
    async def test_a_role_of_ones_own_beats_the_groups(
        self, application: Client, account: MakeAccount, project: int, own: str, of_group: str
    ) -> None:
        bob = await account("bob")
        await _put_into_groups(application, project, bob, of_group)
        assert await standing(bob, project) == of_group
        await application.addProjectUser(project, bob.id, own)
        assert await standing(bob, project) == own
        await application.removeProjectUser(project, bob.id)
        assert await standing(bob, project) == of_group

    @pytest.mark.parametrize("roles", list(itertools.permutations(KNOWN_ROLES)))
    async def test_the_strongest_group_counts(
        self, application: Client, account: MakeAccount, project: int, roles: tuple[str, ...]
    ) -> None:
        bob = await account("bob")
        await _put_into_groups(application, project, bob, *roles)
        assert await standing(bob, project) == "project-manager"
        assert await application.getProjectUserRole(project, bob.id) == "project-manager"

    async def test_groups_of_others_and_of_other_projects_give_nothing(
        self, application: Client, account: MakeAccount, project: int
    ) -> None:
        bob, carol = await account("bob"), await account("carol")
        other = await application.createProject("Other")
        await _put_into_groups(application, project, carol, "project-manager")
        await _put_into_groups(application, other, bob, "project-manager")
        assert await standing(bob, project) is None
        assert await standing(carol, other) is None

    async def test_an_empty_role_of_ones_own_leaves_it_to_the_groups(
        self, application: Client, account: MakeAccount, project: int
    ) -> None:
        bob = await account("bob")
        await application.addProjectUser(project, bob.id, "")
        assert await standing(bob, project) is None
        await _put_into_groups(application, project, bob, "project-member")
        assert await standing(bob, project) == "project-member"

    async def test_a_custom_role_opens_nothing(
        self, application: Client, account: MakeAccount, project: int, server: RunningServer
    ) -> None:
        bob = await account("bob")
        server.sql("INSERT INTO project_has_roles (role, project_id) VALUES ('tester', ?)", project)
        await application.addProjectUser(project, bob.id, "tester")
        assert await application.getProjectUserRole(project, bob.id) == "tester"
        assert await standing(bob, project) is None

    async def test_a_custom_role_of_a_group_hides_a_members(
        self, application: Client, account: MakeAccount, project: int
    ) -> None:
        bob = await account("bob")
        await _put_into_groups(application, project, bob, "project-member", "tester")
        assert await standing(bob, project) is None

    async def test_a_role_counts_from_the_next_call_on(
        self, application: Client, account: MakeAccount, project: int
    ) -> None:
        bob = await account("bob")
        await application.addProjectUser(project, bob.id, "project-viewer")
        for role in ("project-manager", "project-viewer", "project-member"):
            await application.changeProjectUserRole(project, bob.id, role)
            assert await standing(bob, project) == role

    async def test_within_a_batch_too(self, application: Client, account: MakeAccount, project: int) -> None:
        bob = await account("bob")
        await application.addProjectUser(project, bob.id, "project-manager")
        status, answer = await bob.send(
            [
                {"jsonrpc": "2.0", "id": 1, "method": "removeProjectUser", "params": [project, bob.id]},
                {"jsonrpc": "2.0", "id": 2, "method": "getProjectById", "params": [project]},
            ]
        )
        assert status == 403
        assert answer["error"]["code"] == 403
        assert await application.getProjectUserRole(project, bob.id) == ""


async def _put_into_groups(application: Client, project: int, user: Client, *roles: str) -> None:
    for role in roles:
        group = await application.createGroup(f"{role} of {project} {user.id}")
        await application.addGroupMember(group, user.id)
        await application.addProjectGroup(project, group, role)


class TestWhatGivesNoRole:
    async def test_administrators_need_a_role_like_everybody(self, administrator: Client, project: int) -> None:
        assert await standing(administrator, project) is None

    async def test_owning_a_project_is_no_role(self, application: Client, account: MakeAccount) -> None:
        bob = await account("bob", role="app-manager")
        owned = await application.createProject(name="Owned", owner_id=bob.id)
        assert await standing(bob, owned) is None

    async def test_public_access_does_not_open_a_project(
        self, application: Client, account: MakeAccount, project: int
    ) -> None:
        bob = await account("bob")
        await application.enableProjectPublicAccess(project)
        assert await standing(bob, project) is None

    @pytest.mark.sqlite
    async def test_the_legacy_flag_does_not_open_a_project(
        self, account: MakeAccount, project: int, server: RunningServer
    ) -> None:
        bob = await account("bob")
        server.sql("UPDATE projects SET is_everybody_allowed = 1")
        assert await standing(bob, project) is None

    @pytest.mark.parametrize("project_id", [99, 0, -1, "", "abc", None])
    async def test_there_is_no_role_in_an_unknown_project(self, administrator: Client, project_id: Any) -> None:
        with pytest.raises(Forbidden):
            await administrator.getProjectById(project_id)

    async def test_a_closed_project_keeps_its_roles(
        self, application: Client, account: MakeAccount, project: int
    ) -> None:
        bob = await account("bob")
        await application.addProjectUser(project, bob.id, "project-manager")
        await application.disableProject(project)
        assert await standing(bob, project) == "project-manager"


class TestTheApplication:
    async def test_it_needs_no_role(self, application: Client, account: MakeAccount) -> None:
        bob = await account("bob")
        private = await bob.createMyPrivateProject("Private")
        assert await standing(application, private) == "project-manager"
        assert await application.getAllGroups() == []

    @pytest.mark.parametrize("procedure", ["getMe", "getMyProjects", "getMyProjectsList", "createMyPrivateProject"])
    async def test_only_what_is_about_the_caller_is_closed_to_it(self, application: Client, procedure: str) -> None:
        with pytest.raises(Forbidden):
            await application.call(procedure)


class TestApplicationRoles:
    @pytest.mark.parametrize(
        ("role", "open_to_it"),
        [
            ("app-admin", {"getMe", "createProject", "getAllProjects"}),
            ("app-manager", {"getMe", "createProject"}),
            ("app-user", {"getMe"}),
        ],
    )
    async def test_a_higher_role_has_what_the_lower_ones_have(
        self, account: MakeAccount, role: str, open_to_it: set[str]
    ) -> None:
        bob = await account("bob", role=role)
        for procedure in ("getMe", "createProject", "getAllProjects"):
            arguments = ["New"] if procedure == "createProject" else []
            if procedure in open_to_it:
                assert await bob.call(procedure, *arguments)
            else:
                with pytest.raises(Forbidden):
                    await bob.call(procedure, *arguments)

    @pytest.mark.parametrize("role", ["", "app-public", "app-superuser"])
    async def test_an_unknown_role_opens_nothing(self, account: MakeAccount, server: RunningServer, role: str) -> None:
        bob = await account("bob")
        server.sql("UPDATE users SET role = ? WHERE id = ?", role, bob.id)
        for procedure in ("getVersion", "getMe"):
            with pytest.raises(Forbidden):
                await bob.call(procedure)
        with pytest.raises(RpcError, match="Method not found"):
            await bob.noSuchProcedure()

    async def test_it_is_checked_before_the_arguments_and_these_before_the_project(
        self, account: MakeAccount, project: int
    ) -> None:
        bob = await account("bob")
        with pytest.raises(Forbidden):
            await bob.createProject()
        with pytest.raises(RpcError, match="Wrong number of arguments"):
            await bob.updateProject()
        with pytest.raises(Forbidden):
            await bob.updateProject(project)


async def test_who_lacks_the_role_learns_nothing_of_the_types(
    application: Client, account: Callable[..., Awaitable[Client]]
) -> None:
    """The count of arguments is looked at before the project role, their types after it."""
    bob = await account("bob")
    project_id = await application.createProject("One")

    with pytest.raises(RpcError, match="Wrong number of arguments"):
        await bob.addColumn(project_id)
    with pytest.raises(Forbidden):
        await bob.addColumn(project_id, ["no title"])
    with pytest.raises(RpcError, match="Argument project_id must not be an array or an object"):
        await bob.addColumn([project_id], "title")
    await application.addProjectUser(project_id, bob.id, "project-manager")
    with pytest.raises(RpcError, match="Argument title must not be an array or an object"):
        await bob.addColumn(project_id, ["no title"])
