"""What a procedure and its reactions are handed: the caller, the transaction, the moment, ways to do more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from kanboard_core.database.transaction import Transaction
from kanboard_core.events import Event, Origin
from kanboard_core.permissions import Caller

if TYPE_CHECKING:
    from kanboard_core.server import Server

P = ParamSpec("P")
T = TypeVar("T")


#: what is contained when a plugin raises it: one that ends the process ends only its own part
CONTAINED = (Exception, SystemExit)


class ProcedureError(Exception):
    """Raised by a procedure to answer with an error object of its own."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


@dataclass(slots=True)
class Call:
    """What a procedure and its reactions are handed: the caller, the transaction, the moment."""

    server: Server
    caller: Caller
    #: the transaction that the call runs in
    tx: Transaction
    #: Unix seconds, the same during the whole call
    now: int
    origin: Origin = Origin.API
    #: the address that the request was sent to, as its client says; empty: unknown
    sent_to: str = ""
    #: what plugins keep until the call ends, by keys of their own; undone savepoints leave it as it is
    kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """What links in answers begin with, with a closing slash.

        The option ``base_url``, else the setting ``application_url``, else where the request was sent to, which is the
        client's word: never for what others read.
        """
        url = self.server.base_url or self.tx.setting("application_url") or self.sent_to or "http://localhost/"
        return url if url.endswith("/") else url + "/"

    def after_commit(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have ``function(...)`` called once this call is committed: for effects that can't be undone, as on files.

        It runs in a thread, outside the transaction, before the caller is answered, and not at all when the call, or a
        savepoint around this, is undone or the process ends before. What it raises is logged, and nobody is told.
        """
        self.tx.after_commit(partial(function, *args, **kwargs))

    def emit(self, name: str, payload: dict[str, Any]) -> None:
        """Raise an event: its reactions run now, in this transaction, each in a savepoint of its own.

        A reaction that raises is undone, logged and reported; the call goes on.
        """
        reactions = self.server.reactions.to(name)
        if not reactions:
            return
        event = Event(name, payload, self.origin)
        for reaction in reactions:
            self.server.plugins.react(reaction, self, event)


class _NoDatabase:
    """Stands for the transaction of a procedure that is declared not to look at the database."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("the procedure is declared with Effect.NONE: it has no transaction")


#: the transaction of a procedure that is declared not to look at the database: using it raises RuntimeError
NO_DATABASE = cast(Transaction, _NoDatabase())


@dataclass(slots=True)
class AsyncCall:
    """What an ``async`` procedure is handed: it asks for what it needs, outside any transaction."""

    server: Server
    caller: Caller
    #: Unix seconds at which the call began
    now: int
    #: the address that the request was sent to, as its client says; empty: unknown
    sent_to: str = ""

    async def read(self, function: Callable[Concatenate[Call, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(call, ...)`` in a reader, on one snapshot."""
        return await self.server.database.read(partial(self._run, function, args, kwargs))

    async def write(self, function: Callable[Concatenate[Call, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(call, ...)`` in a transaction of the writer; answered after its commit.

        It may be run twice: its effects outside the database belong after it.
        """
        return await self.server.database.write(partial(self._run, function, args, kwargs))

    async def in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something slow (files, images) in a thread."""
        return await asyncio.to_thread(function, *args, **kwargs)

    def _run(self, function: Callable[..., T], args: Any, kwargs: Any, transaction: Transaction) -> T:
        call = Call(self.server, self.caller, transaction, self.now, sent_to=self.sent_to)
        return function(call, *args, **kwargs)
