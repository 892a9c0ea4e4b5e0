"""The procedures of the group ProjectMetadata. Source: spec page "project_metadata".

Names and values are texts of the clients' choice; a value may also be null. Nothing here raises an event.
"""

from __future__ import annotations

from kanboard_core.arguments import Id, Text
from kanboard_core.calls import Call
from kanboard_core.metadata import Metadata, Values
from kanboard_core.permissions import members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.project_metadata.models import ProjectMetadata

_METADATA = Metadata(ProjectMetadata, ProjectMetadata.project_id)


@procedure("getProjectMetadata", access=viewers(), effect=READS)
def get_project_metadata(call: Call, project_id: Id) -> dict[str, str | None]:
    """A project's values: name -> value, by name; an empty object for an unknown project."""
    return _METADATA.all_of(call.tx, project_id)


@procedure("getProjectMetadataByName", access=viewers(), effect=READS)
def get_project_metadata_by_name(call: Call, project_id: Id, name: Text) -> str:
    """The value of a name; "" when there is none, and when it is null or the text ``0``."""
    return _METADATA.value_of(call.tx, project_id, name)


@procedure("saveProjectMetadata", access=members())
def save_project_metadata(call: Call, project_id: Id, values: Values) -> bool:
    """Write values of a project, an object of name -> value; those of other names stay.

    Numbers and flags become text, null stays null. An array has the names ``0``, ``1``, ... False for an unknown
    project, unless there is nothing to write, and when one can't be stored; nothing is written then.
    """
    call.tx.lock_projects(project_id)
    return _METADATA.save(call, project_id, values)


@procedure("removeProjectMetadata", access=members())
def remove_project_metadata(call: Call, project_id: Id, name: Text) -> bool:
    """Remove a value of a project; false when it has none of that name."""
    return _METADATA.remove(call.tx, project_id, name)
