"""Running the automatic actions of a project when one of their events is raised.

Source: spec page "actions", section "Engine".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Any

from kanboard_core.actions import Payload, RegisteredAction, Rule
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


@dataclass(slots=True)
class Progress:
    """What has been done in a call so far."""

    #: rules by event and projects, as they were when they were read first
    rules: dict[tuple[str, tuple[int, ...]], list[Rule]] = field(default_factory=dict)
    #: the events that a rule has been asked about: rule, event, payload
    seen: set[tuple[int, str, str]] = field(default_factory=set)
    #: actions that are running, each the consequence of the one before
    depth: int = 0
    #: how many consequences there may still be; None: any number
    left: int | None = MOST

    @classmethod
    def of(cls, call: Call) -> Progress:
        """That of a call."""
        progress: Progress = call.kept.setdefault(cls, cls())
        return progress


class Engine:
    """Runs the actions of the projects of one server."""

    def __init__(self) -> None:
        #: names of actions that nobody has, which were logged
        self._unknown: set[str] = set()

    def react(self, call: Call, event: Event) -> None:
        """Run the actions that are bound to an event, in the order of their ids; what they raise in turn runs first."""
        progress = Progress.of(call)
        bound = self._bound(call, progress, event)
        if not bound:
            return
        if progress.depth >= DEEPEST:
            _logger.warning("automatic actions: %s is left alone, the consequence of %d others", event.name, DEEPEST)
            return
        fingerprint = repr(event.payload)
        # What is brought in from elsewhere stays so: nobody is to be told of the consequences either.
        acting = call if call.origin is Origin.IMPORT else replace(call, origin=Origin.ACTION)
        for rule in bound:
            key = (rule.id, event.name, fingerprint)
            registered = call.server.actions.find(rule.action_name)
            if key in progress.seen:
                continue
            progress.seen.add(key)
            if registered is None:
                self._report_unknown(rule)
            elif _fits(registered, rule, event):
                self._run(acting, progress, registered, rule, event.payload)

    @staticmethod
    def _bound(call: Call, progress: Progress, event: Event) -> list[Rule]:
        """The rules for an event. Those that are added meanwhile count from the next call on."""
        projects = _projects(event.payload)
        key = (event.name, projects)
        found = progress.rules.get(key)
        if found is None:
            found = progress.rules[key] = rules.of_event(call.tx, projects, event.name) if projects else []
        return found

    @staticmethod
    def _run(call: Call, progress: Progress, registered: RegisteredAction, rule: Rule, payload: Payload) -> None:
        """Run a rule if it applies, in a savepoint: one that raises is undone, and the others and the call stand."""
        action = registered.action
        progress.depth += 1
        try:
            # Conditions of our own only look at the payload: there is nothing to undo.
            if registered.built_in and not action.applies(call, rule, payload):
                return
            if progress.depth > 1 and progress.left is not None:
                if not progress.left:
                    _logger.warning("automatic actions: %d consequences in one call are enough", MOST)
                    return
                progress.left -= 1
            with call.tx.savepoint():
                if registered.built_in or action.applies(call, rule, payload):
                    action.run(call, rule, payload)
        except (StorageFailed, TimeLimitReached, TransactionLost):
            raise
        except (Conflict, DoesNotFit) as refused:
            _logger.info("the automatic action %d (%s) has no effect: %s", rule.id, rule.action_name, refused)
        except CONTAINED as error:
            where = f"the automatic action {rule.id} ({rule.action_name})"
            call.server.plugins.report(registered.plugin, where, error)
        finally:
            progress.depth -= 1

    def _report_unknown(self, rule: Rule) -> None:
        if rule.action_name not in self._unknown:
            self._unknown.add(rule.action_name)
            _logger.warning("the automatic action %s of the project %d is unknown", rule.action_name, rule.project_id)


def _fits(registered: RegisteredAction, rule: Rule, event: Event) -> bool:
    """Whether the rule and the payload have what the action needs, and the event is one of the action's."""
    return (
        event.name in registered.events
        and registered.is_served_by(event.payload)
        and rule.values.keys() >= {*registered.action.parameters}
    )


def _projects(payload: dict[str, Any]) -> tuple[int, ...]:
    """The ids of the projects whose rules an event is for: its own, and that of its task."""
    task = payload.get("task")
    named = [payload.get("project_id"), task.get("project_id") if isinstance(task, dict) else None]
    return tuple({to_id(value): None for value in named if isinstance(value, (int, str))})
