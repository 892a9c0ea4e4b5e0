"""The procedures of the group Comment.

A comment is an object with

* ``id``, ``task_id``
* ``user_id``: its author; 0 and null: nobody in particular, or an account that is gone
* ``date_creation``, ``date_modification``: Unix seconds
* ``comment``: its text, Markdown
* ``reference``: free text, such as the number in another system
* ``visibility``: the lowest application role that sees it: ``app-user``, ``app-manager`` or ``app-admin``
* ``username``, ``name``, ``email``, ``avatar_path``: of its author, null without one

What a caller doesn't see is answered 403; lists leave it out.

Source: spec page "comments".
"""

from __future__ import annotations

from typing import Literal

from kanboard_core import validation
from kanboard_core.arguments import Id, Scalar, Text, to_id
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.models import User
from kanboard_core.permissions import Forbidden, members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_core.visibility import EVERYBODY, is_visible, may_give
from kanboard_plugins.comments import writing
from kanboard_plugins.comments.models import Comment
from kanboard_plugins.comments.scopes import COMMENT
from kanboard_plugins.tasks.scopes import TASK

#: in characters
LONGEST_REFERENCE = 191

_OF_TASK = statement(
    Comment.select(
        Comment.id,
        Comment.date_creation,
        Comment.date_modification,
        Comment.task_id,
        Comment.user_id,
        Comment.comment,
        Comment.visibility,
        User.username,
        User.name,
        User.email,
        User.avatar_path,
    )
    .left_outer_join(User, on=(User.id == Comment.user_id))
    .where(Comment.task_id == param("task_id"))
    .order_by(Comment.date_creation, Comment.id)
)


@procedure("getComment", access=viewers(COMMENT), effect=READS)
def get_comment(call: Call, comment_id: Id) -> Row | None:
    """A comment; null for an unknown id."""
    return _seen(call, comment_id)


@procedure("getAllComments", access=viewers(TASK), effect=READS)
def get_all_comments(call: Call, task_id: Id) -> list[Row]:
    """The comments of a task that the caller sees, without ``reference``: the oldest first, in a second by id.

    An empty list for an unknown task.
    """
    comments = call.tx.all(_OF_TASK, task_id=task_id)
    return [comment for comment in comments if is_visible(call.caller, comment["visibility"])]


@procedure("createComment", access=members(TASK))
def create_comment(
    call: Call,
    task_id: Scalar,
    user_id: Scalar,
    content: Text,
    reference: Text = "",
    visibility: Scalar = EVERYBODY,
) -> int | Literal[False]:
    """Write a comment; answers its id.

    An account writes in its own name (``user_id``), and with no ``visibility`` above its role; the application in
    anybody's. False when that isn't so, without content, for a reference of more than 191 characters, for a visibility
    that there isn't, and when there is no such task.

    Emits ``comment.create``, and ``comment.user.mention`` for each account that the content mentions as ``@username``:
    one with notifications on and a role in the project, other than the caller.
    """
    task = validation.integer(task_id)
    author = 0 if user_id == "" else validation.integer(user_id)
    if task is None or (author is None and user_id is not None):
        return False
    if not (call.caller.is_application or author == call.caller.user_id):
        return False
    if not may_give(call.caller, visibility) or not content or len(reference or "") > LONGEST_REFERENCE:
        return False
    return writing.create(call, task, author, content, reference=reference, visibility=visibility) or False


@procedure("updateComment", access=members(COMMENT.named("id")))
def update_comment(call: Call, id: Scalar, content: Text) -> bool:
    """Give a comment another text; author, reference and visibility stay.

    False without content, and for accounts when somebody else has written it. True also for an unknown id, for which
    nothing happens. Emits ``comment.update``.
    """
    comment = _seen(call, to_id(id))
    comment_id = validation.integer(id)
    if comment_id is None or not content or not _may_change(call, comment):
        return False
    writing.change(call, comment_id, content)
    return True


@procedure("removeComment", access=members(COMMENT))
def remove_comment(call: Call, comment_id: Id) -> bool:
    """Remove a comment; false for an unknown id, and for accounts when somebody else has written it.

    Emits ``comment.delete`` before.
    """
    return _may_change(call, _seen(call, comment_id)) and writing.remove(call, comment_id)


def _seen(call: Call, comment_id: int) -> Row | None:
    """The comment; None when there is none. Raises Forbidden when the caller doesn't see it."""
    comment = writing.find(call.tx, comment_id)
    if comment is not None and not is_visible(call.caller, comment["visibility"]):
        raise Forbidden
    return comment


def _may_change(call: Call, comment: Row | None) -> bool:
    """Whether a comment is the caller's own; the application's are all."""
    return call.caller.is_application or (comment is not None and comment["user_id"] == call.caller.user_id)
