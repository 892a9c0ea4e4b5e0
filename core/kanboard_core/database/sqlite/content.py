"""The content of the database file that a server has open, and another one that takes its place.

That may be another file of its name, or another content in the same file, which is what Kanboard's "upload a database"
and ``cp`` do, whoever has it open. SQLite notices neither: it would go on with pages of both, and some day write what
is in the log over the new one.

So every transaction that reads ends, and every one that writes begins and ends, with a look at the file from outside.
Nothing but a checkpoint may change it; how it was after the last one, all processes that serve it know of each other
(see ``record``). Who finds that it has been written over makes everybody begin anew with what is there (see ``log``);
another file of the name is opened instead of the one before.

Source: spec page "storage", section 9.2.
"""

from __future__ import annotations

import contextlib
import enum
import logging
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from kanboard_core.database.errors import NotServed
from kanboard_core.database.schema import Condition
from kanboard_core.database.sqlite import schema
from kanboard_core.database.sqlite.errors import in_words
from kanboard_core.database.sqlite.log import Log, Progress
from kanboard_core.database.sqlite.opening import connect_looking
from kanboard_core.database.sqlite.record import Record, Seen, Stamp, stamp

#: seconds that a call waits until it is known what can be served
_PATIENCE = 5.0
#: seconds without a change after which a content counts as written
_STILL = 0.5
#: seconds that other programs are waited for, before calls are answered by an error
_OTHERS = 3.0
#: seconds between two looks at something that others do
_PAUSE = 0.05

_NO_FILE = "there is no database file"
_IN_USE = "another program keeps the content open whose place was taken"

_WATCHED = sys.platform != "win32"

_logger = logging.getLogger(__name__)


class _State(enum.Enum):
    """What the next transaction finds."""

    OPEN = enum.auto()
    #: another content is taking the place of the one that is open
    REPLACED = enum.auto()
    #: what is there can't be served; that is tried again and again
    NOT_SERVED = enum.auto()


class Guest(Protocol):
    """What has a connection to the content."""

    def interrupt(self) -> None:
        """Stop the statement that is carried out."""

    def disconnect(self) -> None:
        """Close the connection."""


