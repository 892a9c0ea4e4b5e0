"""Declaring procedures: what is refused before anything is served."""

from __future__ import annotations

import pytest

from kanboard_core.calls import Call
from kanboard_core.permissions import ANYONE, members
from kanboard_core.procedures import Procedure, declared_in, procedure


@procedure("first", access=ANYONE)
def first(call: Call) -> int:
    """Answer 1."""
    return 1


@procedure("second", access=ANYONE)
def second(call: Call) -> int:
    """Answer 2."""
    return 2


def names(procedures: list[Procedure]) -> list[str]:
    return [declared.name for declared in procedures]


def test_a_module_has_the_procedures_that_it_declares_in_their_order() -> None:
    assert names(declared_in(__name__)) == ["first", "second"]


def test_a_module_that_is_not_imported_has_none() -> None:
    with pytest.raises(ValueError, match="no module of that name is imported"):
        declared_in("kanboard_core.nowhere")


def test_a_procedure_takes_the_call() -> None:
    with pytest.raises(TypeError, match=r"^alone: a procedure takes the call as its first parameter$"):

        @procedure("alone", access=ANYONE)
        def alone() -> int:
            return 1


def test_an_access_rule_names_a_parameter() -> None:
    with pytest.raises(TypeError, match=r"^lost: the access rule names the parameter 'project_id', which there isn't$"):

        @procedure("lost", access=members())
        def lost(call: Call, task_id: int) -> int:
            return task_id
