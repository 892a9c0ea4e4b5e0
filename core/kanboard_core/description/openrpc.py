"""The OpenRPC document: a machine-readable description of the procedures that are served, from their declarations.

Source: the OpenRPC specification, 1.4.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import orjson

from kanboard_core import framing
from kanboard_core.arguments import Parameter
from kanboard_core.description.returns import answer_schema, kinds_of
from kanboard_core.description.signatures import summary_and_description, type_name
from kanboard_core.permissions import Access
from kanboard_core.procedures import Procedure

#: release of the specification that the documents follow
OPENRPC_VERSION = "1.4.1"

#: the errors that every call can have; those of a whole message (-32700, -32600) and of unknown names go without saying
_ERRORS = {
    "InvalidParams": framing.INVALID_PARAMS,
    "InternalError": framing.INTERNAL_ERROR,
    "Unauthorized": framing.UNAUTHORIZED,
    "Forbidden": framing.FORBIDDEN,
}
_UNSAYABLE = object()


def document(
    registry: Iterable[Procedure], *, title: str, version: str, url: str | None = None, description: str | None = None
) -> dict[str, Any]:
    """The OpenRPC document of these procedures, sorted by name. It can be written as JSON, whatever they declare.

    ``version``: of what is described; ``url``: where calls are sent, when that is known. Each method says in
    ``x-plugin`` which plugin serves it, in ``x-effect`` whether it ``reads`` or ``writes`` or does ``none`` of it, and
    in ``x-access`` who may call it (see :func:`access`). The ``summary`` of a parameter is the name of its type.
    """
    info = {"title": title, "version": version}
    if description is not None:
        info["description"] = description
    described: dict[str, Any] = {"openrpc": OPENRPC_VERSION, "info": info}
    if url is not None:
        described["servers"] = [{"name": title, "url": url}]
    described["methods"] = [_method(procedure) for procedure in sorted(registry, key=lambda found: found.name)]
    described["components"] = {"errors": {name: framing.error(code, None)["error"] for name, code in _ERRORS.items()}}
    return described


def access(rule: Access) -> dict[str, Any]:
    """An access rule, machine readable.

    ``users_only``: closed to the application token; ``application_role``: the lowest that a user needs;
    ``project_role``: the lowest that a user needs in every one of ``projects``, null when no project is looked at.
    ``projects``: each a ``parameter`` that is a project's id or leads to a project, and what it means when it leads
    to none (``unknown``): "forbidden", "false" (the answer) or "unchecked". ``words``: all that, for people.
    """
    return {
        "users_only": rule.users_only,
        "application_role": rule.application_role.value,
        "project_role": rule.project_role.value if rule.project_role else None,
        "projects": [{"parameter": scope.argument, "unknown": scope.unknown} for scope in rule.scopes],
        "words": rule.in_words,
    }


def _method(procedure: Procedure) -> dict[str, Any]:
    summary, description = summary_and_description(procedure)
    method: dict[str, Any] = {"name": procedure.name}
    if summary:
        method["summary"] = summary
    if description:
        method["description"] = description
    if procedure.plugin:
        method["tags"] = [{"name": procedure.plugin}]
    return method | {
        "paramStructure": "either",
        "params": [_parameter(parameter) for parameter in procedure.parameters.all],
        "result": {"name": "result", "schema": _sayable(answer_schema(procedure), {})},
        "errors": [{"$ref": f"#/components/errors/{name}"} for name in _ERRORS],
        "x-plugin": procedure.plugin,
        "x-effect": procedure.effect.value,
        "x-access": access(procedure.access),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = _sayable(dict(parameter.type.json_schema), {})
    if parameter.nullable:
        schema = _nullable(schema)
    if not parameter.required:
        default = _sayable(parameter.default, _UNSAYABLE)
        if default is not _UNSAYABLE:
            schema["default"] = default
    return {
        "name": parameter.name,
        "summary": type_name(parameter),
        "required": parameter.required,
        "schema": schema,
    }


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = kinds_of(schema)
    if not schema or "null" in kinds:
        return schema
    if kinds and not schema.keys() & {"enum", "const", "anyOf", "oneOf", "allOf", "not", "$ref"}:
        return schema | {"type": [*kinds, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _sayable(value: Any, otherwise: Any) -> Any:
    """A copy of a value in JSON's types; ``otherwise`` where JSON, as it is sent, has no such value."""
    try:
        orjson.dumps(value)
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return otherwise
