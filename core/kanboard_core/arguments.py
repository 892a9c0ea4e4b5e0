"""Argument types: what a procedure's parameters accept from the wire, and what the procedure then gets.

A parameter's annotation decides. The types here carry PHP's leniency where Kanboard shows it; a plugin may also write
plain ``int``, ``float``, ``str``, ``bool``, ``list`` and ``dict``, which are strict.
Source: spec page "protocol", section 5.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

#: stands for every value that can't be an id; no row has it
NO_ID = -(2**63)

_DECIMAL = re.compile(r"-?[0-9]+\Z", re.ASCII)
_LEADING_INTEGER = re.compile(r"[ \t\n\r\v\f]*([+-]?[0-9]+)(?:\.[0-9]*)?(?:[eE]([+-]?[0-9]+))?", re.ASCII)
_LARGEST = 2**63 - 1


#: stands where nothing was sent
OMITTED = object()


class InvalidParams(Exception):
    """The arguments don't fit the procedure: answered -32602, with the message as ``data``."""


@dataclass(frozen=True, slots=True)
class ArgumentType:
    """How values of one kind are read from the wire."""

    name: str
    #: raises ValueError with the end of a sentence ("must be ...") for what it doesn't accept
    convert: Callable[[Any], Any]
    #: for descriptions of the interface
    json_schema: Mapping[str, Any] = field(hash=False)


def to_id(value: Any) -> int:
    """An id: an integer or its decimal text. What can't be an id becomes NO_ID and so matches no row."""
    if type(value) is int:
        return value if -_LARGEST <= value <= _LARGEST else NO_ID
    if isinstance(value, str):
        return to_id(int(value)) if len(value) < 20 and _DECIMAL.match(value) else NO_ID
    if isinstance(value, float):
        return to_id(int(value)) if value.is_integer() else NO_ID
    if value is True:
        return 1
    _refuse_structures(value)
    return NO_ID


def to_ids(value: Any) -> list[int]:
    """Several ids: an array of them, or the values of an object."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise ValueError("must be an array or an object")
    try:
        return [to_id(item) for item in value]
    except ValueError:
        raise ValueError("must not hold arrays or objects") from None


def to_text(value: Any) -> str | None:
    """Text; numbers and booleans are written as PHP writes them, null stays None."""
    if value is None or isinstance(value, str):
        return value
    _refuse_structures(value)
    if value is True:
        return "1"
    if value is False:
        return ""
    if isinstance(value, float):
        return _fraction_as_text(value)
    return str(value)


def to_scalar(value: Any) -> Any:
    """Any value that is no array and no object, unchanged."""
    _refuse_structures(value)
    return value


def to_integer(value: Any) -> int:
    """An integer the lenient way: leading digits of a text count, everything else is 0, fractions are cut."""
    if isinstance(value, bool) or value is None:
        return int(bool(value))
    if isinstance(value, str):
        found = _LEADING_INTEGER.match(value)
        if not found:
            return 0
        if found[2] is not None or "." in found[0]:
            return to_integer(float(found[0]))
        return _clamped(int(found[1][:25]))
    if isinstance(value, float) and not math.isfinite(value):
        return 0  # the text "1e400"
    if isinstance(value, (int, float)):
        return _clamped(int(value))
    _refuse_structures(value)
    return 0


def to_flag(value: Any) -> bool:
    """Truth the way PHP sees it: null, false, 0, "", "0" and empty arrays are false."""
    return bool(value) and value != "0"


def to_list(value: Any) -> list[Any]:
    """An array."""
    if not isinstance(value, list):
        raise ValueError("must be an array")
    return value


def to_mapping(value: Any) -> dict[str, Any]:
    """An object. (An empty array is an empty object, as PHP clients send it.)"""
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return value


def _strict_integer(value: Any) -> int:
    if isinstance(value, str) and len(value) < 20 and _DECIMAL.match(value):
        value = int(value)
    if type(value) is not int or abs(value) > _LARGEST:
        raise ValueError("must be an integer")
    return value


def _strict_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a number")
    if abs(value) > sys.float_info.max:
        raise ValueError("must be a smaller number")
    return float(value)


def _strict_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value


def _strict_flag(value: Any) -> bool:
    if value in (0, 1) and not isinstance(value, float):
        return bool(value)
    raise ValueError("must be true or false")


def _clamped(value: int) -> int:
    return max(-_LARGEST - 1, min(_LARGEST, value))


def _fraction_as_text(value: float) -> str:
    """A float in PHP's writing, of 14 significant digits: ``1``, ``1.5``, ``1.0E+25``."""
    mantissa, exponential, exponent = f"{value:.14G}".partition("E")
    if not exponential:
        return mantissa
    return f"{mantissa}{'' if '.' in mantissa else '.0'}E{int(exponent):+d}"


def _refuse_structures(value: Any) -> None:
    if isinstance(value, (list, dict)):
        raise ValueError("must not be an array or an object")


