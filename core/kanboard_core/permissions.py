"""Who may call what: application roles, project roles, and the declarations that procedures carry.

Source: spec page "permissions". Everything is denied unless a declaration permits it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from kanboard_core.arguments import OMITTED, InvalidParams, to_id, to_ids
from kanboard_core.database import Statement, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import GroupMember, ProjectGroup, ProjectUser


class ApplicationRole(StrEnum):
    """The role of an account in the application (column ``users.role``)."""

    ADMIN = "app-admin"
    MANAGER = "app-manager"
    USER = "app-user"


class ProjectRole(StrEnum):
    """The role of an account in a project, given directly or through groups."""

    MANAGER = "project-manager"
    MEMBER = "project-member"
    VIEWER = "project-viewer"


_PEOPLE = {
    ApplicationRole.ADMIN: "administrators",
    ApplicationRole.MANAGER: "managers and administrators",
    ApplicationRole.USER: "users",
}
_APPLICATION_AND_PEOPLE = {
    ApplicationRole.ADMIN: "the application and administrators",
    ApplicationRole.MANAGER: "the application, managers and administrators",
    ApplicationRole.USER: "the application and every user",
}
_PROJECT_PEOPLE = {
    ProjectRole.MANAGER: "managers",
    ProjectRole.MEMBER: "members and managers",
    ProjectRole.VIEWER: "viewers, members and managers",
}

_APPLICATION_RANKS = {role.value: rank for rank, role in enumerate(reversed(ApplicationRole))}
_PROJECT_RANKS = {role.value: rank for rank, role in enumerate(reversed(ProjectRole))}

_DIRECT_ROLE = statement(
    ProjectUser.select(ProjectUser.role).where(
        (ProjectUser.project_id == param("project_id")) & (ProjectUser.user_id == param("user_id"))
    )
)
_GROUP_ROLES = statement(
    ProjectGroup.select(ProjectGroup.role)
    .join(GroupMember, on=(GroupMember.group_id == ProjectGroup.group_id))
    .where((ProjectGroup.project_id == param("project_id")) & (GroupMember.user_id == param("user_id")))
)
_DIRECT_ROLES_IN = statement(
    ProjectUser.select(ProjectUser.project_id, ProjectUser.role).where(
        one_of(ProjectUser.project_id, "project_ids") & (ProjectUser.user_id == param("user_id"))
    )
)
_GROUP_ROLES_IN = statement(
    ProjectGroup.select(ProjectGroup.project_id, ProjectGroup.role)
    .join(GroupMember, on=(GroupMember.group_id == ProjectGroup.group_id))
    .where(one_of(ProjectGroup.project_id, "project_ids") & (GroupMember.user_id == param("user_id")))
)


class Forbidden(Exception):
    """The caller may not do this: answered 403 for the whole request."""


class Decided(Exception):
    """The answer is clear before the procedure runs."""

    def __init__(self, answer: Any) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call runs."""

    #: the row of ``users`` as it was read for this call; None: the application
    account: dict[str, Any] | None

    @property
    def is_application(self) -> bool:
        """Whether the call came with the application token."""
        return self.account is None

    @property
    def user_id(self) -> int:
        """The account's id, 0 for the application."""
        return self.account["id"] if self.account else 0

    @property
    def role(self) -> str:
        """The account's application role, "" for the application."""
        return self.account["role"] or "" if self.account else ""

    @property
    def is_administrator(self) -> bool:
        """Whether the caller is an account with the role app-admin."""
        return self.role == ApplicationRole.ADMIN.value

    @property
    def name(self) -> str:
        """The user name, ``jsonrpc`` for the application."""
        return self.account["username"] if self.account else "jsonrpc"


APPLICATION = Caller(None)


def role_in_project(transaction: Transaction, project_id: int, user_id: int) -> str:
    """The account's role in a project: its own if it has one, else the highest of its groups', else "".

    The text may be the name of a custom role, which ranks with project-manager among a user's groups but passes no
    check.
    """
    direct = transaction.scalar(_DIRECT_ROLE, project_id=project_id, user_id=user_id)
    if direct:
        return str(direct)
    roles = transaction.column(_GROUP_ROLES, project_id=project_id, user_id=user_id)
    return highest_project_role(roles)


def roles_in_projects(transaction: Transaction, project_ids: Collection[int], user_id: int) -> dict[int, str]:
    """The same for several projects: project id -> role, of those in which the account has one."""
    of_groups: dict[int, list[str]] = {}
    for row in transaction.all(_GROUP_ROLES_IN, project_ids=project_ids, user_id=user_id):
        of_groups.setdefault(row["project_id"], []).append(row["role"])
    roles = {project_id: highest_project_role(found) for project_id, found in of_groups.items()}
    direct = transaction.all(_DIRECT_ROLES_IN, project_ids=project_ids, user_id=user_id)
    return roles | {row["project_id"]: row["role"] for row in direct if row["role"]}


def highest_project_role(roles: Iterable[str]) -> str:
    """The strongest of several roles; a custom role is as strong as project-manager. "" for none."""
    return max(roles, key=lambda role: _PROJECT_RANKS.get(role, len(_PROJECT_RANKS) - 1), default="")


def has_application_role(role: str, needed: ApplicationRole) -> bool:
    """Whether an account with ``role`` may do what needs ``needed``."""
    return _APPLICATION_RANKS.get(role, -1) >= _APPLICATION_RANKS[needed.value]