class Content:
    """The content that the sessions of one server work with.

    One thread, that of the checkpoints, goes on with another content; all the others wait for it then.
    """

    #: the connection of that thread
    connection: sqlite3.Connection

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        """Open it. ``connect`` opens a connection to the file that may write. Raises sqlite3.Error or OSError."""
        self._path = path
        self._connect = connect
        self._place = os.fsencode(path)
        self._record = Record(path)
        # Guards what follows, and tells of every change of the state.
        self._condition = threading.Condition()
        self._state = _State.OPEN
        self._reason = ""
        #: counts the files that were opened
        self.opening = 0
        self._sessions: set[Guest] = set()
        self._inside: set[Guest] = set()
        self._stopping = False
        self._changing = False
        self._log: Log | None = None
        #: the file and its log after the last checkpoint that is known, and what the record said then
        self._seen: Seen | None = None
        self._noted = self._record.read()
        self._refused: Stamp | None = None
        self._open()

    # For sessions

    def add(self, session: Guest) -> None:
        """A session has a connection to the content."""
        with self._condition:
            self._sessions.add(session)

    def forget(self, session: Guest) -> None:
        """It is closed."""
        with self._condition:
            self._sessions.discard(session)

    def enter(self, session: Guest, *, look: bool) -> int:
        """Let a session begin a transaction; it ends with ``leave``. ``look``: after a look at the file.

        Answers which opening of the file its connection must be of. Raises NotServed.
        """
        with self._condition:
            if self._state is not _State.OPEN or (look and not self.is_there()):
                self._wait()
            self._inside.add(session)
            return self.opening

    def leave(self, session: Guest) -> None:
        """The session is in no transaction any more."""
        with self._condition:
            self._inside.discard(session)
            if self._state is not _State.OPEN:
                self._condition.notify_all()

    def is_there(self) -> bool:
        """Whether the content that is open is still the one in the file, from a look at it."""
        found = stamp(self._place)
        seen = self._seen
        if seen is not None and found == seen.stamp:
            return self._state is _State.OPEN
        with self._condition:
            if self._state is _State.OPEN and not self._explained(found):
                _logger.warning("another content has taken the place of the database %s", self._path)
                self._change(_State.REPLACED)
            return self._state is _State.OPEN

    def is_open(self) -> bool:
        """Whether nothing is known of another content."""
        return self._state is _State.OPEN

    # For the thread of the checkpoints

    def wait(self, seconds: float) -> bool:
        """Wait for so many seconds, or until another content is there; False when the server stops."""
        with self._condition:
            if self._state is not _State.REPLACED and not self._stopping:
                self._condition.wait(seconds)
            return not self._stopping

    def look(self) -> bool:
        """Look at the file, and go on with another content that is there. Answers whether there is one to work with."""
        if not self.is_there():
            try:
                self._go_on()
            except NotServed as error:
                self._serve_nothing(str(error))
        return self._state is _State.OPEN

    @contextlib.contextmanager
    def changing(self) -> Iterator[bool]:
        """For a checkpoint; False when another process makes one, or what is open is not what is there any more."""
        with self._condition:
            mine = self._record.acquire()
            # A checkpoint that was decided on before another content came would be laid over that.
            if mine and not self._is_as_seen():
                self._record.release()
                mine = False
            self._changing = mine
        try:
            yield mine
        finally:
            if mine:
                with self._condition:
                    self._note()
                    self._changing = False
                    self._record.release()

    def stop(self) -> None:
        """End the waiting."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()

    def close(self) -> None:
        """Close everything, when the sessions are closed."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()
        if self._log is not None:
            self._log.close()
        self._record.close()

    # What has happened to the file

    def _explained(self, found: Stamp | None) -> bool:
        """Whether what is in the file is the content that is open, with what checkpoints have moved there since."""
        if self._log is None:
            return not _WATCHED
        seen = self._known()
        while seen is not None and found is not None and found.is_of_same_file(seen.stamp):
            if found == seen.stamp or self._changing or self._record.is_taken():
                return True
            if (known := self._known()) == seen:
                return self._is_moved(self._log, seen)
            seen, found = known, stamp(self._place)  # that checkpoint has just ended
        return False

    def _is_as_seen(self) -> bool:
        """Whether the file is as the last checkpoint has left it, when nobody of ours makes one."""
        if self._log is None:
            return not _WATCHED
        seen = self._known()
        return self._state is _State.OPEN and seen is not None and stamp(self._place) == seen.stamp

    def _is_moved(self, log: Log, seen: Seen) -> bool:
        """Whether other programs have made checkpoints since."""
        progress = log.progress()
        if progress is None:  # one is under way: what comes of it is to be seen
            return True
        if progress.salt == seen.progress.salt:
            moved = progress.moved > seen.progress.moved
        else:
            moved = progress.moved > 0 or log.explains()
        return moved and self._note()

    def _note(self) -> bool:
        """Note what the file looks like after a checkpoint, if there is no other one under way.

        Answers False when its size is not what that has left: another content has come meanwhile.
        """
        if self._log is None:
            return True
        progress, size, found = self._log.progress(), self._log.size(), stamp(self._place)
        if progress is None or found is None or (progress, found) != (self._log.progress(), stamp(self._place)):
            return True
        if size not in (None, found.size):
            return False
        if self._is_open_file(found):
            self._agree(Seen(found, progress))
        return True

    def _known(self) -> Seen | None:
        """What is known of the last checkpoint, by this process or another one that has the same file open."""
        noted = self._record.read()
        if noted is not None and noted != self._noted:
            self._noted = noted
            if self._seen is None or noted.stamp.is_of_same_file(self._seen.stamp):
                self._seen = noted
        return self._seen

    def _agree(self, seen: Seen) -> None:
        self._seen = self._noted = seen
        self._record.write(seen)

    def _wait(self) -> None:
        """Wait until there is a content to work with. Raises NotServed."""
        deadline = time.monotonic() + _PATIENCE
        while self._state is not _State.OPEN:
            if self._state is _State.NOT_SERVED and stamp(self._place) != self._refused:
                self._change(_State.REPLACED)
            if self._state is _State.NOT_SERVED or not self._condition.wait(deadline - time.monotonic()):
                raise NotServed(self._reason or "another content is taking the place of the database")

    # Going on with another content

    def _go_on(self) -> None:
        """Open what is there now. Raises NotServed."""
        self._let_everybody_leave()
        if not self._is_open_file(stamp(self._place)):
            self._leave_file()
        if self._is_open_file(self._still()):
            assert self._log is not None  # noqa: S101 - it is open
            if not self._log.begin_anew(_OTHERS, unless=self._is_begun_anew, done=self._begun_anew):
                raise NotServed(_IN_USE)
            _judge(self.connection)
        else:
            self._leave_file()
            try:
                with contextlib.closing(connect_looking(self._path)) as newcomer:
                    _judge(newcomer)
                self._open()
            except (sqlite3.Error, OSError) as error:
                raise NotServed(in_words(error)) from error
        with self._condition:
            self._reason = ""
            self._refused = None
            self._change(_State.OPEN)
        _logger.warning("the database %s is served with another content", self._path)

    def _is_open_file(self, found: Stamp | None) -> bool:
        return found is not None and self._seen is not None and found.is_of_same_file(self._seen.stamp)

    def _let_everybody_leave(self) -> None:
        with self._condition:
            while self._inside:
                for session in self._inside:
                    session.interrupt()
                self._condition.wait(_PAUSE)

    def _still(self) -> Stamp:
        """The file, when nobody has written to it for a while. Raises NotServed when there is none."""
        found, since = stamp(self._place), time.monotonic()
        while time.monotonic() < since + _STILL:
            time.sleep(_PAUSE)
            if (again := stamp(self._place)) != found:
                found, since = again, time.monotonic()
        if found is None:
            raise NotServed(_NO_FILE)
        return found

    def _is_begun_anew(self) -> bool:
        """Whether another process has done it."""
        with self._condition:
            before = self._noted
            self._known()
            return self._noted != before and self._explained(stamp(self._place))

    def _begun_anew(self) -> None:
        found = stamp(self._place)
        if found is not None:
            self._agree(Seen(found, Progress(bytes(8), 0)))

    def _leave_file(self) -> None:
        """Close a file whose name another one has now, so that nothing of it is left beside that. Raises NotServed."""
        if self._log is None:
            return
        for session in tuple(self._sessions):
            session.disconnect()
        with contextlib.suppress(sqlite3.Error):  # SQLite itself doesn't do it for a file that has been moved
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.connection.close()
        self._seen = None
        if not self._log.remove(_OTHERS):
            raise NotServed(_IN_USE)
        self._log.close()
        self._log = None

    def _open(self) -> None:
        """Open the file. Raises sqlite3.Error or OSError."""
        self.connection = self._connect()
        try:
            schema.version(self.connection)  # from now on log and index stay: it isn't the last one to close the file
            if _WATCHED:
                self._log = Log(self._path.resolve())
                self._see_first()
        except BaseException:
            self.connection.close()
            raise
        self.opening += 1

    def _see_first(self) -> None:
        """See what the file looks like, with others at work."""
        assert self._log is not None  # noqa: S101 - it was opened before
        found, progress = stamp(self._place), self._log.progress()
        while found is None or progress is None or (stamp(self._place), self._log.progress()) != (found, progress):
            with contextlib.suppress(sqlite3.Error):  # one that was broken off is known to have ended after another
                self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            time.sleep(_PAUSE)
            found, progress = stamp(self._place), self._log.progress()
        self._seen = Seen(found, progress)
        noted = self._noted = self._record.read()
        if noted is None or not noted.stamp.is_of_same_file(found):
            self._agree(self._seen)
        elif any(progress.salt) and noted.progress == progress and noted.stamp != found:
            self._seen = noted  # written over while others have it open: the next look finds that

    def _serve_nothing(self, reason: str) -> None:
        with self._condition:
            if reason != self._reason:
                _logger.error("the database %s can't be served: %s", self._path, reason)
            self._reason = reason
            self._refused = stamp(self._place)
            self._change(_State.NOT_SERVED)

    def _change(self, state: _State) -> None:
        self._state = state
        self._condition.notify_all()


def _judge(connection: sqlite3.Connection) -> None:
    """Raise NotServed when what is in the file can't be served."""
    try:
        state = schema.state(connection)
        lacking = schema.missing(connection) if state.condition is Condition.NEWER else []
    except sqlite3.Error as error:
        raise NotServed(in_words(error)) from error
    if state.condition not in (Condition.CURRENT, Condition.NEWER) or lacking:
        raise NotServed(state.message + (f" It lacks {', '.join(lacking)}." if lacking else ""))
