"""Procedures: how a plain function is declared, and the registry that finds it by its name on the wire."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from copy import copy
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

    __slots__ = (
        "access",
        "declared",
        "effect",
        "function",
        "is_async",
        "name",
        "overrides",
        "parameters",
        "plugin",
        "scopes",
    )

    def __init__(
        self, name: str, function: Callable[..., Any], access: Access, effect: Effect, *, overrides: bool = False
    ) -> None:
        if not isinstance(access, Access):
            raise TypeError(f"{name}: access must be a rule such as ANYONE or members(), not {access!r}")
        self.name = name
        #: what is called
        self.function = function
        #: the function as its author wrote it
        self.declared = function
        self.access = access
        self.effect = effect
        self.overrides = overrides
        self.is_async = inspect.iscoroutinefunction(function)
        if not inspect.signature(function).parameters:
            raise TypeError(f"{name}: a procedure takes the call as its first parameter")
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
        return inspect.getdoc(self.declared) or ""

    def registered_by(self, plugin: str) -> Procedure:
        """A copy that belongs to a plugin of one server."""
        registered = copy(self)
        registered.plugin = plugin
        return registered

    def replaced(self, function: Callable[..., Any], parameters: Parameters, effect: Effect) -> Procedure:
        """A copy that calls another function, whose first parameters are those of this one."""
        replaced = copy(self)
        replaced.function, replaced.parameters, replaced.effect = function, parameters, effect
        return replaced

    def __repr__(self) -> str:
        return f"<Procedure {self.name}>"


def procedure(
    name: str, *, access: Access, effect: Effect = Effect.WRITES, overrides: bool = False
) -> Callable[[F], F]:
    """Declare a function as the procedure ``name``.

    Its first parameter is the call, the others are the parameters on the wire: names, order, types and defaults.
    An ordinary function runs inside a transaction with a :class:`~kanboard_core.calls.Call`; an ``async`` one runs
    outside, after the access check, with a :class:`~kanboard_core.calls.AsyncCall`. ``access`` must be stated; the
    function stays callable as it is. ``overrides``: it is served instead of another plugin's procedure of that name,
    which without it would be an error. Raises TypeError for a signature or rule that can't be served.
    """

    def declare(function: F) -> F:
        setattr(function, _DECLARATION, Procedure(name, function, access, effect, overrides=overrides))
        return function

    return declare


def declaration(function: Callable[..., Any]) -> Procedure:
    """The procedure that a function is declared as. Raises TypeError when it isn't declared."""
    found = vars(function).get(_DECLARATION)
    if not isinstance(found, Procedure):
        raise TypeError(f"{function.__qualname__} isn't declared with @procedure")
    return found


def declared_in(module: ModuleType | str) -> list[Procedure]:
    """The procedures that a module declares, in the order of its text. A module names itself by its ``__name__``.

    Raises ValueError for the name of a module that isn't imported.
    """
    if isinstance(module, str):
        if module not in sys.modules:
            raise ValueError(f"procedures can't be declared in {module!r}: no module of that name is imported")
        module = sys.modules[module]
    return [
        declaration(value)
        for value in vars(module).values()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and _DECLARATION in vars(value)
    ]


class Registry:
    """All procedures that are served, by name. Names are found without regard to ASCII case."""

    def __init__(self, procedures: Iterable[Procedure] = ()) -> None:
        self._by_name: dict[str, Procedure] = {}
        self._by_folded: dict[str, Procedure] = {}
        for declared in procedures:
            self.add(declared)

    def add(self, declared: Procedure) -> None:
        """Serve a procedure. Raises ValueError when the name is taken and neither of the two overrides the other."""
        taken = self._by_folded.get(_folded(declared.name))
        if taken is not None and taken.overrides == declared.overrides:
            raise ValueError(
                f"procedure {declared.name} is declared by the plugins {taken.plugin!r} and {declared.plugin!r}:"
                " switch one of them off, or have just one say that it overrides"
            )
        if taken is None or declared.overrides:
            self.replace(declared)

    def replace(self, declared: Procedure) -> None:
        """Serve a procedure instead of the one of that name, if there is one."""
        taken = self._by_folded.get(_folded(declared.name))
        if taken is not None:
            del self._by_name[taken.name]
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
