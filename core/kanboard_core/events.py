"""Domain events: raised by domain code, delivered in order to reactions that were bound at start-up.

Source: spec page "events".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from kanboard_core.calls import Call


#: as the name of an event: every event that automatic actions can be bound to, whichever plugin declares it
BINDABLE = "*"


class Origin(StrEnum):
    """Where an event came from."""

    #: a call of a client
    API = "api"
    #: an automatic action
    ACTION = "action"
    #: data brought in from elsewhere; reactions that tell people (mail, webhooks) stay silent
    IMPORT = "import"


class Stage(IntEnum):
    """When a reaction runs among the others to the same event; in one stage the order of the plugins counts."""

    STATISTICS = 10
    MODIFICATION = 20
    #: people are told
    NOTIFICATION = 30
    #: other programs are told
    WEBHOOK = 32
    ACTIVITY = 34
    #: the types of notifications that a project has chosen
    PROJECT_NOTIFICATION = 36
    TRANSITION = 40
    RECURRENCE = 50
    ACTION = 60
    MENTION = 70
    #: third parties, unless they say otherwise
    LAST = 100


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event, as the plugin declares that raises it."""

    #: for example ``task.create``
    name: str
    #: when it is raised, as a sentence
    help: str
    #: what the payload holds: key -> meaning
    payload: Mapping[str, str]
    #: what it is called in the list of events that automatic actions can be bound to; empty: they can't
    label: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    #: for example ``task.create``
    name: str
    #: what it happened to, built before the first reaction; the keys are on the spec page
    payload: dict[str, Any]
    origin: Origin


Reaction = Callable[["Call", Event], None]
R = TypeVar("R", bound=Reaction)


@dataclass(frozen=True, slots=True)
class BoundReaction:
    """A reaction, with what it reacts to."""

    events: tuple[str, ...]
    function: Reaction
    stage: Stage = Stage.LAST
    plugin: str = ""


def reaction(function: Reaction, *events: str, stage: Stage = Stage.LAST) -> BoundReaction:
    """Declare that ``function(call, event)`` is to run when one of the events is raised.

    ``BINDABLE`` stands for every event that automatic actions can be bound to.

    It runs in the caller's transaction, in a savepoint of its own: when it raises, what it did is undone and logged,
    and the call and the other reactions stand.
    """
    return BoundReaction(events, function, stage)


class Reactions:
    """Every reaction by event name, in the order in which they run."""

    def __init__(self, reactions: Iterable[BoundReaction] = (), bindable: Iterable[str] = ()) -> None:
        """``bindable``: the names of the events that ``BINDABLE`` stands for."""
        bindable = tuple(bindable)
        by_event: dict[str, list[BoundReaction]] = {}
        for bound in sorted(reactions, key=lambda bound: bound.stage):
            names = chain.from_iterable(bindable if name == BINDABLE else (name,) for name in bound.events)
            for name in dict.fromkeys(names):
                by_event.setdefault(name, []).append(bound)
        self._by_event = {name: tuple(found) for name, found in by_event.items()}

    def to(self, event_name: str) -> tuple[BoundReaction, ...]:
        """The reactions to an event."""
        return self._by_event.get(event_name, ())