def has_project_role(role: str, needed: ProjectRole) -> bool:
    """Whether someone with ``role`` in a project may do there what needs ``needed``."""
    return _PROJECT_RANKS.get(role, -1) >= _PROJECT_RANKS[needed.value]


@dataclass(frozen=True, slots=True)
class Scope:
    """The way from an argument to the project that it is about."""

    #: the parameter's name
    argument: str
    #: finds the project's id, given the argument as ``value``; None: the argument is the project's id
    statement: Statement | None = None
    #: how the argument becomes the statement's value
    convert: Callable[[Any], Any] = to_id
    #: what an argument that leads to no project means: refused, answered ``false``, or not checked
    unknown: str = "forbidden"
    #: the argument is the ids of any number of projects
    many: bool = False

    def named(self, argument: str) -> Scope:
        """The same way from a parameter of another name."""
        return replace(self, argument=argument)

    @property
    def in_words(self) -> str:
        """The project, for people."""
        if self.many:
            return f"every project in `{self.argument}`"
        return f"the project{' of' if self.statement is not None else ''} `{self.argument}`"

    def check(self, transaction: Transaction, user_id: int, sent: Any, needed: ProjectRole) -> None:
        """Raises Forbidden unless an account has a role in the project, or projects; else as ``project_id``."""
        if self.many:
            project_ids = set(self._converted(sent))
            roles = roles_in_projects(transaction, project_ids, user_id)
            if not all(has_project_role(roles.get(project_id, ""), needed) for project_id in project_ids):
                raise Forbidden
            return
        project_id = self.project_id(transaction, sent)
        if project_id is not None:
            role = role_in_project(transaction, project_id, user_id)
            if not has_project_role(role, needed):
                raise Forbidden

    def project_id(self, transaction: Transaction, sent: Any) -> int | None:
        """The project's id; None when the argument isn't checked.

        Raises Forbidden, Decided with the answer, or InvalidParams when the argument, as sent, can't lead anywhere.
        """
        value = self._converted(sent)
        if self.statement is None:
            return to_id(value)
        found: int | None = transaction.scalar(self.statement, value=value)
        if found is None:
            if self.unknown == "false":
                raise Decided(False)
            if self.unknown == "forbidden":
                raise Forbidden
        return found

    def _converted(self, sent: Any) -> Any:
        try:
            return self.convert(None if sent is OMITTED else sent)
        except ValueError as error:
            raise InvalidParams(f"Argument {self.argument} {error}") from None


#: the scope of procedures whose argument ``project_id`` is the project
PROJECT = Scope("project_id")
#: the scope of procedures whose argument ``project_ids`` is a list of projects; none at all passes
PROJECTS = Scope("project_ids", convert=to_ids, many=True)


@dataclass(frozen=True, slots=True)
class Access:
    """A procedure's access rule."""

    application_role: ApplicationRole = ApplicationRole.USER
    #: closed to the application token
    users_only: bool = False
    #: needed in every project that the scopes lead to; None: no project is looked at
    project_role: ProjectRole | None = None
    scopes: tuple[Scope, ...] = ()

    @property
    def in_words(self) -> str:
        """Who may call, for people: "the application, managers and administrators". Parameters are in back quotes."""
        people = _PEOPLE[self.application_role]
        if self.project_role is None:
            return f"{people} only" if self.users_only else _APPLICATION_AND_PEOPLE[self.application_role]
        standing = _PROJECT_PEOPLE[self.project_role]
        if self.application_role is ApplicationRole.USER:
            people = standing
        else:
            people += f" who are {standing.replace(' and ', ' or ')}"
        people += f" of {' and of '.join(scope.in_words for scope in self.scopes)}"
        return f"{people} only" if self.users_only else f"the application, and {people}"

    def check_application(self, caller: Caller) -> None:
        """Raises Forbidden unless the kind of caller and its application role suffice."""
        if caller.account is None:
            if self.users_only:
                raise Forbidden
        elif not has_application_role(caller.role, self.application_role):
            raise Forbidden

    def check_project(self, transaction: Transaction, caller: Caller, scoped: Iterable[tuple[Scope, Any]]) -> None:
        """Raises Forbidden unless the account has the role in every project; the application always passes."""
        if caller.account is None or self.project_role is None:
            return
        for scope, value in scoped:
            scope.check(transaction, caller.user_id, value, self.project_role)


#: open to the application and to every account with a known role
ANYONE = Access()
#: open to accounts only
USERS = Access(users_only=True)
#: open to the application and to administrators
ADMINISTRATORS = Access(ApplicationRole.ADMIN)
#: open to the application, managers of the application and administrators
MANAGERS = Access(ApplicationRole.MANAGER)


def viewers(*scopes: Scope) -> Access:
    """Open to the application and to accounts with any known role in the project (every project) of the scopes."""
    return Access(project_role=ProjectRole.VIEWER, scopes=scopes or (PROJECT,))


def members(*scopes: Scope) -> Access:
    """Open to the application and to accounts that are member or manager of the project."""
    return Access(project_role=ProjectRole.MEMBER, scopes=scopes or (PROJECT,))


def managers(*scopes: Scope) -> Access:
    """Open to the application and to managers of the project."""
    return Access(project_role=ProjectRole.MANAGER, scopes=scopes or (PROJECT,))
