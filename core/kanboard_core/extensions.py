"""Extensions: what a plugin adds to a procedure of another, more keys in its answer or more parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any

from kanboard_core.arguments import Parameter, Parameters, parameters_of
from kanboard_core.procedures import Effect, Procedure

#: carries out a function for a call and answers what it answers, or the third argument when it fails
Contained = Callable[[Any, Callable[[], Any], Any], Any]


class Extension:
    """What is done with the answer of a procedure before it goes out.

    ``function(call, answer, ...)`` runs after the procedure, in the same transaction, and answers what is to be
    answered instead (usually ``answer`` itself, with keys added). Further parameters with the names of the procedure's
    own get the same values; others are new on the wire, at the end of the procedure's, and must have a default.
    An extension of a procedure that reads can only read.

    Raises TypeError for a function that can't be an extension.
    """

    __slots__ = ("function", "parameters", "plugin", "procedure")

    def __init__(self, procedure: str, function: Callable[..., Any]) -> None:
        self.procedure = procedure
        self.function = function
        self.plugin = ""
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{function.__qualname__}: an extension is an ordinary function")
        if len(inspect.signature(function).parameters) < 2:
            raise TypeError(f"{function.__qualname__}: an extension takes the call and the answer")
        self.parameters: Parameters = parameters_of(function, leading=2)

    def registered_by(self, plugin: str) -> Extension:
        """A copy that belongs to a plugin of one server."""
        registered = copy(self)
        registered.plugin = plugin
        return registered

    def of(self, procedure: Procedure, contained: Contained) -> Procedure:
        """The procedure with this extension; the original stays as it is.

        Raises TypeError when a new parameter has no default, or when the procedure is ``async``.
        """
        if procedure.is_async:
            raise TypeError(f"{procedure.name} is async, which can't be extended")
        own = procedure.parameters.all
        positions = {parameter.name: index for index, parameter in enumerate(own)}
        new: list[Parameter] = []
        wanted: list[int] = []
        for parameter in self.parameters.all:
            if parameter.name not in positions:
                if parameter.required:
                    raise TypeError(f"the new parameter {parameter.name} of {procedure.name} needs a default")
                positions[parameter.name] = len(own) + len(new)
                new.append(parameter)
            wanted.append(positions[parameter.name])
        inner, outer, count = procedure.function, self.function, len(own)

        def extended(call: Any, *values: Any) -> Any:
            answer = inner(call, *values[:count])
            picked = [values[position] for position in wanted]
            return contained(call, partial(outer, call, answer, *picked), answer)

        # Without a transaction nothing could be undone.
        effect = Effect.READS if procedure.effect is Effect.NONE else procedure.effect
        return procedure.replaced(extended, Parameters([*own, *new]), effect)


def extension(function: Callable[..., Any], *procedures: str) -> list[Extension]:
    """Declare that ``function(call, answer, ...)`` has a say in the answers of these procedures."""
    return [Extension(name, function) for name in procedures]
