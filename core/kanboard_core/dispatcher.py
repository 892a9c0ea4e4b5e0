"""Carries out the calls of a request, in order: the contract of a call.

A request is one database job: of a reader when all its calls read, else whole of the writer, a savepoint per call if
there are several. The account's row, its roles and the call belong to the same job. A call is rolled back by an
exception only: an answer of ``false`` keeps what was done. An ``async`` procedure runs outside any transaction, after
its access check.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from kanboard_core import framing
from kanboard_core.arguments import InvalidParams
from kanboard_core.authentication import Authentication, Unauthorized, Unverified
from kanboard_core.calls import CONTAINED, NO_DATABASE, AsyncCall, Call, ProcedureError
from kanboard_core.credentials import Credentials
from kanboard_core.database.database import Database
from kanboard_core.database.errors import Busy, DoesNotFit, StorageFailed, TimeLimitReached, TransactionLost
from kanboard_core.database.transaction import Transaction
from kanboard_core.decisions import report
from kanboard_core.framing import Answer, Invocation
from kanboard_core.permissions import Access, Caller, Decided, Forbidden
from kanboard_core.procedures import Effect, Procedure, Registry

if TYPE_CHECKING:
    from kanboard_core.server import Server

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Request:
    """A message to be carried out, and for whom."""

    entries: Sequence[Invocation | Answer]
    credentials: Credentials
    #: the address that it was sent to, as the client says; empty: unknown
    sent_to: str = ""


@dataclass(slots=True)
class Reply:
    """What became of a request."""

    #: one for each entry that is answered, in order
    answers: list[Answer] = field(default_factory=list)
    #: 200, or 401 or 403 when the whole request is refused
    status: int = 200
    #: who called, for the log; "-" as long as it isn't known
    caller: str = "-"


class _Abandoned(Exception):
    """The rest of a request can't be carried out."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers


class _Started(Exception):
    """The job has reached an ``async`` procedure, whose access is checked."""

    def __init__(self, entry: Invocation, procedure: Procedure, caller: Caller, arguments: list[Any]) -> None:
        self.entry = entry
        self.procedure = procedure
        self.caller = caller
        self.arguments = arguments


@dataclass(slots=True)
class _Progress:
    """How far a job came."""

    #: index of the next entry to carry out
    position: int
    answers: list[Answer]
    caller: Caller | None = None
    #: why it stopped before the end
    stop: Unverified | Unauthorized | Forbidden | _Started | None = None


