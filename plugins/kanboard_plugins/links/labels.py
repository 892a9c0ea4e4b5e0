"""The labels of links between tasks: each is unique, and has one for the other direction. Source: spec page "links"."""

from __future__ import annotations

from kanboard_core.database import Conflict, Row, insertion, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.validation import is_empty
from kanboard_plugins.links.models import Link

_LINK = statement(Link.select().where(Link.id == param("id")))
# Looked for first: an insert that fails uses up an id on PostgreSQL.
_LABELLED = statement(Link.select(Link.id).where(one_of(Link.label, "labels")))
_INSERT = insertion(Link, "label", "opposite_id")
_PAIR = statement(Link.update({Link.opposite_id: param("opposite_id")}).where(Link.id == param("id")))
_UPDATE = statement(
    Link.update({Link.label: param("label"), Link.opposite_id: param("opposite_id")}).where(Link.id == param("id"))
)
_LONE = statement(Link.update({Link.opposite_id: 0}).where(Link.opposite_id == param("opposite_id")))
_DELETE = statement(Link.delete().where(Link.id == param("id")))


def find(tx: Transaction, link_id: int) -> Row | None:
    """The row of a label; None for an unknown id."""
    return tx.one(_LINK, id=link_id)


def opposite_id(link: Row) -> int:
    """The label at the other end of a link with this one; a label without an opposite is its own."""
    return link["opposite_id"] or int(link["id"])


def create(tx: Transaction, label: str, opposite_label: str | None) -> int | None:
    """Add a label, and its opposite unless that is empty; answers its id.

    None when one of them is there already or both are the same; nothing is written then.
    """
    if label == opposite_label:
        return None
    opposite = None if is_empty(opposite_label) else opposite_label
    _lock(tx)
    if tx.column(_LABELLED, labels=[label] if opposite is None else [label, opposite]):
        return None
    try:
        with tx.savepoint():
            link_id = tx.insert(_INSERT, label=label, opposite_id=0)
            if opposite is not None:
                tx.run(_PAIR, id=link_id, opposite_id=tx.insert(_INSERT, label=opposite, opposite_id=link_id))
    except Conflict:
        return None
    return link_id


def update(tx: Transaction, link_id: int, label: str, opposite_id: int) -> bool:
    """Write a label and which is its opposite, in this row alone; false when another row has the label.

    True, and nothing is written, for an unknown id.
    """
    _lock(tx)
    if set(tx.column(_LABELLED, labels=[label])) - {link_id}:
        return False
    try:
        tx.run(_UPDATE, id=link_id, label=label, opposite_id=opposite_id)
    except Conflict:
        return False
    return True


def remove(tx: Transaction, link_id: int) -> bool:
    """Remove a label, with the rows of task links that bear it; false for an unknown id.

    Labels whose opposite it was have none then.
    """
    _lock(tx)
    tx.run(_LONE, opposite_id=link_id)
    return tx.run(_DELETE, id=link_id) > 0


def _lock(tx: Transaction) -> None:
    tx.lock_name("links.label")
