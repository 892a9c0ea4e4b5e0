"""The procedures of the group TaskExternalLink. Source: spec page "external_task_links".

An external link is an object with ``id``, ``link_type`` (see ``getExternalTaskLinkTypes``), ``dependency`` (what it is
to the task), ``title``, ``url``, ``date_creation`` and ``date_modification`` (Unix seconds), ``task_id`` and
``creator_id`` (0: the application). A link of another task is answered like one that there isn't.
"""

from __future__ import annotations

from typing import Literal

from kanboard_core.arguments import Id, Scalar, Text
from kanboard_core.calls import AsyncCall, Call
from kanboard_core.database import Row
from kanboard_core.external_links import AUTO
from kanboard_core.permissions import ANYONE, members, viewers
from kanboard_core.procedures import READS, Effect, procedure
from kanboard_core.validation import integer, is_empty
from kanboard_plugins.external_task_links import links, providers
from kanboard_plugins.external_task_links.addresses import BLANKS
from kanboard_plugins.tasks.scopes import TASK


@procedure("getExternalTaskLinkTypes", access=ANYONE, effect=Effect.NONE)
def get_external_task_link_types(call: Call) -> dict[str, str]:
    """The kinds of external links: type -> name, by name, ``auto`` first."""
    found = call.server.external_link_providers.values()
    return {AUTO: "Auto", **{provider.type: provider.name for provider in sorted(found, key=lambda one: one.name)}}


@procedure("getExternalTaskLinkProviderDependencies", access=ANYONE, effect=Effect.NONE)
def get_external_task_link_provider_dependencies(call: Call, providerName: Text) -> dict[str, str] | Literal[False]:
    """What links of a type usually are to a task: dependency -> name. False for an unknown type and for ``auto``."""
    provider = call.server.external_link_providers.get(providerName or "")
    return dict(provider.dependencies) if provider else False


@procedure("getExternalTaskLinkById", access=viewers(TASK), effect=READS)
def get_external_task_link_by_id(call: Call, task_id: Id, link_id: Id) -> Row | Literal[False]:
    """The link of that id; false when the task has none."""
    return links.find(call.tx, task_id, link_id) or False


@procedure("getAllExternalTaskLinks", access=viewers(TASK), effect=READS)
def get_all_external_task_links(call: Call, task_id: Id) -> list[Row]:
    """The external links of a task by title, in the order of code points; empty for an unknown task.

    Each also has ``creator_name`` and ``creator_username`` (null for the application, and for an account that is gone),
    ``dependency_label`` (the name of the dependency; the dependency itself if its type doesn't know it) and ``type``
    (the name of the type; ``Unknown`` if nothing serves it any more).
    """
    found = links.all_of(call.tx, task_id)
    for link in found:
        provider = call.server.external_link_providers.get(link["link_type"])
        known = provider.dependencies if provider else {}
        link["dependency_label"] = known.get(link["dependency"], link["dependency"])
        link["type"] = provider.name if provider else "Unknown"
    return found


@procedure("createExternalTaskLink", access=members(TASK))
async def create_external_task_link(
    call: AsyncCall, task_id: Scalar, url: Text, dependency: Text, type: Text = AUTO, title: Text = ""
) -> int | Literal[False]:
    """Link a task to an address; answers the id of the link.

    ``type``: one of ``getExternalTaskLinkTypes``; ``auto`` takes the first that accepts the address: a file (another
    scheme than http and ftp), an attachment (a web address that ends as files do), a web page. ``dependency``: any
    text of at most 100 characters. Without ``title`` (empty, null, ``0``) it is the name of the file, or the title of
    the web page, which is fetched; where that isn't possible it is host and path, or the address.

    False when the type doesn't accept the address, that is no valid URL, there is no such task, or a text is missing
    or too long: address and title have at most 65535 characters.
    """
    task = integer(task_id)
    address = (url or "").strip(BLANKS)
    values = {"url": address, "dependency": dependency, "title": title}
    wanting = is_empty(title)
    if task is None or not links.are_valid({**values, "title": "?"} if wanting else values):
        return False
    provider = providers.chosen(call.server, type, address)
    if provider is None:
        return False
    values["link_type"] = provider.type
    if wanting:
        if not await call.read(links.is_task, task):
            return False
        values["title"] = await provider.title(address)
        if not links.are_valid(values):
            return False
    created = await call.write(links.create, task, values)
    return created or False


@procedure("updateExternalTaskLink", access=members(TASK))
def update_external_task_link(
    call: Call, task_id: Id, link_id: Id, title: Text = None, url: Text = None, dependency: Text = None
) -> bool:
    """Change what isn't null of a link; its type stays, and no title is fetched.

    False when the task has no such link, or the result breaks a rule of ``createExternalTaskLink``.
    """
    return links.update(call, task_id, link_id, {"title": title, "url": url, "dependency": dependency})


@procedure("removeExternalTaskLink", access=members(TASK))
def remove_external_task_link(call: Call, task_id: Id, link_id: Id) -> bool:
    """Remove a link; false when the task has no such one."""
    return links.remove(call, task_id, link_id)
