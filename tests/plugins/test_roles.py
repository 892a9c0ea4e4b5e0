"""Every procedure that is served, called by every kind of caller: who may is what the facts say.

The procedures are those of the registry, so that a new one is covered without a line here. Source: spec page
"permissions".
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.conftest import Undoing

from kanboard_core.arguments import Parameter
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Procedure
from kanboard_core.testing import TOKEN, Client, RunningServer, running

# Roles are found by statements, and these are tested on every engine.
pytestmark = pytest.mark.sqlite

_FACTS = Path(__file__).parent.parent / "conformance" / "spec" / "permissions.json"
RULES: dict[str, Any] = json.loads(_FACTS.read_text(encoding="utf-8"))

APPLICATION_ROLES = ("app-admin", "app-manager", "app-user")
PROJECT_ROLES = ("project-manager", "project-member", "project-viewer")

PERSONAL_TOKEN = "e" * 60


@dataclass(frozen=True)
class Kind:
    """A kind of account."""

    called: str
    application_role: str = "app-user"
    #: what stands in the project 1 for the account itself; None: nothing
    own: str | None = None
    #: what stands there for each of its groups
    of_groups: tuple[str, ...] = ()
    #: further columns of the account
    columns: str = ""
    #: the role that this amounts to in the project 1, "" for none that counts
    amounts_to: str = ""
    #: whether it can sign in
    signs_in: bool = True


KINDS = [
    Kind("an administrator", "app-admin"),
    Kind("an administrator who is a viewer", "app-admin", own="project-viewer", amounts_to="project-viewer"),
    Kind("a manager", "app-manager"),
    Kind("a manager who is a member", "app-manager", own="project-member", amounts_to="project-member"),
    Kind("a user"),
    Kind("a project manager", own="project-manager", amounts_to="project-manager"),
    Kind("a project member", own="project-member", amounts_to="project-member"),
    Kind("a project viewer", own="project-viewer", amounts_to="project-viewer"),
    Kind("a user with a role of the project's own", own="tester"),
    Kind("a manager by a group", of_groups=("project-viewer", "project-manager"), amounts_to="project-manager"),
    Kind("a viewer by a group", of_groups=("project-viewer",), amounts_to="project-viewer"),
    Kind(
        "a viewer whose group manages",
        own="project-viewer",
        of_groups=("project-manager",),
        amounts_to="project-viewer",
    ),
    Kind("an empty role and a group's", own="", of_groups=("project-member",), amounts_to="project-member"),
    Kind("a member whose other group is a tester", of_groups=("project-member", "tester")),
    Kind("a project manager of an unknown application role", "app-public", own="project-manager"),
    Kind("a project manager of no application role", "", own="project-manager"),
    Kind(
        "a locked project manager", own="project-manager", columns="lock_expiration_date = 4000000000", signs_in=False
    ),
    Kind("an account that failed too often", own="project-manager", columns="nb_failed_login = 3", signs_in=False),
]


def argument(parameter: Parameter) -> Any:
    """A value that leads to the project 1 and what is in it, as far as the parameter leads anywhere."""
    known = {"name": "Project 1", "identifier": "ID1", "email": "one@example.org", "project_ids": [1], "password": "x"}
    if parameter.name in known:
        return known[parameter.name]
    if parameter.name == "id" or parameter.name.endswith("_id"):
        return 1
    return {"array": [], "object": {}}.get(str(parameter.type.json_schema.get("type")), 1)


def call_of(procedure: Procedure) -> dict[str, Any]:
    """A call about the project 1."""
    arguments = {parameter.name: argument(parameter) for parameter in procedure.parameters.all if parameter.required}
    return {"jsonrpc": "2.0", "method": procedure.name, "params": arguments, "id": 1}


def procedures(server: RunningServer) -> list[Procedure]:
    """Those of Kanboard's groups that are served."""
    return [procedure for procedure in server.server.registry if procedure.name in RULES]


def permitted(name: str, kind: Kind) -> bool:
    """Whether the facts permit a procedure about the project 1."""
    rule = RULES[name]
    return _at_least(kind.application_role, rule["app_role"], APPLICATION_ROLES) and (
        rule["project_role"] is None or _at_least(kind.amounts_to, rule["project_role"], PROJECT_ROLES)
    )


def _at_least(role: str, needed: str, ranked: tuple[str, ...]) -> bool:
    return role in ranked[: ranked.index(needed) + 1]


