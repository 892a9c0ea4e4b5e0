"""Automatic actions: what a project can have done by itself when something happens in it.

An :class:`Action` is what can be done, declared by a plugin; a :class:`Rule` is an action that a project has, bound to
an event, with values for its parameters. Source: spec page "actions".
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kanboard_core.arguments import to_text
from kanboard_core.validation import decimal, integer

if TYPE_CHECKING:
    from kanboard_core.calls import Call
    from kanboard_core.events import EventType

#: the payload of the event that an action runs for
Payload = dict[str, Any]

#: ways to values in a payload
Needs = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """An action that a project has."""

    id: int
    project_id: int
    event_name: str
    action_name: str
    #: values by the names of parameters; text, which nobody has checked
    values: Mapping[str, str]

    def text(self, parameter: str) -> str:
        """The value of a parameter."""
        return self.values[parameter]

    def integer(self, parameter: str) -> int | None:
        """The integer that a value means, such as an id; None when it means none."""
        number = _number(self.values[parameter])
        return number if isinstance(number, int) else None

    def has(self, parameter: str, value: Any) -> bool:
        """Whether the value of a parameter is this one: as numbers when both are, else as texts."""
        return same(value, self.values[parameter])


class Action(ABC):
    """Something that projects can have done when one of its events is raised; each kind is a class of its own."""

    #: what is stored, and what clients send: never changed
    name: str
    #: what it does, in the list of actions
    description: str
    #: the events that it can be bound to, if they have a label; others may be added by :class:`FurtherEvents`
    events: Sequence[str] = ()
    #: the names of what a project must say of it
    parameters: Sequence[str] = ()
    #: what must be in the payload, and not null: keys, or ways to something inside, such as ``("task", "column_id")``
    needs: Sequence[str | tuple[str, ...]] = ()

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is to run, by what the payload says. The event is compatible, and what it needs is there."""
        return True

    @abstractmethod
    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Do it. The payload is as it was when the event was raised, whatever actions have done meanwhile.

        It happens on behalf of the caller, whom nothing is asked any more: that may be the application.
        """

    def problem(self) -> str:
        """What is wrong with the declaration, the end of a sentence; "" for nothing."""
        for attribute in ("name", "description"):
            if not isinstance(getattr(self, attribute, None), str) or not getattr(self, attribute):
                return f"must have a {attribute}, a text"
        for attribute in ("events", "parameters"):
            if not _are_names(getattr(self, attribute)):
                return f"must have {attribute}, a list of names"
        needs: Any = self.needs
        if isinstance(needs, str) or not all(isinstance(need, str) or _are_names(need) for need in needs):
            return "must have needs, a list of names and tuples of names"
        return ""


@dataclass(frozen=True, slots=True)
class FurtherEvents:
    """More events that an action of another plugin can be bound to; nothing if there is no such action."""

    #: its name
    action: str
    events: Sequence[str]


class RegisteredAction:
    """An action as a server has it."""

    __slots__ = ("action", "built_in", "events", "needs", "parameters", "plugin")

    def __init__(self, action: Action, plugin: str, *, built_in: bool) -> None:
        self.action = action
        #: who brings it
        self.plugin = plugin
        self.built_in = built_in
        #: the events that it can be bound to, with their labels, in the order of these
        self.events: dict[str, str] = {}
        self.parameters = frozenset(action.parameters)
        #: the ways to the values that the payload must have
        self.needs: Needs = tuple((need,) if isinstance(need, str) else need for need in action.needs)

    def is_served_by(self, payload: Payload) -> bool:
        """Whether a payload has everything that the action needs."""
        for way in self.needs:
            value: Any = payload
            for key in way:
                if not isinstance(value, dict):
                    return False
                value = value.get(key)
            if value is None:
                return False
        return True


class Actions:
    """Every automatic action of a server, and the events that they can be bound to."""

    def __init__(
        self, actions: Iterable[RegisteredAction], further: Iterable[FurtherEvents], events: Iterable[EventType]
    ) -> None:
        labels = {event.name: event.label for event in events if event.label}
        #: the events that actions can be bound to: name -> label, in the order of the labels
        self.events = _by_text(labels)
        self._by_name = {registered.action.name: registered for registered in actions}
        wanted = {name: {*registered.action.events} for name, registered in self._by_name.items()}
        for added in further:
            wanted.get(added.action, set()).update(added.events)
        for name, registered in self._by_name.items():
            registered.events = {event: label for event, label in self.events.items() if event in wanted[name]}
        #: the actions that can be bound to an event: name -> description, in the order of the descriptions
        self.available = _by_text(
            {name: found.action.description for name, found in self._by_name.items() if found.events}
        )

    def find(self, name: str) -> RegisteredAction | None:
        """The action of that name, bindable or not; None when there is none."""
        return self._by_name.get(name)


def same(value: Any, text: str) -> bool:
    """Whether a value of a payload is what a parameter says: as numbers when both are, else as texts."""
    if type(value) is int:
        return value == _number(text)
    written = to_text(value) or ""
    number = _number(written)
    return written == text or (number is not None and number == _number(text))


@functools.lru_cache(1024)
def _number(text: str) -> int | float | None:
    """The number that a text is, None for none; remembered, for the same few are compared again and again."""
    exact = integer(text)
    return decimal(text) if exact is None else exact


def _by_text(texts: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(texts.items(), key=lambda item: item[1].encode()))


def _are_names(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value)
