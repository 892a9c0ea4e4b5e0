"""Leases: named locks that one of all processes which share a database holds, and that a killed process doesn't keep.

A lease is a row of a table of the core's own, made by a migration: every process has the database, whatever machine it
runs on, and the core itself needs leases whichever plugins are on. No clock is compared with that of another machine:
a holder counts ``beat`` up, and who has seen the same beat for as long as the holder has promised to renew it, by the
own clock, takes the lease over.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from peewee import BigIntegerField, DoubleField, TextField

from kanboard_core.database import Conflict, Model, Row, insertion, param, statement
from kanboard_core.database.database import Database
from kanboard_core.database.migrations import Changes, Migration
from kanboard_core.database.transaction import Transaction

T = TypeVar("T")

#: seconds for which a lease is held without being renewed, unless the holder says otherwise
SECONDS = 15.0


class LeaseRow(Model):
    """A lease, held or not."""

    name = TextField(primary_key=True)
    #: which process holds it; empty: none does
    holder = TextField()
    #: grows whenever the lease is taken or renewed
    beat = BigIntegerField()
    #: how long the holder may let pass without renewing it
    seconds = DoubleField()
    #: what holders leave for those that follow; empty: nothing
    note = TextField()

    class Meta:
        table_name = "kanboard_server_leases"


def _create_leases(changes: Changes) -> None:
    class Lease(Model):
        name = TextField(primary_key=True)
        holder = TextField()
        beat = BigIntegerField()
        seconds = DoubleField()
        note = TextField()

        class Meta:
            table_name = "kanboard_server_leases"

    changes.create_table(Lease)


MIGRATIONS = (Migration(1, "create the table of leases", _create_leases),)

_NAMED = LeaseRow.name == param("name")
_MINE = _NAMED & (LeaseRow.holder == param("holder"))
_LEASE = statement(LeaseRow.select().where(_NAMED))
_INSERT = insertion(LeaseRow, "name", "holder", "beat", "seconds", "note")
_TAKE = statement(
    LeaseRow.update(
        {LeaseRow.holder: param("holder"), LeaseRow.beat: LeaseRow.beat + 1, LeaseRow.seconds: param("seconds")}
    ).where(_NAMED & (LeaseRow.holder == param("seen_holder")) & (LeaseRow.beat == param("seen_beat")))
)
_RENEW = statement(LeaseRow.update({LeaseRow.beat: LeaseRow.beat + 1}).where(_MINE))
_RELEASE = statement(LeaseRow.update({LeaseRow.holder: ""}).where(_MINE))
_HOLD_OFF = statement(LeaseRow.select(LeaseRow.name).where(_NAMED).for_update())
_NOTE = statement(LeaseRow.select(LeaseRow.note).where(_NAMED))
_SET_NOTE = statement(LeaseRow.update({LeaseRow.note: param("note")}).where(_NAMED))


class LeaseLost(Exception):
    """Another process has taken the lease over; what was to be written under it is undone."""


def hold_off(tx: Transaction, name: str) -> None:
    """Have whoever writes under a lease, or takes it, wait until this transaction ends; the holder keeps the lease.

    For those that change what its holder changes too. Asked for before anything is written.
    """
    tx.all(_HOLD_OFF, name=name)


class Lease:
    """The claim of one process to a lease. On the event loop, of a server that is started."""

    def __init__(self, database: Database, name: str, *, seconds: float = SECONDS) -> None:
        """``seconds``: others take the lease over when it isn't renewed for so long."""
        self.name = name
        self.seconds = seconds
        self._database = database
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
        self._until = 0.0
        self._seen = ("", 0)
        self._seen_at = 0.0

    @property
    def held(self) -> bool:
        """Whether nobody else can have taken it over yet."""
        return time.monotonic() < self._until

    @property
    def is_due(self) -> bool:
        """Whether it is time to renew it."""
        return time.monotonic() > self._until - self.seconds * 2 / 3

    async def acquire(self) -> bool:
        """Take the lease if it is free, or if its holder doesn't renew it; whether this process holds it now.

        One call never waits for another holder: ask again, several times within ``seconds``. Raises what the database
        raises.
        """
        began = time.monotonic()
        seen = await self._database.read(lambda tx: tx.one(_LEASE, name=self.name))
        if not self._is_free(seen):
            return False
        if not await self._database.write(partial(self._take, seen)):
            return False
        self._until = began + self.seconds
        return True

    async def write(self, job: Callable[[Transaction], T]) -> T:
        """Carry out a job that writes, in a transaction that renews the lease.

        Raises LeaseLost, and nothing is written, when another process holds it.
        """
        began = time.monotonic()

        def confirmed(tx: Transaction) -> T:
            if not tx.run(_RENEW, name=self.name, holder=self._holder):
                raise LeaseLost(self.name)
            return job(tx)

        try:
            result = await self._database.write(confirmed)
        except LeaseLost:
            self._until = 0.0
            raise
        self._until = began + self.seconds
        return result

    async def renew(self) -> None:
        """Keep the lease for ``seconds`` more. Raises LeaseLost."""
        await self.write(lambda tx: None)

    async def release(self) -> None:
        """Give the lease back, so that another process needn't wait. Nothing happens when it was lost."""
        self._until = 0.0
        await self._database.write(lambda tx: tx.run(_RELEASE, name=self.name, holder=self._holder))

    def note(self, tx: Transaction) -> str:
        """What the holders before have left; "" for nothing."""
        return tx.scalar(_NOTE, name=self.name) or ""

    def leave(self, tx: Transaction, note: str) -> None:
        """Leave a note for the holders that follow, in a job of ``write``."""
        tx.run(_SET_NOTE, name=self.name, note=note)

    def _is_free(self, seen: Row | None) -> bool:
        if seen is None or seen["holder"] in ("", self._holder):
            return True
        now = time.monotonic()
        beat = (seen["holder"], seen["beat"])
        if beat != self._seen:
            self._seen, self._seen_at = beat, now
            return False
        patience: float = seen["seconds"]
        return now - self._seen_at > patience

    def _take(self, seen: Row | None, tx: Transaction) -> bool:
        """Take what was seen to be free, unless another process was faster."""
        if seen is None:
            try:
                tx.insert(_INSERT, name=self.name, holder=self._holder, beat=1, seconds=self.seconds, note="")
            except Conflict:
                return False
            return True
        taken = tx.run(
            _TAKE,
            name=self.name,
            holder=self._holder,
            seconds=self.seconds,
            seen_holder=seen["holder"],
            seen_beat=seen["beat"],
        )
        return taken > 0
