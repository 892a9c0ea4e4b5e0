"""The procedures of the group Link. Source: spec page "links".

A label is one direction of a relation between tasks: an object with ``id``, ``label`` and ``opposite_id``, the label
that is shown at the other end; 0: there is none, the label stands at both ends.
"""

from __future__ import annotations

from typing import Any, Literal

from kanboard_core.arguments import NO_ID, Id, Scalar, Text, to_id
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.permissions import ADMINISTRATORS
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.links import labels
from kanboard_plugins.links.models import Link

_ALL = statement(Link.select().order_by(Link.id))
_BY_LABEL = statement(Link.select().where(Link.label == param("label")))


@procedure("getAllLinks", access=ADMINISTRATORS, effect=READS)
def get_all_links(call: Call) -> list[Row]:
    """Every label, by id."""
    return call.tx.all(_ALL)


@procedure("getLinkById", access=ADMINISTRATORS, effect=READS)
def get_link_by_id(call: Call, link_id: Id) -> Row | None:
    """The label of that id; null when there is none."""
    return labels.find(call.tx, link_id)


@procedure("getLinkByLabel", access=ADMINISTRATORS, effect=READS)
def get_link_by_label(call: Call, label: Text) -> Row | None:
    """The label of exactly that text; null when there is none."""
    return call.tx.one(_BY_LABEL, label=label)


@procedure("getOppositeLinkId", access=ADMINISTRATORS, effect=READS)
def get_opposite_link_id(call: Call, link_id: Scalar) -> Any:
    """The id of a label's opposite; what was sent, unchanged, when it has none and when there is no such label."""
    link = labels.find(call.tx, to_id(link_id))
    return (link and link["opposite_id"]) or link_id


@procedure("createLink", access=ADMINISTRATORS)
def create_link(call: Call, label: Text, opposite_label: Text = "") -> int | Literal[False]:
    """Add a label, and with ``opposite_label`` (empty, null, ``0``: none) a second one as its opposite; answers its id.

    False, and nothing is written, when the label is empty or null, one of the two is there already, or both are the
    same.
    """
    if label is None or label == "":
        return False
    return labels.create(call.tx, label, opposite_label) or False


@procedure("updateLink", access=ADMINISTRATORS)
def update_link(call: Call, link_id: Scalar, opposite_link_id: Scalar, label: Text) -> bool:
    """Give a label another text and another opposite (0: none), which needn't be there; links show the text at once.

    No other label is changed. False when an argument is empty or null, the opposite is no integer, or another label has
    the text; true when there is no such label.
    """
    opposite_id = to_id(opposite_link_id)
    if link_id in (None, "") or opposite_id == NO_ID or label is None or label == "":
        return False
    return labels.update(call.tx, to_id(link_id), label, opposite_id)


@procedure("removeLink", access=ADMINISTRATORS)
def remove_link(call: Call, link_id: Id) -> bool:
    """Remove a label; false when there is none.

    Labels whose opposite it was have none then. Links between tasks lose the half that bears the label; the half with
    the opposite label stays.
    """
    return labels.remove(call.tx, link_id)
