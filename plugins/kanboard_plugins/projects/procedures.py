"""The procedures of the group Project. Source: spec page "projects".

A project is an object with

* ``id``, ``name``, ``description`` (text or null), ``email`` (text or null)
* ``identifier``: capital letters and digits, or ""
* ``owner_id``: an account's id; 0 or null: nobody's
* ``is_active``: 0 when it is closed; ``is_private``: 1 when it is a private project; ``is_public``: 1 when its public
  pages are open, and then ``token`` is what their addresses end with
* ``start_date``, ``end_date``: texts such as ``2030-05-01``, or ""; createProject stores what it is given
* ``priority_default``, ``priority_start``, ``priority_end``: the priorities that its tasks may have
* ``last_modified``: Unix seconds
* ``url``: an object with the addresses of its pages: ``board``, ``list``; when it is public also ``public_board``,
  ``rss_feed`` and ``ical_feed``
* ``per_swimlane_task_limits``, ``task_limit``, ``enable_global_tags``, ``predefined_email_subjects``,
  ``is_everybody_allowed``, ``default_swimlane``, ``show_default_swimlane``: no procedure sets them, except that
  updateProject makes the first 0
"""

from __future__ import annotations

from typing import Any, Literal

from kanboard_core.arguments import NO_ID, Id, Scalar, Text
from kanboard_core.calls import Call
from kanboard_core.permissions import ADMINISTRATORS, MANAGERS, managers, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_core.validation import integer
from kanboard_plugins.projects import changes, creation, lookup, removal
from kanboard_plugins.projects.urls import with_url, with_urls

ProjectObject = dict[str, Any]


@procedure("createProject", access=MANAGERS)
def create_project(
    call: Call,
    name: Text,
    description: Text = None,
    owner_id: Scalar = 0,
    identifier: Scalar = None,
    start_date: Text = None,
    end_date: Text = None,
    priority_default: Scalar = None,
    priority_start: Scalar = None,
    priority_end: Scalar = None,
    email: Scalar = None,
) -> int | Literal[False]:
    """Make a project with columns, a swimlane and categories; answers its id.

    A user who names no owner becomes it, and the owner becomes project-manager; the application adds nobody. False
    when a field breaks a rule: no name, an identifier that isn't letters and digits or is taken, a malformed or taken
    e-mail address, a priority that is no integer, a date of more than ten characters, an unknown owner.
    """
    by_user = not call.caller.is_application
    if by_user and type(owner_id) is int and owner_id == 0:
        owner_id = call.caller.user_id
    given = {
        "name": name,
        "description": description,
        "owner_id": owner_id,
        "identifier": identifier,
        "start_date": start_date,
        "end_date": end_date,
        "priority_default": priority_default,
        "priority_start": priority_start,
        "priority_end": priority_end,
        "email": email,
    }
    return creation.create(call, given, owner_is_member=by_user)


@procedure("updateProject", access=managers())
def update_project(
    call: Call,
    project_id: Scalar,
    name: Text = None,
    description: Text = None,
    owner_id: Scalar = None,
    identifier: Scalar = None,
    start_date: Text = None,
    end_date: Text = None,
    priority_default: Scalar = None,
    priority_start: Scalar = None,
    priority_end: Scalar = None,
    email: Scalar = None,
) -> bool:
    """Change a project; what is null or left out stays.

    Dates may be Unix seconds, in the form of the settings, or ``YYYY-MM-DD``. False for an unknown project, and when a
    field breaks a rule of createProject. Also resets ``per_swimlane_task_limits``.
    """
    given = {
        "name": name,
        "description": description,
        "owner_id": owner_id,
        "identifier": identifier,
        "start_date": start_date,
        "end_date": end_date,
        "priority_default": priority_default,
        "priority_start": priority_start,
        "priority_end": priority_end,
        "email": email,
    }
    number = integer(project_id)  # stricter than an id elsewhere
    return changes.update(call.tx, NO_ID if number is None else number, given)


@procedure("removeProject", access=managers())
def remove_project(call: Call, project_id: Id) -> bool:
    """Remove a project with everything in it; false when there is none."""
    return removal.remove(call, project_id)


@procedure("getProjectById", access=viewers(), effect=READS)
def get_project_by_id(call: Call, project_id: Id) -> ProjectObject | None:
    """The project of that id; null when there is none."""
    return with_url(call, call.tx.one(lookup.PROJECT_BY_ID, id=project_id))


@procedure("getProjectByName", access=viewers(lookup.NAME), effect=READS)
def get_project_by_name(call: Call, name: Text) -> ProjectObject | Literal[False]:
    """The oldest project of exactly that name; false when there is none."""
    return with_url(call, call.tx.one(lookup.PROJECT_BY_NAME, value=name)) or False


@procedure("getProjectByIdentifier", access=viewers(lookup.IDENTIFIER), effect=READS)
def get_project_by_identifier(call: Call, identifier: Scalar) -> ProjectObject | Literal[False]:
    """The project of that identifier, in capitals or not; false when there is none."""
    found = call.tx.one(lookup.PROJECT_BY_IDENTIFIER, value=lookup.capitals(identifier))
    return with_url(call, found) or False


@procedure("getProjectByEmail", access=viewers(lookup.EMAIL), effect=READS)
def get_project_by_email(call: Call, email: Text) -> ProjectObject | Literal[False]:
    """The project of exactly that e-mail address; false when there is none."""
    return with_url(call, call.tx.one(lookup.PROJECT_BY_EMAIL, value=email)) or False


@procedure("getAllProjects", access=ADMINISTRATORS, effect=READS)
def get_all_projects(call: Call) -> list[ProjectObject]:
    """Every project, private and closed ones too, by name (capitals before small letters)."""
    return with_urls(call, call.tx.all(lookup.ALL_PROJECTS))


@procedure("enableProject", access=managers())
def enable_project(call: Call, project_id: Id) -> bool:
    """Open a project; false when there is none."""
    return changes.set_active(call.tx, project_id, active=True)


@procedure("disableProject", access=managers())
def disable_project(call: Call, project_id: Id) -> bool:
    """Close a project: it leaves the lists of active projects, everything else goes on. False when there is none."""
    return changes.set_active(call.tx, project_id, active=False)


@procedure("enableProjectPublicAccess", access=managers())
def enable_project_public_access(call: Call, project_id: Id) -> bool:
    """Open a project's public pages, under a new token each time; false when there is no such project."""
    return changes.set_public(call.tx, project_id, public=True)


@procedure("disableProjectPublicAccess", access=managers())
def disable_project_public_access(call: Call, project_id: Id) -> bool:
    """Close a project's public pages; false when there is no such project."""
    return changes.set_public(call.tx, project_id, public=False)
