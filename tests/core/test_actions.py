"""Automatic actions as the core knows them: what plugins declare, which events go with them, comparisons."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.actions import Action, FurtherEvents, Payload, RegisteredAction, Rule, same
from kanboard_core.calls import Call
from kanboard_core.configuration import load
from kanboard_core.events import BINDABLE, BoundReaction, Event, EventType, Reactions, Stage, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.server import Server

CLOSE = "\\Kanboard\\Action\\TaskClose"


class Water(Action):
    """Waters the garden."""

    name = "garden.water"
    description = "Water the garden"
    events = ("task.create", "task.move.position", "garden.dry")
    parameters = ("litres",)
    needs = ("task_id", ("task", "id"))

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Nothing, for now."""


def made(**declared: Any) -> Action:
    """An action with other declarations."""
    action = Water()
    for name, value in declared.items():
        setattr(action, name, value)
    return action


def bringing(*actions: Any, events: Iterable[EventType] = (), name: str = "garden") -> Plugin:
    """A plugin with these actions and events."""
    module = SimpleNamespace(
        register_actions=hookimpl(_answering("register_actions", actions)),
        register_events=hookimpl(_answering("register_events", events)),
    )
    return Plugin(name, module, built_in=False, enabled=True, version="1")


def _answering(name: str, answer: Any) -> Any:
    def hook() -> Any:
        return answer

    hook.__name__ = name
    return hook


def put_together(plugins: Plugins, *more: Plugin) -> tuple[Server, dict[str, str]]:
    """A server with more plugins; why plugins failed."""
    together = Plugins([*plugins, *more])
    server = Server(load(environment={}, schema=together.schema), together)
    return server, {plugin.name: plugin.failure.reason for plugin in server.plugins if plugin.failure}


# Declarations


def test_an_action_goes_with_the_events_that_have_a_label(plugins: Plugins) -> None:
    dry = EventType("garden.dry", "It is dry.", {"days": "how long"}, label="Dry garden")
    server, failed = put_together(plugins, bringing(Water(), events=[dry]))
    assert failed == {}
    found = server.actions.find("garden.water")
    assert found is not None
    assert found.events == {"garden.dry": "Dry garden", "task.create": "Task creation"}
    assert server.actions.available["garden.water"] == "Water the garden"
    assert server.actions.events["garden.dry"] == "Dry garden"


def test_a_plugin_adds_events_to_actions_of_others(plugins: Plugins) -> None:
    assert CLOSE not in put_together(plugins)[0].actions.available
    further = [FurtherEvents(CLOSE, ["task.open", "no.such.event"]), FurtherEvents("no.such.action", ["task.open"])]
    server, failed = put_together(plugins, bringing(*further))
    assert failed == {}
    found = server.actions.find(CLOSE)
    assert found is not None
    assert found.events == {"task.open": "Reopen a task"}
    assert server.actions.available[CLOSE] == "Close a task"


def test_a_name_that_is_taken_leaves_its_plugin_out(plugins: Plugins) -> None:
    server, failed = put_together(plugins, bringing(made(name=CLOSE)))
    assert failed == {"garden": f"there is an automatic action {CLOSE} of actions already"}
    assert server.actions.find(CLOSE) is not None
    _, failed = put_together(plugins, bringing(Water(), Water()))
    assert failed == {"garden": "there is an automatic action garden.water of garden already"}


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (made(name=""), "must have a name, a text"),
        (made(description=None), "must have a description, a text"),
        (made(events="task.create"), "must have events, a list of names"),
        (made(parameters={"litres": "How much"}), "must have parameters, a list of names"),
        (made(needs="task_id"), "must have needs, a list of names and tuples of names"),
        (made(needs=[["task", 1]]), "must have needs, a list of names and tuples of names"),
        (Water, "register_actions must answer actions, not"),
        ("water", "register_actions must answer actions, not"),
    ],
)
def test_what_is_wrong_with_an_action_is_said(plugins: Plugins, action: Any, reason: str) -> None:
    server, failed = put_together(plugins, bringing(action))
    assert reason in failed["garden"]
    assert server.actions.find("garden.water") is None


@pytest.mark.parametrize(
    ("payload", "served"),
    [
        ({"task_id": 1, "task": {"id": 1}}, True),
        ({"task_id": 0, "task": {"id": ""}}, True),
        ({"task_id": 1, "task": {}}, False),
        ({"task_id": 1, "task": {"id": None}}, False),
        ({"task_id": 1, "task": 1}, False),
        ({"task_id": None, "task": {"id": 1}}, False),
        ({}, False),
    ],
)
def test_an_action_needs_what_it_needs(payload: Payload, served: bool) -> None:
    assert RegisteredAction(Water(), "garden", built_in=False).is_served_by(payload) is served


def test_a_reaction_may_be_to_every_event_that_actions_can_be_bound_to() -> None:
    def react(call: Call, event: Event) -> None:
        """Nothing."""

    late = reaction(react, BINDABLE, "a")
    early = reaction(react, BINDABLE, stage=Stage.ACTION)
    reactions = Reactions([late, early], ["a", "b"])
    found: list[tuple[BoundReaction, ...]] = [reactions.to(name) for name in ("a", "b", "c", BINDABLE)]
    assert found == [(early, late), (early, late), (), ()]


# Comparison


@pytest.mark.parametrize(
    ("value", "text", "equal"),
    [
        (2, "2", True),
        (2, "02", True),
        (2, " 2 ", True),
        (2, "2.0", True),
        (2, "2x", False),
        (0, "", False),
        (0, "0", True),
        (0, "none", False),
        (1, "1.5", False),
        (1.5, "1.5", True),
        ("red", "red", True),
        ("red", "Red", False),
        ("02", "2", True),
        ("", "", True),
        ("", "0", False),
        (None, "", True),
        (None, "0", False),
        (True, "1", True),
        (False, "", True),
    ],
)
def test_values_are_compared_as_numbers_when_both_are_else_as_texts(value: Any, text: str, equal: bool) -> None:
    assert same(value, text) is equal


@given(st.integers(-(2**63), 2**63), st.integers(-(2**63), 2**63))
def test_integers_are_equal_when_their_texts_are(one: int, other: int) -> None:
    assert same(one, str(one))
    assert same(one, str(other)) == (one == other)


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("-7", -7), ("7.0", 7), ("7.5", None), ("x", None), ("", None)])
def test_a_rule_tells_which_integer_a_value_means(text: str, number: int | None) -> None:
    rule = Rule(1, 1, "task.create", "garden.water", {"litres": text})
    assert rule.integer("litres") == number
    assert rule.text("litres") == text
