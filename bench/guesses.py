"""Whether the time of a refusal tells who has an account: attempts of several kinds, in turn, and their differences."""

from __future__ import annotations

import asyncio
import http.client
import math
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import bcrypt

from bench.seed import Caller
from bench.server import Server, kanboard_server
from bench.settings import APPLICATION, basic
from bench.study import Finding, Plan, Verdict

PASSWORD = "a password"  # noqa: S105 (of accounts that live as long as the measurement)

#: What is sent, by what it is called: a user name and a password, all of them refused.
ATTEMPTS = {
    "wrong password": ("somebody", "a guess of it"),
    "unknown user": ("nobody", "a guess of it"),
    "disabled, right password": ("disabled", PASSWORD),
    "disabled, wrong password": ("disabled", "a guess of it"),
    "two-factor, right password": ("twofactor", PASSWORD),
    "directory, no password": ("directory", PASSWORD),
    "no token, as password": ("somebody", "0" * 60),
}
#: What the others are compared with.
_STANDARD = "wrong password"

_ACCOUNTS = {
    "somebody": "nb_failed_login = 0",
    "disabled": "is_active = 0",
    "twofactor": "twofactor_activated = 1, twofactor_secret = 'JBSWY3DPEHPK3PXP'",
    "directory": "is_ldap_user = 1, password = NULL",
}
#: Otherwise the accounts would be locked after a few attempts, and refused without a hash.
_UNLIMITED = ("authentication.api_failures=0", "authentication.bruteforce_lockdown=1000000")

#: The most that an attempt may take longer or less long than a wrong password, as a share of the time of one hash.
DIFFERENCE = 0.05
CONFIDENCE = 0.95
#: Rounds that aren't counted: the first attempt of a process makes the hash that unknown users are compared with.
_WARM_UP = 3

_BODY = b'{"jsonrpc": "2.0", "method": "getVersion", "id": 1}'


@dataclass(frozen=True, slots=True)
class Guesses(Plan):
    """How guesses are measured."""

    attempts: int

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("--attempts: there must be one at least")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that was refused."""

    #: Seconds until it was.
    elapsed: float
    #: Seconds for which the threads of the server have run for it.
    running: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What attempts of one kind take longer than wrong passwords in the same rounds, in milliseconds."""

    median: float
    #: Between which it lies, with CONFIDENCE.
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


@dataclass(frozen=True, slots=True)
class Times(Finding):
    """What attempts of one kind take: medians, in milliseconds."""

    name: str
    #: Until the refusal, as the caller sees it.
    elapsed: float
    elapsed_longer: Difference
    #: Of the server's processor time, which other programs on the machine hardly change.
    running: float
    running_longer: Difference
    #: The processor time as a multiple of that of one hash, made by this process in the same rounds.
    hashes: float

    def row(self) -> list[str]:
        """For a table, below HEADINGS."""
        elapsed, running = f"{self.elapsed:.1f}", f"{self.running:.1f}"
        return [self.name, elapsed, str(self.elapsed_longer), running, str(self.running_longer), f"{self.hashes:.2f}"]


_LONGER = f"longer than a wrong password ({CONFIDENCE:.0%})"
HEADINGS = ("attempt", "ms", _LONGER, "CPU ms", _LONGER, "hashes")


