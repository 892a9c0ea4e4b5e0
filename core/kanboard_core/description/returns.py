"""What a procedure answers: its return annotation as a JSON Schema (draft 7)."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Literal

from kanboard_core.procedures import Procedure

Schema = dict[str, Any]

_SIMPLE: dict[Any, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    type(None): "null",
    list: "array",
    tuple: "array",
    Sequence: "array",
    dict: "object",
    Mapping: "object",
}
#: what says of a key whether it is always there
_QUALIFIERS: dict[Any, bool] = {typing.Required: True, typing.NotRequired: False}


def answer_schema(procedure: Procedure) -> Schema:
    """What the answers of a procedure look like; ``{}`` (anything) where its annotation doesn't say.

    ``false`` belongs to it when the access rule answers so for an argument that leads to no project.
    """
    schema = schema_of(typing.get_type_hints(procedure.declared, include_extras=True).get("return", Any))
    if any(scope.unknown == "false" for scope, _ in procedure.scopes):
        return _any_of([schema, {"const": False}])
    return schema


def schema_of(hint: Any) -> Schema:
    """The schema of the values that an annotation stands for, as they are once they are JSON.

    Knows what answers are made of: numbers, texts, booleans, None, lists, tuples, mappings, ``TypedDict``, ``Literal``,
    enumerations, and unions of them. Anything else is ``{}``. An object may have more keys than its schema names.
    """
    return _schema(hint, ())


def _schema(hint: Any, around: tuple[Any, ...]) -> Schema:
    """``around``: the annotations that this one is a part of; one that is a part of itself is described once."""
    if hint is None:
        return {"type": "null"}
    if isinstance(hint, typing.NewType):
        return _schema(hint.__supertype__, around)
    if hasattr(hint, "__value__"):  # "type X = ..."
        return {} if hint in around else _schema(hint.__value__, (*around, hint))
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _schema(parts[0], around)
    if origin is Literal:
        return _one_of(parts)
    if origin in (typing.Union, types.UnionType):
        return _any_of([_schema(part, around) for part in parts])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _one_of([member.value for member in hint])
    if typing.is_typeddict(origin or hint):
        return {"type": "object"} if hint in around else _keys(origin or hint, (*around, hint))
    kind = _SIMPLE.get(origin or hint)
    if kind is None:
        return {}
    return {"type": kind, **_contents(origin, parts, around)}


def _contents(origin: Any, parts: tuple[Any, ...], around: tuple[Any, ...]) -> Schema:
    """What a list, tuple or mapping holds."""
    if origin in (dict, Mapping):
        values = _schema(parts[1], around)
        return {"additionalProperties": values} if values else {}
    if origin is tuple and parts[-1:] != (...,):
        count = len(parts)
        items = {"items": [_schema(part, around) for part in parts]} if parts else {}
        return {**items, "minItems": count, "maxItems": count}
    if parts:
        items = _schema(parts[0], around)
        return {"items": items} if items else {}
    return {}


def _keys(hint: Any, around: tuple[Any, ...]) -> Schema:
    properties: dict[str, Schema] = {}
    required = []
    for key, declared in typing.get_type_hints(hint, include_extras=True).items():
        # __required_keys__ doesn't know of what is written as a text, as it is in most modules.
        needed = key in hint.__required_keys__
        while typing.get_origin(declared) in _QUALIFIERS:
            needed = _QUALIFIERS[typing.get_origin(declared)]
            declared = typing.get_args(declared)[0]
        properties[key] = _schema(declared, around)
        if needed:
            required.append(key)
    schema: Schema = {"type": "object", "properties": properties}
    return schema | {"required": sorted(required)} if required else schema


def _one_of(values: Iterable[Any]) -> Schema:
    found = [value.value if isinstance(value, Enum) else value for value in values]
    return {"const": found[0]} if len(found) == 1 else {"enum": found}


def _any_of(schemas: list[Schema]) -> Schema:
    """The union of schemas, without repetitions; what is only a type stands together."""
    parts = [part for schema in schemas for part in schema.get("anyOf", [schema])]
    if {} in parts:
        return {}
    kinds = list(dict.fromkeys(kind for part in parts if part.keys() == {"type"} for kind in kinds_of(part)))
    together: Schema = {"type": kinds[0] if len(kinds) == 1 else kinds}
    union: dict[str, Schema] = {}  # by their text, for to Python 0 and false are equal
    for part in parts:
        if part.keys() == {"type"}:
            part = together
        elif "boolean" in kinds and isinstance(part.get("const"), bool):
            continue
        union[json.dumps(part, default=repr)] = part
    return next(iter(union.values())) if len(union) == 1 else {"anyOf": list(union.values())}


def kinds_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema names, [] when it names none."""
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)