@pytest.fixture
async def undone_server(
    furnished_database: Path, tmp_path: Path, plugins: Plugins, undoing: Undoing
) -> AsyncIterator[RunningServer]:
    """A server that undoes what it writes, on a database with something in every table."""
    path = Path(shutil.copyfile(furnished_database, tmp_path / "furnished.sqlite"))
    async with running(path, plugins=plugins) as server:
        server.sql("UPDATE projects SET email = 'one@example.org' WHERE id = 1")
        undoing(server, lambda tx: None)
        yield server


def add(server: RunningServer, kind: Kind) -> Client:
    """Make an account of a kind."""
    server.sql(
        "INSERT INTO users (username, role, api_access_token) VALUES (?, ?, ?)",
        kind.called,
        kind.application_role,
        PERSONAL_TOKEN,
    )
    [(user_id,)] = server.sql("SELECT id FROM users WHERE username = ?", kind.called)
    if kind.columns:
        server.sql(f"UPDATE users SET {kind.columns} WHERE id = ?", user_id)
    if kind.own is not None:
        server.sql("INSERT INTO project_has_users (project_id, user_id, role) VALUES (1, ?, ?)", user_id, kind.own)
    for role in kind.of_groups:
        name = f"{role} for {kind.called}"
        server.sql("INSERT INTO groups (name) VALUES (?)", name)
        [(group_id,)] = server.sql("SELECT id FROM groups WHERE name = ?", name)
        server.sql("INSERT INTO group_has_users (group_id, user_id) VALUES (?, ?)", group_id, user_id)
        server.sql("INSERT INTO project_has_groups (group_id, project_id, role) VALUES (?, 1, ?)", group_id, role)
    return server.client(kind.called, PERSONAL_TOKEN)


async def decisions(client: Client, found: Iterable[Procedure]) -> dict[str, str]:
    """What becomes of a call of each procedure."""
    meanings = {200: "permitted", 401: "unknown", 403: "refused"}
    return {procedure.name: meanings[(await client.send(call_of(procedure)))[0]] for procedure in found}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.called)
async def test_accounts_may_what_their_roles_permit(undone_server: RunningServer, kind: Kind) -> None:
    found = procedures(undone_server)
    expected = {
        procedure.name: "unknown"
        if not kind.signs_in
        else "permitted"
        if permitted(procedure.name, kind)
        else "refused"
        for procedure in found
    }
    assert await decisions(add(undone_server, kind), found) == expected


async def test_the_application_may_everything_but_what_is_about_the_caller(undone_server: RunningServer) -> None:
    found = procedures(undone_server)
    expected = {procedure.name: "refused" if RULES[procedure.name]["user_only"] else "permitted" for procedure in found}
    assert await decisions(undone_server.client("jsonrpc", TOKEN), found) == expected


@pytest.mark.parametrize("credentials", [("", ""), ("jsonrpc", "guess"), ("nobody", "")], ids=str)
async def test_strangers_may_nothing(undone_server: RunningServer, credentials: tuple[str, str]) -> None:
    found = procedures(undone_server) if credentials[0] != "nobody" else procedures(undone_server)[:1]
    assert set((await decisions(undone_server.client(*credentials), found)).values()) == {"unknown"}


#: who asks for two projects and has the role in one of them only, by the scope of which that one is the first
SPLIT = {name: rule for name, rule in RULES.items() if ", then " in (rule["scope"] or "")}
#: what is answered where a rule of the procedure itself comes before the role in the second project
ANSWERED_BEFORE = {"moveTaskPosition", "createTaskFile"}


@pytest.mark.parametrize("role", ["project-manager", "project-member"])
async def test_a_role_in_one_of_two_projects_is_not_enough(undone_server: RunningServer, role: str) -> None:
    kind = Kind("a guest elsewhere", own=role, amounts_to=role)
    client = add(undone_server, kind)
    undone_server.sql(
        "INSERT INTO project_has_users SELECT 2, id, 'project-viewer', 0 FROM users WHERE username = ?", kind.called
    )
    served = {procedure.name: procedure for procedure in procedures(undone_server)}
    assert served.keys() & SPLIT.keys()
    for name in served.keys() & SPLIT.keys():
        first, second = SPLIT[name]["scope"].split(", then ")
        call = call_of(served[name])
        for elsewhere, own_rule in ((second, name in ANSWERED_BEFORE), (first, False)):
            sent = {**call, "params": {**call["params"], elsewhere: 2}}
            status, answer = await client.send(sent)
            assert (status, answer.get("result")) == ((200, False) if own_rule else (403, None)), (name, elsewhere)