def measure(plan: Guesses, _: asyncio.Runner, tell: Callable[[Times], None]) -> tuple[list[Verdict], list[Times]]:
    """Measures everything; `tell` gets the times of each kind.  Raises SeedError, ServerError, OSError."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        options = [*_UNLIMITED, *plan.options]
        with kanboard_server(plan.command, directory, token=plan.token, options=options) as server:
            make_accounts(server, directory / "bench.sqlite", plan.token)
            taken, hashes = _attempts(server, plan.attempts)
    hashed = statistics.median(hashes)
    times = [times_of(kind, taken, hashed) for kind in ATTEMPTS]
    for found in times:
        tell(found)
    return verdicts(times, hashed), times


def make_accounts(server: Server, database: Path, token: str) -> None:
    """Makes the accounts of the attempts.  Raises SeedError."""
    with Caller(server.address, APPLICATION, token) as application:
        for username in _ACCOUNTS:
            application.call("createUser", username=username, password=PASSWORD)
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        for username, columns in _ACCOUNTS.items():
            connection.execute(f"UPDATE users SET {columns} WHERE username = ?", (username,))  # noqa: S608 (constants)


def _attempts(server: Server, rounds: int) -> tuple[dict[str, list[Attempt]], list[float]]:
    """The attempts of each kind, in the order of the rounds, and seconds of hashes of this process.

    In each round every kind comes once, in another order each time: what slows the machine down hits all alike.
    """
    made: dict[str, list[Attempt]] = {kind: [] for kind in ATTEMPTS}
    hashes: list[float] = []
    dice = random.Random(1)  # noqa: S311 (no secret)
    salt = bcrypt.gensalt(10)
    connection = http.client.HTTPConnection(server.address.host, server.address.port, timeout=60)
    with closing(connection):
        for number in range(-_WARM_UP, rounds):
            order = list(ATTEMPTS)
            dice.shuffle(order)
            for kind in order:
                attempt = _refused(server, connection, *ATTEMPTS[kind])
                if number >= 0:
                    made[kind].append(attempt)
            begin = time.thread_time()
            bcrypt.hashpw(b"a guess of it", salt)
            hashes.append(time.thread_time() - begin)
    return made, hashes


def _refused(server: Server, connection: http.client.HTTPConnection, username: str, password: str) -> Attempt:
    """Has an attempt refused.  Raises ValueError when it isn't."""
    headers = {"Authorization": basic(username, password), "Content-Type": "application/json"}
    running, begin = server.running(), time.perf_counter()
    connection.request("POST", server.address.path, _BODY, headers)
    answer = connection.getresponse()
    answer.read()
    elapsed = time.perf_counter() - begin
    if answer.status != 401:
        raise ValueError(f"the attempt of {username} was answered {answer.status}, not refused")
    return Attempt(elapsed, server.running() - running)


def times_of(kind: str, made: Mapping[str, Sequence[Attempt]], hashed: float) -> Times:
    """The times of one kind of attempts, beside those of all; `hashed`: the seconds of a hash."""
    elapsed, standard_elapsed = ([attempt.elapsed * 1000 for attempt in made[name]] for name in (kind, _STANDARD))
    running, standard_running = ([attempt.running * 1000 for attempt in made[name]] for name in (kind, _STANDARD))
    return Times(
        kind,
        statistics.median(elapsed),
        difference(elapsed, standard_elapsed),
        statistics.median(running),
        difference(running, standard_running),
        statistics.median(running) / (hashed * 1000),
    )


def difference(values: Sequence[float], others: Sequence[float]) -> Difference:
    """By how much values are greater than others of the same rounds."""
    differences = [value - other for value, other in zip(values, others, strict=True)]
    return Difference(statistics.median(differences), *median_interval(differences))


def median_interval(values: Iterable[float]) -> tuple[float, float]:
    """Between which values the median lies, with CONFIDENCE, whatever the distribution; few values give their range."""
    ordered = sorted(values)
    count = len(ordered)
    # So many values are smaller than the median as heads come up in that many throws of a coin.
    rank, below = 0, 0.0
    while rank < count // 2:
        below += math.comb(count, rank) / 2**count
        if below > (1 - CONFIDENCE) / 2:
            break
        rank += 1
    lowest = max(0, rank - 1)
    return ordered[lowest], ordered[count - 1 - lowest]


def verdicts(times: Sequence[Times], hashed: float) -> list[Verdict]:
    """The targets, of the processor time; `hashed`: the seconds of a hash."""
    found = []
    for kind in times:
        if kind.name != _STANDARD:
            most = max(abs(kind.running_longer.low), abs(kind.running_longer.high)) / (hashed * 1000)
            found.append(Verdict.at_most(f"{kind.name}, difference as share of a hash", most, DIFFERENCE))
    return found
