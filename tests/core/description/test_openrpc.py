"""The OpenRPC document, held against the meta-schema, the declarations and what was recorded."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry as Schemas
from referencing.jsonschema import DRAFT7
from tests.conformance.replay import RECORDINGS

from kanboard_core import framing
from kanboard_core.arguments import OMITTED, ArgumentType, Id, Scalar
from kanboard_core.calls import Call
from kanboard_core.configuration import load
from kanboard_core.description import openrpc
from kanboard_core.permissions import (
    ADMINISTRATORS,
    ANYONE,
    MANAGERS,
    PROJECT,
    USERS,
    Access,
    Scope,
    managers,
    members,
    viewers,
)
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Effect, Procedure, Registry, procedure
from kanboard_core.server import Server

_DATA = Path(__file__).parent / "openrpc"


def _schema(name: str) -> Any:
    return json.loads((_DATA / name).read_text("utf-8"))


_JSON_SCHEMA = DRAFT7.create_resource(_schema("json-schema.json"))
META_SCHEMA = Draft7Validator(
    _schema("openrpc.json"),
    registry=Schemas().with_resources(
        [(f"https://meta.json-schema.tools{end}", _JSON_SCHEMA) for end in ("", "/")],
    ),
    format_checker=Draft7Validator.FORMAT_CHECKER,
)


@pytest.fixture(scope="module")
def registry(plugins: Plugins) -> Registry:
    """What the built-in plugins serve."""
    return Server(load(environment={}, schema=plugins.schema), plugins).registry


@pytest.fixture(scope="module")
def document(registry: Registry) -> dict[str, Any]:
    return openrpc.document(registry, title="Everything", version="1.2.3", url="https://example.org/jsonrpc.php")


@pytest.fixture(scope="module")
def methods(document: dict[str, Any]) -> dict[str, Any]:
    """The method objects by name."""
    return {method["name"]: method for method in document["methods"]}


def declared(function: Callable[..., Any], *, access: Access = ANYONE, effect: Effect = Effect.WRITES) -> Procedure:
    found: Procedure = procedure("declared", access=access, effect=effect)(function).__dict__["__kanboard_procedure__"]
    return found.registered_by("notebook")


def described(*procedures: Procedure) -> dict[str, Any]:
    return openrpc.document(procedures, title="Some", version="1")


class TestTheBuiltInProcedures:
    def test_the_document_is_valid(self, document: dict[str, Any]) -> None:
        META_SCHEMA.validate(document)

    @pytest.mark.parametrize(
        "damage",
        [
            lambda document: document.pop("methods"),
            lambda document: document.update(openrpc="2.0.0"),
            lambda document: document["methods"][0].pop("params"),
            lambda document: document["methods"][0].update(paramStructure="any"),
            lambda document: document["methods"][0].update(effect="reads"),
            lambda document: document["methods"][0]["result"].update(schema={"type": "text"}),
            lambda document: document["servers"][0].pop("url"),
        ],
    )
    def test_a_damaged_one_is_not(self, document: dict[str, Any], damage: Callable[[Any], Any]) -> None:
        damaged = copy.deepcopy(document)
        damage(damaged)
        with pytest.raises(ValidationError):
            META_SCHEMA.validate(damaged)

    def test_every_procedure_is_in_it_by_name(self, document: dict[str, Any], registry: Registry) -> None:
        names = [method["name"] for method in document["methods"]]
        assert names == sorted(served.name for served in registry)
        assert "createTask" in names

    def test_every_procedure_says_what_it_does_and_whose_it_is(self, methods: dict[str, Any], plugins: Plugins) -> None:
        known = {"core", *(plugin.name for plugin in plugins)}
        for name, method in methods.items():
            assert method["summary"], name
            assert method["x-plugin"] in known
            assert method["tags"] == [{"name": method["x-plugin"]}]

    def test_parameters_and_defaults_are_those_of_the_functions(
        self, methods: dict[str, Any], registry: Registry
    ) -> None:
        for served in registry:
            for parameter, told in zip(served.parameters.all, methods[served.name]["params"], strict=True):
                assert (told["name"], told["required"]) == (parameter.name, parameter.required)
                assert ("default" in told["schema"]) is not parameter.required, "every default is JSON"
                if not parameter.required:
                    assert told["schema"]["default"] == parameter.default
                    Draft7Validator(told["schema"]).validate(parameter.default)

    def test_references_lead_somewhere(self, document: dict[str, Any]) -> None:
        for method in document["methods"]:
            errors = [_followed(document, error["$ref"]) for error in method["errors"]]
            assert sorted(error["code"] for error in errors) == [-32603, -32602, 401, 403]

    def test_every_recorded_answer_fits_what_the_document_says(self, methods: dict[str, Any]) -> None:
        fits = {name: Draft7Validator(method["result"]["schema"]) for name, method in methods.items()}
        recorded = 0
        for name, answer in _recorded_answers():
            if name in fits:
                recorded += 1
                fits[name].validate(answer)
        assert recorded > 1000


def _followed(document: Any, reference: str) -> Any:
    found = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _recorded_answers() -> Iterator[tuple[str, Any]]:
    """Names of procedures with what they were recorded to answer."""
    for path in RECORDINGS.glob("*/*.json"):
        for exchange in json.loads(path.read_text("utf-8"))["exchanges"]:
            request, response = exchange.get("request"), exchange.get("response")
            if isinstance(request, dict) and isinstance(response, dict) and "result" in response:
                yield str(request.get("method")), _without_placeholders(response["result"])


_STAND_INS = {"$time": 0, "$token": "", "$bcrypt": "", "$path": ""}
_ANY: dict[str, Any] = {"string": "", "number": 0, "boolean": False, "object": {}, "array": []}


def _without_placeholders(value: Any) -> Any:
    """A recorded value with some value in the place of each that differs from run to run."""
    if isinstance(value, list):
        return [_without_placeholders(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, argument),) = value.items()
        if key == "$any":
            return _ANY[argument]
        if key in _STAND_INS:
            return _STAND_INS[key]
    return {key: _without_placeholders(item) for key, item in value.items()}


class TestOneProcedure:
    def test_a_method_object(self) -> None:
        def add_note(call: Call, task_id: Id, text: str | None = None) -> int | None:
            """Add a note. It stands on top.

            Answers its id.
            """

        served = declared(add_note, access=members(Scope("task_id", unknown="unchecked")), effect=Effect.READS)
        (method,) = described(served)["methods"]
        assert method == {
            "name": "declared",
            "summary": "Add a note.",
            "description": "It stands on top.\n\nAnswers its id.",
            "tags": [{"name": "notebook"}],
            "paramStructure": "either",
            "params": [
                {
                    "name": "task_id",
                    "summary": "id",
                    "required": True,
                    "schema": {"type": ["integer", "string"]},
                },
                {
                    "name": "text",
                    "summary": "text or null",
                    "required": False,
                    "schema": {"type": ["string", "null"], "default": None},
                },
            ],
            "result": {"name": "result", "schema": {"type": ["integer", "null"]}},
            "errors": method["errors"],
            "x-plugin": "notebook",
            "x-effect": "reads",
            "x-access": {
                "users_only": False,
                "application_role": "app-user",
                "project_role": "project-member",
                "projects": [{"parameter": "task_id", "unknown": "unchecked"}],
                "words": "the application, and members and managers of the project `task_id`",
            },
        }

    @pytest.mark.parametrize("rule", [ANYONE, USERS, ADMINISTRATORS, MANAGERS, viewers(), managers(), members(PROJECT)])
    def test_a_rule_is_told_in_words_too(self, rule: Access) -> None:
        told = openrpc.access(rule)
        assert told["words"] == rule.in_words
        assert told["users_only"] is rule.users_only
        assert told["application_role"] == rule.application_role.value
        assert told["project_role"] == (rule.project_role.value if rule.project_role else None)
        assert [project["parameter"] for project in told["projects"]] == [scope.argument for scope in rule.scopes]

    def test_a_procedure_without_docstring_plugin_and_annotation_is_valid_too(self) -> None:
        def silent(call):  # type: ignore[no-untyped-def]
            return None

        document = described(declared(silent).registered_by(""))
        META_SCHEMA.validate(document)
        assert document["methods"][0]["result"]["schema"] == {}

    @pytest.mark.parametrize(
        ("schema", "nullable"),
        [
            ({}, {}),
            ({"type": "string", "minLength": 1}, {"type": ["string", "null"], "minLength": 1}),
            ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
            ({"enum": ["a"]}, {"anyOf": [{"enum": ["a"]}, {"type": "null"}]}),
            ({"type": "string", "enum": ["a"]}, {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
        ],
    )
    def test_a_nullable_parameter_takes_null(self, schema: dict[str, Any], nullable: dict[str, Any]) -> None:
        def take(call: Call, thing: Any) -> None: ...

        take.__annotations__["thing"] = Annotated[str, ArgumentType("thing", str, schema)] | None
        (method,) = described(declared(take))["methods"]
        assert method["params"][0]["schema"] == nullable
        assert Draft7Validator(nullable).is_valid(None)

    def test_the_address_is_only_named_when_it_is_known(self) -> None:
        assert "servers" not in described()
        known = openrpc.document([], title="Some", version="1", url="https://example.org/")
        assert known["servers"] == [{"name": "Some", "url": "https://example.org/"}]


class Unsayable:
    """Something that JSON has no word for."""


_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary(max_size=3)
    | st.sampled_from([OMITTED, Unsayable(), {1, 2}, Unsayable]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(default=_ANYTHING, said=_ANYTHING)
def test_the_document_can_be_sent_whatever_is_declared(default: Any, said: Any) -> None:
    def odd(call: Call, value: Scalar = default) -> Any: ...

    schema = {"default": said, "examples": [said]}
    odd.__annotations__["value"] = Annotated[Any, ArgumentType("odd", lambda value: value, schema)]
    document = described(declared(odd))
    sent = json.loads(framing.encode(framing.result(document, 1)))
    assert sent == {"jsonrpc": "2.0", "result": document, "id": 1}
    META_SCHEMA.validate(document)
