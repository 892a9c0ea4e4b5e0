"""Extensions: more keys in another plugin's answers, more parameters of its procedures."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.guests import guest

from kanboard_core.calls import AsyncCall, Call, ProcedureError
from kanboard_core.database import insertion
from kanboard_core.extensions import Extension, extension
from kanboard_core.hooks import hookimpl
from kanboard_core.models import Setting
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.testing import Location, RpcError, running

_STORE = insertion(Setting, "option", "value")


def extending(plugins: Plugins, *extensions: Extension, name: str = "votes") -> Plugins:
    """The plugins, and one that extends their procedures."""

    @hookimpl
    def register_extensions() -> list[Extension]:
        return list(extensions)

    module = SimpleNamespace(register_extensions=register_extensions)
    return Plugins([*plugins, Plugin(name, module, built_in=False, enabled=True, version="1")])


async def test_a_key_is_added_to_the_answers_of_several_procedures(database: Location, plugins: Plugins) -> None:
    def with_votes(call: Call, answer: Any) -> Any:
        for task in answer if isinstance(answer, list) else [answer]:
            if task is not None:
                task["votes"] = 3
        return answer

    extended = extending(plugins, *extension(with_votes, "getTask", "getAllTasks"))
    async with running(database, plugins=extended) as server:
        application = server.client()
        project_id = await application.createProject("One")
        task_id = await application.createTask("Task", project_id)
        assert (await application.getTask(task_id))["votes"] == 3
        assert [task["votes"] for task in await application.getAllTasks(project_id)] == [3]
        assert await application.getTask(99) is None


async def test_a_parameter_is_added_at_the_end_of_the_procedures_own(database: Location, plugins: Plugins) -> None:
    def with_stars(call: Call, answer: Any, name: str, stars: int = 0) -> Any:
        if stars:
            call.tx.insert(_STORE, option=f"stars of {name}", value=str(stars))
        return answer

    extended = extending(plugins, *extension(with_stars, "createGroup"))
    async with running(database, plugins=extended) as server:
        application = server.client()
        assert await application.createGroup(name="One", stars=5)
        assert await application.createGroup("Two", "external", 4)
        assert await application.createGroup("None")
        assert server.sql("SELECT option, value FROM settings WHERE option LIKE 'stars%' ORDER BY option") == [
            ("stars of One", "5"),
            ("stars of Two", "4"),
        ]
        with pytest.raises(RpcError, match="must be an integer"):
            await application.createGroup(name="Three", stars="many")


async def test_an_extension_that_raises_is_undone_and_the_answer_goes_out_without_it(
    database: Location, plugins: Plugins
) -> None:
    def failing(call: Call, answer: Any) -> Any:
        call.tx.insert(_STORE, option="half", value="done")
        raise RuntimeError("a plugin fails")

    async with running(database, plugins=extending(plugins, *extension(failing, "createProject"))) as server:
        assert await server.client().createProject("One") == 1
        assert server.sql("SELECT * FROM settings WHERE option = 'half'") == []
        assert server.incidents == {"votes": "the extension of createProject"}


async def test_an_extension_may_refuse_the_call(database: Location, plugins: Plugins) -> None:
    def refusing(call: Call, answer: Any) -> Any:
        raise ProcedureError(-32000, "Enough projects")

    async with running(database, plugins=extending(plugins, *extension(refusing, "createProject"))) as server:
        with pytest.raises(RpcError, match="Enough projects"):
            await server.client().createProject("One")
        assert server.sql("SELECT COUNT(*) FROM projects") == [(0,)]


async def test_an_extension_of_a_procedure_that_reads_can_only_read(database: Location, plugins: Plugins) -> None:
    def writing(call: Call, answer: Any) -> Any:
        call.tx.insert(_STORE, option="read", value="")
        return answer

    async with running(database, plugins=extending(plugins, *extension(writing, "getAllProjects"))) as server:
        assert await server.client().getAllProjects() == []
        assert server.incidents == {"votes": "the extension of getAllProjects"}


async def test_several_extensions_follow_each_other(database: Location, plugins: Plugins) -> None:
    def one(call: Call, answer: Any, mark: str = "") -> Any:
        return [*answer, f"one {mark}"]

    def two(call: Call, answer: Any, mark: str = "") -> Any:
        return [*answer, f"two {mark}"]

    both = extending(
        extending(plugins, *extension(one, "getAllProjects")), *extension(two, "getAllProjects"), name="polls"
    )
    async with running(database, plugins=both) as server:
        assert await server.client().getAllProjects(mark="x") == ["one x", "two x"]


@pytest.mark.parametrize(
    ("procedure_name", "reason"),
    [
        ("createProject", "the new parameter stars of createProject needs a default"),
        ("later", "later is async, which can't be extended"),
    ],
)
async def test_an_extension_that_does_not_fit_leaves_its_plugin_out(
    database: Location, plugins: Plugins, procedure_name: str, reason: str
) -> None:
    def with_stars(call: Call, answer: Any, stars: int) -> Any:
        return answer

    @procedure("later", access=ANYONE)
    async def later(call: AsyncCall) -> None:
        pass

    @hookimpl
    def register_procedures() -> list[Procedure]:
        return [declaration(later)]

    other = guest("later", register_procedures=register_procedures)
    extended = extending(Plugins([*plugins, other]), *extension(with_stars, procedure_name))
    async with running(database, plugins=extended, failures=True) as server:
        failure = server.server.plugins.get("votes").failure
        assert failure is not None
        assert (failure.stage, failure.reason) == ("registration", reason)
        assert await server.client().createProject("One")


async def test_an_extension_of_what_is_not_served_is_told(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    def idle(call: Call, answer: Any) -> Any:
        return answer

    async with running(database, plugins=extending(plugins, *extension(idle, "getTasks"))):
        pass
    expected = 'plugin votes extends the procedure getTasks, which isn\'t served; did you mean "getTask"?'
    assert expected in caplog.text


def test_what_can_be_no_extension() -> None:
    async def later(call: AsyncCall, answer: Any) -> Any:
        return answer

    def short(call: Call) -> Any:
        return None

    with pytest.raises(TypeError, match="an ordinary function"):
        Extension("getTask", later)
    with pytest.raises(TypeError, match="takes the call and the answer"):
        Extension("getTask", short)


async def test_procedures_of_other_servers_stay_as_they_are(database: Location, plugins: Plugins) -> None:
    def none(call: Call, answer: Any) -> Any:
        return "extended"

    async with running(database, plugins=extending(plugins, *extension(none, "getVersion"))) as server:
        assert await server.client().getVersion() == "extended"
    async with running(database, plugins=plugins) as server:
        assert await server.client().getVersion() != "extended"
