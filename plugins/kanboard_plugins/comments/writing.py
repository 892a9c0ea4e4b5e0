"""Writing, changing and removing comments. Source: spec page "comments"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import User
from kanboard_core.visibility import EVERYBODY
from kanboard_plugins.comments.events import announce
from kanboard_plugins.comments.models import Comment
from kanboard_plugins.comments.scopes import PROJECT_OF_COMMENT
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

_COMMENT = statement(
    Comment.select(
        Comment.id,
        Comment.task_id,
        Comment.user_id,
        Comment.date_creation,
        Comment.date_modification,
        Comment.comment,
        Comment.reference,
        Comment.visibility,
        User.username,
        User.name,
        User.email,
        User.avatar_path,
    )
    .left_outer_join(User, on=(User.id == Comment.user_id))
    .where(Comment.id == param("id"))
)
_INSERT = insertion(
    Comment, "task_id", "user_id", "comment", "reference", "visibility", "date_creation", "date_modification"
)
_CHANGE = statement(
    Comment.update({Comment.comment: param("comment"), Comment.date_modification: param("now")}).where(
        Comment.id == param("id")
    )
)
_REMOVE = statement(Comment.delete().where(Comment.id == param("id")))
_WITHOUT_AUTHOR = statement(Comment.update({Comment.user_id: 0}).where(Comment.user_id == param("user_id")))


def find(tx: Transaction, comment_id: int) -> Row | None:
    """The comment of that id, with its author's names and picture (null without one); None when there is none."""
    return tx.one(_COMMENT, id=comment_id)


def create(
    call: Call,
    task_id: int,
    user_id: int | None,
    text: str,
    *,
    reference: str | None = "",
    visibility: str = EVERYBODY,
) -> int:
    """Write a comment in the name of an account, which need not exist; answers its id, 0 when there is no such task.

    What is given was checked before. Raises ``comment.create``, then ``comment.user.mention`` for each account that the
    text mentions.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    try:
        created = call.tx.insert(
            _INSERT,
            task_id=task_id,
            user_id=user_id,
            comment=text,
            reference=reference,
            visibility=visibility,
            date_creation=call.now,
            date_modification=call.now,
        )
    except Conflict:
        return 0
    announce(call, "comment.create", find(call.tx, created))
    return created


def change(call: Call, comment_id: int, text: str) -> bool:
    """Give a comment another text; false when there is none. Raises ``comment.update``."""
    call.tx.lock_projects_of(PROJECT_OF_COMMENT, value=comment_id)
    if not call.tx.run(_CHANGE, id=comment_id, comment=text, now=call.now):
        return False
    announce(call, "comment.update", find(call.tx, comment_id))
    return True


def remove(call: Call, comment_id: int) -> bool:
    """Remove a comment; false when there is none. Raises ``comment.delete`` before."""
    call.tx.lock_projects_of(PROJECT_OF_COMMENT, value=comment_id)
    announce(call, "comment.delete", find(call.tx, comment_id))
    return call.tx.run(_REMOVE, id=comment_id) > 0


def drop_author(tx: Transaction, user_id: int) -> None:
    """Comments of the account are nobody's."""
    tx.run(_WITHOUT_AUTHOR, user_id=user_id)