_SCALAR = {"type": ["string", "number", "boolean", "null"]}

#: the id of a row; what can't be one matches nothing
Id = Annotated[int, ArgumentType("id", to_id, {"type": ["integer", "string"]})]
#: the ids of several rows; of an object the values
Ids = Annotated[list[int], ArgumentType("ids", to_ids, {"type": ["array", "object"]})]
#: text, or null
Text = Annotated[str | None, ArgumentType("text", to_text, _SCALAR)]
#: any scalar, for procedures with rules of their own
Scalar = Annotated[Any, ArgumentType("scalar", to_scalar, _SCALAR)]
#: an integer read leniently
Integer = Annotated[int, ArgumentType("integer", to_integer, _SCALAR)]
#: truth read leniently
Flag = Annotated[bool, ArgumentType("flag", to_flag, {})]
#: an array
Array = Annotated[list[Any], ArgumentType("array", to_list, {"type": "array"})]
#: an object
Mapped = Annotated[dict[str, Any], ArgumentType("object", to_mapping, {"type": "object"})]

_STRICT: dict[Any, ArgumentType] = {
    int: ArgumentType("integer", _strict_integer, {"type": "integer"}),
    float: ArgumentType("number", _strict_number, {"type": "number"}),
    str: ArgumentType("text", _strict_text, {"type": "string"}),
    bool: ArgumentType("flag", _strict_flag, {"type": "boolean"}),
    list: ArgumentType("array", to_list, {"type": "array"}),
    dict: ArgumentType("object", to_mapping, {"type": "object"}),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a procedure, as its signature declares it."""

    name: str
    type: ArgumentType
    required: bool
    default: Any
    #: null is an acceptable value that is not converted
    nullable: bool


class Parameters:
    """A procedure's parameters; binds what a caller sent."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.all = tuple(parameters)
        self._required = sum(parameter.required for parameter in parameters)
        self._positions = {parameter.name: index for index, parameter in enumerate(parameters)}

    def bind(self, sent: list[Any] | dict[str, Any]) -> list[Any]:
        """The values for the function, in declaration order. Raises InvalidParams with the reason."""
        return self.converted(self.arranged(sent))

    def arranged(self, sent: list[Any] | dict[str, Any]) -> list[Any]:
        """What was sent, in declaration order, OMITTED for the rest. Raises InvalidParams for counts and names."""
        count = len(sent)
        if count < self._required:
            raise InvalidParams("Wrong number of arguments")
        if count > len(self.all):
            raise InvalidParams("Too many arguments")
        if isinstance(sent, list):
            return sent + [OMITTED] * (len(self.all) - count)
        for parameter in self.all:
            if parameter.required and parameter.name not in sent:
                raise InvalidParams(f"Missing argument: {parameter.name}")
        return [sent.get(parameter.name, OMITTED) for parameter in self.all]

    def converted(self, arranged: list[Any]) -> list[Any]:
        """Arranged values as the function takes them. Raises InvalidParams for a value that doesn't fit its type."""
        return [
            parameter.default if value is OMITTED else _converted(parameter, value)
            for parameter, value in zip(self.all, arranged, strict=True)
        ]

    def position(self, name: str) -> int:
        """Where the parameter stands in a list of arranged or bound values. Raises KeyError for an unknown name."""
        return self._positions[name]


def _converted(parameter: Parameter, value: Any) -> Any:
    if value is None and parameter.nullable:
        return None
    try:
        return parameter.type.convert(value)
    except ValueError as error:
        raise InvalidParams(f"Argument {parameter.name} {error}") from None


def parameters_of(function: Callable[..., Any], *, leading: int = 1) -> Parameters:
    """The parameters on the wire, from the signature: those after the ``leading`` ones, of which the first is the call.

    Raises TypeError for what can't be on the wire.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    found = []
    for parameter in list(inspect.signature(function).parameters.values())[leading:]:
        if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
            raise TypeError(f"{function.__qualname__}: parameter {parameter.name} must be an ordinary one")
        if parameter.name not in hints:
            raise TypeError(f"{function.__qualname__}: parameter {parameter.name} has no type")
        kind, nullable = _argument_type(hints[parameter.name])
        if kind is None:
            raise TypeError(f"{function.__qualname__}: the type of parameter {parameter.name} can't be on the wire")
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        found.append(Parameter(parameter.name, kind, required, default, nullable))
    return Parameters(found)


def _argument_type(hint: Any) -> tuple[ArgumentType | None, bool]:
    if typing.get_origin(hint) is Annotated:
        for extra in typing.get_args(hint)[1:]:
            if isinstance(extra, ArgumentType):
                return extra, False
        return _argument_type(typing.get_args(hint)[0])
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        nullable = len(kinds) < len(typing.get_args(hint))
        return (_argument_type(kinds[0])[0], nullable) if len(kinds) == 1 else (None, False)
    return _STRICT.get(typing.get_origin(hint) or hint), False
