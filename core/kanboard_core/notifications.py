"""Types of notifications: ways in which people, or a project's own channels, are told of events.

Source: spec page "notifications".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kanboard_core.calls import Call
from kanboard_core.events import Event

#: characters of a type's name, which is a value of a column
_LONGEST_NAME = 50

#: carries out something of a plugin in a savepoint of its own: where, the call, the function
Contain = Callable[[str, Call, Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class Recipient:
    """An account that is to be told of something."""

    id: int
    username: str
    #: full name; None and "": none
    name: str | None
    #: None and "": none
    email: str | None
    #: such as ``de_DE``; None and "": that of the application
    language: str | None

    @property
    def display_name(self) -> str:
        """The full name, else the user name."""
        return self.name or self.username


class NotificationType(ABC):
    """A way in which accounts are told of events; each account has chosen its own."""

    #: what the choices of accounts say: a value of ``user_has_notification_types``
    name: str

    @abstractmethod
    def notify(self, call: Call, recipients: Sequence[Recipient], event: Event) -> None:
        """Tell accounts of an event; never none of them.

        Runs in the transaction of the call that raised the event, in a savepoint of its own: what it raises is logged
        and reported, and nobody else is told less. What can't be undone or takes time belongs behind the commit: see
        the outbox, and ``call.after_commit``.
        """


class ProjectNotificationType(ABC):
    """A way in which a channel of a project is told of events; each project has chosen its own."""

    #: what the choices of projects say: a value of ``project_has_notification_types``
    name: str

    @abstractmethod
    def notify(self, call: Call, project_id: int, event: Event) -> None:
        """Tell of an event in a project, as ``NotificationType.notify`` does. Mentions aren't told of."""


def problem_of(declared: NotificationType | ProjectNotificationType) -> str:
    """What is wrong with a declaration, the end of a sentence; "" for nothing."""
    name: Any = getattr(declared, "name", None)
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        return f"must have a name, a text of at most {_LONGEST_NAME} characters"
    return ""


class ContainedType(NotificationType):
    """A type whose failures harm nobody else."""

    def __init__(self, inner: NotificationType, contain: Contain) -> None:
        self.name = inner.name
        self._inner = inner
        self._contain = contain

    def notify(self, call: Call, recipients: Sequence[Recipient], event: Event) -> None:
        """What the type does; nothing when it raises."""
        self._contain(
            f"notifications of the type {self.name}", call, partial(self._inner.notify, call, recipients, event)
        )


class ContainedProjectType(ProjectNotificationType):
    """The same of projects."""

    def __init__(self, inner: ProjectNotificationType, contain: Contain) -> None:
        self.name = inner.name
        self._inner = inner
        self._contain = contain

    def notify(self, call: Call, project_id: int, event: Event) -> None:
        """What the type does; nothing when it raises."""
        self._contain(
            f"notifications of the type {self.name}", call, partial(self._inner.notify, call, project_id, event)
        )
