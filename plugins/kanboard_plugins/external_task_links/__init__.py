"""The procedure group TaskExternalLink: links of tasks to addresses outside."""

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.configuration import Section
from kanboard_core.database import Model, one_of, statement
from kanboard_core.external_links import ExternalLinkProvider
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_core.server import Server
from kanboard_core.task_details import TaskDetail
from kanboard_plugins.external_task_links import configuration, links, procedures
from kanboard_plugins.external_task_links.models import ExternalLink
from kanboard_plugins.external_task_links.providers import Attachment, LocalFile, WebLink, web_link

requires = ("tasks",)

_COUNT = statement(
    ExternalLink.select(ExternalLink.task_id, fn.COUNT(ExternalLink.id).alias("value"))
    .where(one_of(ExternalLink.task_id, "ids"))
    .group_by(ExternalLink.task_id)
)


@hookimpl
def register_configuration() -> Section:
    """How titles of pages are fetched."""
    return configuration.SECTION


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of external links."""
    return [ExternalLink]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_external_link_providers() -> list[ExternalLinkProvider]:
    """Files, attachments and web pages, in the order in which they are tried."""
    return [LocalFile(), Attachment(), WebLink()]


@hookimpl
def register_task_details() -> list[TaskDetail]:
    """How many external links a task has."""
    return [TaskDetail("nb_external_links", _COUNT)]


@hookimpl(tryfirst=True)  # before what is told of a copy
def task_duplicated(call: Call, task_id: int, copy_id: int) -> None:
    """A copy has the same external links."""
    links.copy(call, task_id, copy_id)


@hookimpl
def task_recurred(call: Call, task_id: int, copy_id: int) -> None:
    """So has the next task of a recurring one."""
    links.copy(call, task_id, copy_id)


@hookimpl
def server_started(server: Server) -> None:
    """Pages can be fetched from now on."""
    web_link(server).open(server.configuration)


@hookimpl
async def server_stopping(server: Server) -> None:
    """No page is fetched any more."""
    await web_link(server).close()
