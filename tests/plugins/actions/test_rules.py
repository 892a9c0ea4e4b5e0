"""What a project's actions are given as, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.plugins.actions.conftest import PREFIX

from kanboard_core.actions import Actions
from kanboard_core.arguments import InvalidParams, to_text
from kanboard_core.testing import Client, IdFactory, RpcError, RunningServer
from kanboard_plugins.actions import rules

CLOSE = PREFIX + "TaskCloseColumn"
COLUMN = "task.move.column"

#: what may stand for a name, a number, a value
_TEXTS = st.sampled_from(["", "0", "1", "column_id", "task.create", COLUMN, CLOSE, PREFIX, "x", "é"])
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2**64), st.floats(allow_nan=False), _TEXTS)


class Transaction:
    """Takes what is written, into a database that has the project 1 only."""

    def __init__(self) -> None:
        self.written: list[Mapping[str, Any]] = []

    def insert(self, statement: Any, **values: Any) -> int:
        from kanboard_core.database import Conflict

        if values["project_id"] != 1:
            raise Conflict("there is no such project")
        self.written.append(values)
        return 1

    def run_many(self, statement: Any, rows: list[Mapping[str, Any]]) -> None:
        self.written += rows


class Call:
    """What a rule is created with."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.tx = Transaction()


@pytest.mark.sqlite
async def test_what_is_created_is_what_the_action_says(server: RunningServer) -> None:
    actions: Actions = server.server.actions
    named = st.sampled_from([*actions.available, CLOSE.lower(), PREFIX + "TaskClose", "TaskCloseColumn"])

    @given(
        project=st.one_of(st.sampled_from([1, "1", "-1", "01", 2, 1.0, " 1"]), _SCALARS),
        event=st.one_of(st.sampled_from([*actions.events]), _TEXTS),
        action=st.one_of(named, _TEXTS),
        right=st.booleans(),
        values=st.dictionaries(_TEXTS, _SCALARS, max_size=2),
        data=st.data(),
    )
    @hypothesis_settings(max_examples=300)
    def check(project: Any, event: str, action: str, right: bool, values: dict[str, Any], data: st.DataObject) -> None:
        found = actions.find(action)
        if right and found is not None:  # most random parameters are others
            values |= {name: data.draw(_SCALARS, label=name) for name in found.action.parameters}
        call: Any = Call(server.server)
        created = rules.create(call, project, event, action, values)
        accepted = (
            project in (1, "1", "01")
            and type(project) in (int, str)
            and found is not None
            and event in actions.events
            and event in found.action.events
            and {*values} == {*found.action.parameters}
            and None not in values.values()
        )
        assert (created == 1) == accepted
        if accepted:
            stored = {row["name"]: row["value"] for row in call.tx.written[1:]}
            assert stored == {name: to_text(value) for name, value in values.items()}
        else:
            assert call.tx.written == []

    check()


@pytest.mark.parametrize("value", [[], {}, [1], {"a": 1}])
async def test_a_value_is_no_structure(application: Client, project: IdFactory, value: Any) -> None:
    project_id = await project()
    with pytest.raises(RpcError, match="Argument params must not hold arrays or objects"):
        await application.createAction(project_id, COLUMN, CLOSE, {"column_id": value})
    assert await application.getActions(project_id) == []


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((COLUMN, CLOSE, "column_id"), "params"),
        ((COLUMN, CLOSE, 7), "params"),
        ((COLUMN, CLOSE, True), "params"),
        ((COLUMN, CLOSE, None), "params"),
        ((COLUMN, [CLOSE], {}), "action_name"),
        ((COLUMN, {}, {}), "action_name"),
        (([], CLOSE, {}), "event_name"),
    ],
)
async def test_what_has_another_type_is_an_error(
    application: Client, project: IdFactory, arguments: tuple[Any, ...], name: str
) -> None:
    with pytest.raises(RpcError, match=f"Argument {name}") as error:
        await application.createAction(await project(), *arguments)
    assert error.value.code == -32602


def test_structures_are_refused_before_anything_else() -> None:
    call: Any = None
    with pytest.raises(InvalidParams):
        rules.create(call, "no project", None, None, {"a": []})


async def test_values_become_text_and_come_back_in_their_order(application: Client, project: IdFactory) -> None:
    project_id = await project()
    params = {"user_id": True, "subject": " <b> ✓ ", "column_id": 1.5}
    created = await application.createAction(str(project_id), "task.close", PREFIX + "TaskEmail", params)
    [found] = await application.getActions(project_id)
    assert found == {
        "id": created,
        "project_id": project_id,
        "event_name": "task.close",
        "action_name": PREFIX + "TaskEmail",
        "params": {"user_id": "1", "subject": " <b> ✓ ", "column_id": "1.5"},
    }
    assert [*found["params"]] == [*params]


async def test_an_unknown_action_has_no_events(application: Client) -> None:
    with pytest.raises(RpcError) as error:
        await application.getCompatibleActionEvents("TaskCloseColumn")
    assert (error.value.status, error.value.code, error.value.data) == (200, 0, None)
    assert "Automatic Action Not Found: TaskCloseColumn" in str(error.value)
    assert await application.getCompatibleActionEvents(PREFIX + "TaskCreation") == {}


async def test_lists_are_in_the_order_of_their_descriptions(application: Client) -> None:
    for answer in (await application.getAvailableActions(), await application.getAvailableActionEvents()):
        descriptions = [*answer.values()]
        assert descriptions == sorted(descriptions)
    assert len(await application.getAvailableActions()) == 43


async def test_what_goes_with_what(application: Client, project: IdFactory, server: RunningServer) -> None:
    """Rules go with their project, and their values with them; columns that they name may go."""
    one, other = await project("One"), await project("Other")
    columns = [column["id"] for column in await application.getColumns(one)]
    for project_id in (one, other):
        assert await application.createAction(project_id, COLUMN, CLOSE, {"column_id": columns[3]})
    assert await application.removeColumn(columns[3])
    assert len(await application.getActions(one)) == 1
    assert await application.removeProject(one)
    assert server.sql("SELECT project_id FROM actions") == [(other,)]
    assert len(server.sql("SELECT id FROM action_has_params")) == 1