class Dispatcher:
    """Carries out requests."""

    def __init__(self, server: Server, registry: Registry, database: Database, authentication: Authentication) -> None:
        self._server = server
        self._registry = registry
        self._database = database
        self._authentication = authentication

    async def answer(self, request: Request) -> Reply:
        """Carry out a request's calls in order. Never raises for what a client or a procedure does."""
        reply = Reply()
        position = 0
        verifications = 0
        while position < len(request.entries):
            try:
                progress = await self._job(request, position)
                reply.answers += progress.answers
                position = progress.position
                if progress.caller is not None:
                    reply.caller = progress.caller.name
                if isinstance(progress.stop, Unverified):
                    reply.caller = request.credentials.username or "-"
                    verifications += 1
                    if verifications > 3:  # the account keeps changing under us
                        raise Unauthorized
                    await self._verify(request, position)
                elif isinstance(progress.stop, _Started):
                    answer = await self._run_async(request, progress.stop)
                    if answer is not None:
                        reply.answers.append(answer)
                    position += 1
                elif progress.stop is not None:
                    raise progress.stop
            except Unauthorized as refusal:
                report(refusal.decision, request.credentials.username, request.credentials.address)
                return self._refused(reply, framing.UNAUTHORIZED, request)
            except Forbidden:
                return self._refused(reply, framing.FORBIDDEN, request)
            except _Abandoned as abandoned:
                reply.answers += abandoned.answers
                break
        return reply

    async def caller(self, credentials: Credentials, access: Access) -> Caller:
        """Who calls, for what isn't a procedure. Raises Unauthorized, or Forbidden by the application role."""
        try:
            caller = await self._identified(credentials)
        except Unauthorized as refusal:
            report(refusal.decision, credentials.username, credentials.address)
            raise
        access.check_application(caller)
        return caller

    async def _identified(self, credentials: Credentials) -> Caller:
        identify = self._authentication.identify
        for _ in range(3):
            try:
                return await self._database.read(lambda tx: identify(tx, credentials, int(time.time())))
            except Unverified:
                await self._authentication.verify(credentials)
        raise Unauthorized

    async def _verify(self, request: Request, position: int) -> None:
        try:
            await self._authentication.verify(request.credentials)
        except Unauthorized:
            raise
        except Exception as error:
            progress = self._failed(request, position, len(request.entries), error)
            raise _Abandoned(progress.answers) from error

    @staticmethod
    def _refused(reply: Reply, code: int, request: Request) -> Reply:
        caller = reply.caller if reply.caller != "-" else request.credentials.username or "-"
        return Reply([framing.error(code, None)], code, caller)

    async def _job(self, request: Request, position: int) -> _Progress:
        """One database job, from ``position`` to the end or to an async procedure."""
        end, effect = self._segment(request, position, len(request.entries))
        run = partial(self._run, request, position, end)
        if effect is Effect.NONE:
            return run(None)
        if self._authentication.needs_no_database(request.credentials):
            # What is refused without looking into the database need not wait for it.
            self._authentication.identify(None, request.credentials, 0)
        if effect is Effect.WRITES and self._database.engine.transaction_per_call and end - position > 1:
            return await self._one_by_one(request, position, end)
        try:
            return await (self._database.read(run) if effect is Effect.READS else self._database.write(run))
        except Exception as error:  # what a procedure raises is answered inside the job: this is the database
            if end - position > 1 and not isinstance(error, Busy):
                # One call took the transaction of all with it: each by itself, so that only the guilty one fails.
                return await self._one_by_one(request, position, end)
            return self._failed(request, position, end, error)

    async def _one_by_one(self, request: Request, position: int, end: int) -> _Progress:
        total = _Progress(position, [])
        while total.position < end and total.stop is None:
            following, effect = self._segment(request, total.position, total.position + 1)
            run = partial(self._run, request, total.position, following)
            try:
                progress = await (self._database.write(run) if effect is Effect.WRITES else self._database.read(run))
            except Exception as error:
                progress = self._failed(request, total.position, following, error)
            total.answers += progress.answers
            total.position, total.stop = progress.position, progress.stop
            total.caller = progress.caller or total.caller
        return total

    @staticmethod
    def _failed(request: Request, position: int, end: int, error: Exception) -> _Progress:
        if isinstance(error, (Busy, TimeLimitReached, StorageFailed)):
            _logger.error("the database could not carry out a request: %s", error)
        else:
            _logger.error("the database could not carry out a request", exc_info=error)
        data = str(error) if isinstance(error, (Busy, TimeLimitReached)) else "the database could not do it"
        answers = []
        for entry in request.entries[position:end]:
            if isinstance(entry, dict):
                answers.append(entry)
            elif entry.id is not None:
                answers.append(framing.error(framing.INTERNAL_ERROR, entry.id, data))
        return _Progress(end, answers)

    def _segment(self, request: Request, position: int, end: int) -> tuple[int, Effect]:
        """How far one job can go (not beyond ``end``), and what it does with the database."""
        effect = Effect.NONE if self._authentication.needs_no_database(request.credentials) else Effect.READS
        entries = request.entries
        for index in range(position, end):
            entry = entries[index]
            if isinstance(entry, dict):
                continue
            procedure = self._registry.find(entry.method)
            if procedure is None:
                continue
            if procedure.is_async:
                return index + 1, Effect.READS if effect is Effect.NONE else effect
            if procedure.effect is Effect.WRITES:
                effect = Effect.WRITES
            elif procedure.effect is Effect.READS and effect is Effect.NONE:
                effect = Effect.READS
        return end, effect

    def _run(self, request: Request, position: int, end: int, transaction: Transaction | None) -> _Progress:
        """Carry out entries in this job. Keeps nothing outside its result: it may be run again."""
        progress = _Progress(position, [])
        caller: Caller | None = None
        now = int(time.time())
        for index in range(position, end):
            entry = request.entries[index]
            progress.position = index
            if isinstance(entry, dict):
                progress.answers.append(entry)
                continue
            try:
                if caller is None:
                    caller = progress.caller = self._authentication.identify(transaction, request.credentials, now)
                answer = self._call(request, entry, caller, transaction, now, only=end - position == 1)
            except (Unverified, Unauthorized, Forbidden, _Started) as stop:
                progress.stop = stop
                return progress
            if answer is not None:
                progress.answers.append(answer)
            if transaction is not None and transaction.writable and caller.account is not None:
                caller = None  # the call may have changed the account
        progress.position = end
        return progress

    def _call(
        self,
        request: Request,
        entry: Invocation,
        caller: Caller,
        transaction: Transaction | None,
        now: int,
        *,
        only: bool,
    ) -> Answer | None:
        """Carry out one call, the only one of its job or one of several; None for a notification."""
        procedure = self._registry.find(entry.method)
        if procedure is None:
            return _answered(entry, framing.error(framing.METHOD_NOT_FOUND, entry.id))
        try:
            procedure.access.check_application(caller)
            arranged = procedure.parameters.arranged(entry.params)
            call = Call(self._server, caller, transaction or NO_DATABASE, now, sent_to=request.sent_to)
            if transaction is None:
                result = procedure.function(call, *procedure.parameters.converted(arranged))
            elif transaction.writable:
                with transaction.call(only=only):
                    result = self._checked(entry, procedure, call, arranged)
                result = framing.ready(result)
            else:
                result = framing.ready(self._checked(entry, procedure, call, arranged))
        except (Forbidden, _Started, StorageFailed, TransactionLost):
            raise
        except CONTAINED as error:
            return _answered(entry, self._error(entry, procedure, error))
        return _answered(entry, framing.result(result, entry.id))

    @staticmethod
    def _checked(entry: Invocation, procedure: Procedure, call: Call, arranged: list[Any]) -> Any:
        """Check the project roles, then the arguments' types, and run the procedure."""
        if procedure.scopes:
            scoped = [(scope, arranged[index]) for scope, index in procedure.scopes]
            procedure.access.check_project(call.tx, call.caller, scoped)
        arguments = procedure.parameters.converted(arranged)
        if procedure.is_async:
            raise _Started(entry, procedure, call.caller, arguments)
        return procedure.function(call, *arguments)

    async def _run_async(self, request: Request, started: _Started) -> Answer | None:
        entry = started.entry
        call = AsyncCall(self._server, started.caller, int(time.time()), request.sent_to)
        try:
            result = await started.procedure.function(call, *started.arguments)
        except Forbidden:
            raise
        except CONTAINED as error:
            return _answered(entry, self._error(entry, started.procedure, error))
        return _answered(entry, framing.result(result, entry.id))

    def _error(self, entry: Invocation, procedure: Procedure, error: BaseException) -> Answer:
        """The answer for what a procedure raised. Nothing internal goes to the client."""
        match error:
            case InvalidParams():
                return framing.error(framing.INVALID_PARAMS, entry.id, str(error))
            case Decided():
                return framing.result(error.answer, entry.id)
            case ProcedureError():
                return framing.error(error.code, entry.id, error.data, message=error.message)
            case DoesNotFit():
                return framing.result(False, entry.id)
            case Busy() | TimeLimitReached():
                return framing.error(framing.INTERNAL_ERROR, entry.id, str(error))
            case _:
                self._server.plugins.report(procedure.plugin, f"the procedure {procedure.name}", error)
                return framing.error(framing.INTERNAL_ERROR, entry.id)


def _answered(entry: Invocation, answer: Answer) -> Answer | None:
    return None if entry.id is None else answer
