"""Procedures: how a plain function is declared, and the registry that finds it by its name on the wire."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from types import ModuleType
from typing import Any, TypeVar

from kanboard_core.arguments import Parameters, parameters_of
from kanboard_core.permissions import Access

F = TypeVar("F", bound=Callable[..., Any])

_DECLARATION = "__kanboard_procedure__"


class Effect(Enum):
    """What a procedure does with the database."""

    #: may change it (the default: forgetting a declaration costs speed, never correctness)
    WRITES = "writes"
    #: only reads; the engine refuses a write
    READS = "reads"
    #: doesn't look at it
    NONE = "none"


READS = Effect.READS
WRITES = Effect.WRITES


class Procedure:
    """A declared procedure: name, function, access rule, parameters, effect."""

    __slots__ = ("access", "effect", "function", "is_async", "name", "parameters", "plugin", "scopes")

    def __init__(self, name: str, function: Callable[..., Any], access: Access, effect: Effect) -> None:
        self.name = name
        self.function = function
        self.access = access
        self.effect = effect
        self.is_async = inspect.iscoroutinefunction(function)
        self.parameters: Parameters = parameters_of(function)
        #: name of the plugin that registered it
        self.plugin = ""
        try:
            self.scopes = tuple((scope, self.parameters.position(scope.argument)) for scope in access.scopes)
        except KeyError as error:
            raise TypeError(f"{name}: the access rule names the parameter {error}, which there isn't") from None

    @property
    def documentation(self) -> str:
        """The function's docstring, without indentation."""
        return inspect.getdoc(self.function) or ""

    def __repr__(self) -> str:
        return f"<Procedure {self.name}>"


def procedure(name: str, *, access: Access, effect: Effect = Effect.WRITES) -> Callable[[F], F]:
    """Declare a function as the procedure ``name``.

    Its first parameter is the call, the others are the parameters on the wire: names, order, types and defaults.
    An ordinary function runs inside a transaction with a :class:`~kanboard_core.calls.Call`; an ``async`` one runs
    outside, after the access check, with a :class:`~kanboard_core.calls.AsyncCall`. ``access`` must be stated; the
    function stays callable as it is. Raises TypeError for a signature or rule that can't be served.
    """

    def declare(function: F) -> F:
        setattr(function, _DECLARATION, Procedure(name, function, access, effect))
        return function

    return declare


def declared_in(module: ModuleType) -> list[Procedure]:
    """The procedures that a module declares, in the order of its text."""
    found = [
        value.__dict__[_DECLARATION]
        for value in vars(module).values()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and _DECLARATION in value.__dict__
    ]
    return found


class Registry:
    """All procedures that are served, by name. Names are found without regard to ASCII case."""

    def __init__(self, procedures: Iterable[Procedure] = ()) -> None:
        self._by_name: dict[str, Procedure] = {}
        self._by_folded: dict[str, Procedure] = {}
        for declared in procedures:
            self.add(declared)

    def add(self, declared: Procedure) -> None:
        """Serve a procedure. Raises ValueError when the name is taken."""
        taken = self._by_folded.get(_folded(declared.name))
        if taken is not None:
            raise ValueError(
                f"procedure {declared.name} is declared by the plugins {taken.plugin!r} and {declared.plugin!r}"
            )
        self._by_name[declared.name] = declared
        self._by_folded[_folded(declared.name)] = declared

    def find(self, name: str) -> Procedure | None:
        """The procedure of that name, None when there is none."""
        return self._by_name.get(name) or (self._by_folded.get(_folded(name)) if name.isascii() else None)

    def __iter__(self) -> Iterator[Procedure]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)


def _folded(name: str) -> str:
    return name.lower()
