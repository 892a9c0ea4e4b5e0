"""The procedures of the group Swimlane. Source: spec page "swimlanes".

A swimlane is an object with ``id``, ``name``, ``position`` (from 1, top to bottom; 0 when it isn't on the board),
``is_active`` (0 or 1), ``project_id``, ``description`` (text or null) and ``task_limit`` (always 0). The first one of a
project is called ``Default swimlane``.
"""

from __future__ import annotations

from typing import Literal

from kanboard_core import validation
from kanboard_core.arguments import Id, Scalar, Text
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.permissions import managers, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.swimlanes import lifecycle, order
from kanboard_plugins.swimlanes.scopes import SWIMLANE


@procedure("getActiveSwimlanes", access=viewers(), effect=READS)
def get_active_swimlanes(call: Call, project_id: Id) -> list[Row]:
    """The project's active swimlanes from top to bottom; an empty array for an unknown project."""
    return order.active_swimlanes_of(call.tx, project_id)


@procedure("getAllSwimlanes", access=viewers(), effect=READS)
def get_all_swimlanes(call: Call, project_id: Id) -> list[Row]:
    """All swimlanes of the project by position, which is usually 0 for inactive ones.

    An empty array for an unknown project.
    """
    return order.swimlanes_of(call.tx, project_id)


@procedure("getSwimlane", access=viewers(SWIMLANE), effect=READS)
def get_swimlane(call: Call, swimlane_id: Id) -> Row | None:
    """The swimlane of that id, active or not; null when there is none."""
    return lifecycle.find(call.tx, swimlane_id)


@procedure("getSwimlaneById", access=viewers(SWIMLANE), effect=READS)
def get_swimlane_by_id(call: Call, swimlane_id: Id) -> Row | None:
    """The same as getSwimlane."""
    return lifecycle.find(call.tx, swimlane_id)


@procedure("getSwimlaneByName", access=viewers(), effect=READS)
def get_swimlane_by_name(call: Call, project_id: Id, name: Text) -> Row | None:
    """The project's swimlane of exactly that name, active or not; null when there is none."""
    return lifecycle.find_by_name(call.tx, project_id, name)


@procedure("addSwimlane", access=managers())
def add_swimlane(call: Call, project_id: Id, name: Text, description: Text = "") -> int | Literal[False]:
    """Add a swimlane at the bottom of the board.

    Returns the new swimlane's id, 0 when there is no such project, or false when the name is null or taken in it.
    """
    try:
        return lifecycle.add(call.tx, project_id, name, description) or False
    except lifecycle.UnknownProject:
        return 0


@procedure("updateSwimlane", access=managers())
def update_swimlane(call: Call, project_id: Scalar, swimlane_id: Scalar, name: Text, description: Text = None) -> bool:
    """Set the name of a swimlane and, unless it is null, its description.

    Returns false when the swimlane isn't the project's, or the name is null, empty, longer than 191 characters or
    taken in the project.
    """
    project, swimlane = validation.integer(project_id), validation.integer(swimlane_id)
    if project is None or swimlane is None:
        return False
    return lifecycle.change(call.tx, project, swimlane, name, description)


@procedure("removeSwimlane", access=managers())
def remove_swimlane(call: Call, project_id: Id, swimlane_id: Id) -> bool:
    """Remove a swimlane; the active ones close up. Returns false when it isn't the project's or holds a task."""
    return lifecycle.remove(call, project_id, swimlane_id)


@procedure("disableSwimlane", access=managers())
def disable_swimlane(call: Call, project_id: Id, swimlane_id: Id) -> bool:
    """Take a swimlane off the board, with its tasks; the active ones close up. Always true, also for an unknown one."""
    order.disable(call.tx, project_id, swimlane_id)
    return True


@procedure("enableSwimlane", access=managers())
def enable_swimlane(call: Call, project_id: Id, swimlane_id: Id) -> bool:
    """Put a swimlane back at the bottom of the board. Always true, also for an unknown one."""
    order.enable(call.tx, project_id, swimlane_id)
    return True


@procedure("changeSwimlanePosition", access=managers())
def change_swimlane_position(call: Call, project_id: Id, swimlane_id: Id, position: Scalar) -> bool:
    """Move a swimlane to a position from 1 to the number of all swimlanes; the other active ones close up around it.

    An inactive swimlane stays inactive. Returns false for a position out of range or not integral, and for a swimlane
    that isn't the project's.
    """
    place = validation.position(position)
    return place is not None and order.move_to(call.tx, project_id, swimlane_id, place)
