"""Actions that no event of Kanboard's own fits: plugins that hear of changes elsewhere add events to them."""

from __future__ import annotations

from kanboard_core.actions import Action, Payload, Rule
from kanboard_core.calls import Call
from kanboard_core.membership import is_assignable
from kanboard_core.validation import integer, is_empty
from kanboard_plugins.actions.catalogue.categories import categorize
from kanboard_plugins.actions.catalogue.single_task import PREFIX
from kanboard_plugins.comments import writing
from kanboard_plugins.tasks import creation, fields, status, updates


class CommentCreation(Action):
    """A comment is written that comes from elsewhere."""

    name = PREFIX + "CommentCreation"
    description = "Create a comment from an external provider"
    needs = ("task_id",)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether there is a text."""
        return not is_empty(payload.get("comment"))

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Write it, in the name of the account that is named if the task could be assigned to it."""
        author = integer(payload.get("user_id")) or 0
        if not is_assignable(call.tx, rule.project_id, author):
            author = 0
        text, reference = fields.text(payload["comment"]), fields.text(payload.get("reference"))
        writing.create(call, payload["task_id"], author, text, reference=reference)


class TaskAssignCategoryLabel(Action):
    """A task with a label elsewhere is in a category."""

    name = PREFIX + "TaskAssignCategoryLabel"
    description = "Change the category based on an external label"
    parameters = ("label", "category_id")
    needs = ("task_id", "label")

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is the label, and there is no category."""
        return rule.has("label", payload["label"]) and is_empty(payload.get("category_id"))

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Put it into the category."""
        categorize(call, rule, payload["task_id"])


class TaskAssignUser(Action):
    """A task is assigned to somebody elsewhere."""

    name = PREFIX + "TaskAssignUser"
    description = "Change the assignee based on an external username"
    needs = ("task_id", "owner_id")

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether tasks of the project may be assigned to that account."""
        owner_id = integer(payload["owner_id"])
        return owner_id is not None and is_assignable(call.tx, rule.project_id, owner_id)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Assign it."""
        owner = payload["owner_id"]
        updates.change(call, payload["task_id"], {"owner_id": integer(owner)}, {"owner_id": owner})


class TaskClose(Action):
    """A task is closed elsewhere."""

    name = PREFIX + "TaskClose"
    description = "Close a task"
    needs = ("task_id",)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Close it."""
        status.close_task(call, payload["task_id"])


class TaskOpen(Action):
    """A task is opened elsewhere."""

    name = PREFIX + "TaskOpen"
    description = "Open a task"
    needs = ("task_id",)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Open it."""
        status.open_task(call, payload["task_id"])


class TaskCreation(Action):
    """A task is made elsewhere."""

    name = PREFIX + "TaskCreation"
    description = "Create a task from an external provider"
    needs = ("project_id", "reference", "title")

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Make one at the end of the first column, with the title, the reference and the description."""
        creation.create_plainly(
            call,
            rule.project_id,
            fields.text(payload["title"]),
            reference=fields.text(payload["reference"]),
            description=fields.text(payload.get("description")),
        )


ACTIONS = (CommentCreation(), TaskAssignCategoryLabel(), TaskAssignUser(), TaskClose(), TaskOpen(), TaskCreation())
