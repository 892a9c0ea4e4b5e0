"""Running the automatic actions of a project when one of their events is raised.

Source: spec page "actions", section "Engine".
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from kanboard_core.actions import Actions, Needs, Payload, RegisteredAction, Rule
from kanboard_core.arguments import to_id
from kanboard_core.calls import CONTAINED, Call
from kanboard_core.database import Conflict
from kanboard_core.database.errors import DoesNotFit, StorageFailed, TimeLimitReached, TransactionLost
from kanboard_core.events import Event, Origin
from kanboard_plugins.actions import rules

#: how deep actions may be nested that are the consequence of others; deeper events are left alone
DEEPEST = 20
#: how many actions may be the consequence of others in one call of a client: each may have several consequences
MOST = 1000

_logger = logging.getLogger(__name__)


#: a rule, and the action that it names
Bound = tuple[Rule, RegisteredAction]


@dataclass(slots=True)
class Progress:
    """What has been done in a call so far."""

    #: rules by project and event, as they were when they were read first
    bound: dict[tuple[int, str], tuple[Bound, ...]] = field(default_factory=dict)
    #: the events that rules have been asked about: rule, event, payload
    seen: set[tuple[int, str, str]] = field(default_factory=set)
    #: actions that are running, each the consequence of the one before
    depth: int = 0
    #: how many consequences there may still be; None: any number
    left: int | None = field(default_factory=lambda: MOST)

    @classmethod
    def of(cls, call: Call) -> Progress:
        """That of a call."""
        progress: Progress | None = call.kept.get(cls)
        if progress is None:
            progress = call.kept[cls] = cls()
        return progress

    def bound_to(self, call: Call, event: Event) -> list[Bound]:
        """The rules of an event's projects that are bound to it, by id.

        Those that are added in the call count from the next one on.
        """
        found: list[Bound] = []
        for project_id in _projects(event.payload):
            key = (project_id, event.name)
            if key not in self.bound:
                self.bound[key] = _compatible(call.server.actions, rules.of_event(call.tx, *key))
            found += self.bound[key]
        return sorted(found, key=_id)


def react(call: Call, event: Event) -> None:
    """Run the actions that are bound to an event, in the order of their ids; what they raise in turn runs first."""
    progress = Progress.of(call)
    bound = progress.bound_to(call, event)
    if not bound:
        return
    if progress.depth >= DEEPEST:
        _logger.warning("automatic actions: %s is left alone, the consequence of %d others", event.name, DEEPEST)
        return
    # What is brought in from elsewhere stays so: nobody is to be told of the consequences either.
    acting = call if call.origin is Origin.IMPORT else replace(call, origin=Origin.ACTION)
    fingerprint = ""
    for rule, registered in _fitting(acting, bound, event.payload):
        fingerprint = fingerprint or repr(event.payload)
        asked = (rule.id, event.name, fingerprint)
        if asked not in progress.seen:
            progress.seen.add(asked)
            _run(acting, progress, registered, rule, event.payload)


def _fitting(call: Call, bound: list[Bound], payload: Payload) -> Iterator[Bound]:
    """Rules that an event is something for, each looked for when its turn comes.

    Conditions of our own look at nothing but the payload, so they are asked here, where most rules stop. Others may
    do anything, and are asked in the savepoint of their action.
    """
    #: whether the payload has what actions need: most need the same
    served: dict[Needs, bool] = {}
    for rule, registered in bound:
        needs = registered.needs
        if needs not in served:
            served[needs] = registered.is_served_by(payload)
        try:
            if served[needs] and (not registered.built_in or registered.action.applies(call, rule, payload)):
                yield rule, registered
        except CONTAINED as error:
            _report(call, registered, rule, error)


@functools.lru_cache(512)
def _compatible(actions: Actions, bound: tuple[Rule, ...]) -> tuple[Bound, ...]:
    """Rules with their actions, those that can run; found once for the same rules."""
    found = []
    for rule in bound:
        registered = actions.find(rule.action_name)
        if registered is None:
            _logger.warning("the automatic action %s of the project %d is unknown", rule.action_name, rule.project_id)
        elif rule.event_name in registered.events and rule.values.keys() >= registered.parameters:
            found.append((rule, registered))
    return tuple(found)


def _run(call: Call, progress: Progress, registered: RegisteredAction, rule: Rule, payload: Payload) -> None:
    """Run a rule in a savepoint: one that raises is undone, and the others and the call stand."""
    if progress.depth and progress.left is not None:
        if not progress.left:
            _logger.warning("automatic actions: %d consequences in one call are enough", MOST)
            return
        progress.left -= 1
    action = registered.action
    progress.depth += 1
    try:
        with call.tx.savepoint():
            if registered.built_in or action.applies(call, rule, payload):
                action.run(call, rule, payload)
    except (StorageFailed, TimeLimitReached, TransactionLost):
        raise
    except (Conflict, DoesNotFit) as refused:
        _logger.info("the automatic action %d (%s) has no effect: %s", rule.id, rule.action_name, refused)
    except CONTAINED as error:
        _report(call, registered, rule, error)
    finally:
        progress.depth -= 1


def _report(call: Call, registered: RegisteredAction, rule: Rule, error: BaseException) -> None:
    where = f"the automatic action {rule.id} ({rule.action_name})"
    call.server.plugins.report(registered.plugin, where, error)


def _projects(payload: Payload) -> set[int]:
    """The ids of the projects whose rules an event is for: its own, and that of its task."""
    task = payload.get("task")
    named = (payload.get("project_id"), task.get("project_id") if isinstance(task, dict) else None)
    return {to_id(value) for value in named if isinstance(value, (int, str))}


def _id(bound: Bound) -> int:
    return bound[0].id
