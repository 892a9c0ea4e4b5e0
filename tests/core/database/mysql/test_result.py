"""Answers of the server are read as the driver itself would read them, only cheaper; and what of it that relies on."""

from __future__ import annotations

import inspect
import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import pymysql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymysql import err
from pymysql.connections import Connection
from pymysql.constants import CLIENT, CR, FIELD_TYPE, SERVER_STATUS
from pymysql.protocol import FieldDescriptorPacket
from tests.mysql import MariaDb

from kanboard_core.database.mysql import result
from kanboard_core.database.mysql.connection import CONVERSIONS, MysqlConnection
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.database.mysql.result import AnswerLost

LONGEST = 2**24 - 1
BINARY, UTF8 = 63, 46
#: MariaDB's word for a subquery that answers more rows than one
TOO_MANY_ROWS = 1242

#: what the server sends and how it is asked for can be agreed upon; these change what an answer looks like
UNKNOWN_CAPABILITIES = {"COMPRESS": 1 << 5, "DEPRECATE_EOF": 1 << 24, "OPTIONAL_RESULTSET_METADATA": 1 << 25}

#: the same conversions for the driver, which decodes the bytes first
AS_TEXT = {
    key: (lambda text, made=made: made(text.encode() if isinstance(text, str) else text))
    if type(key) is int and made is not CONVERSIONS[FIELD_TYPE.BLOB]
    else made
    for key, made in CONVERSIONS.items()
}


# Answers as bytes


class Column(NamedTuple):
    name: str
    type: int
    charset: int = BINARY

    def definition(self) -> bytes:
        names = ("def", "kanboard", "t1", "tasks", self.name, self.name)
        rest = struct.pack("<BHIBHBH", 12, self.charset, 1020, self.type, 1, 0, 0)
        return b"".join(sized(name.encode()) for name in names) + rest


LONG, TEXT = Column("a", FIELD_TYPE.LONG), Column("b", FIELD_TYPE.BLOB, UTF8)


class Table(NamedTuple):
    """An answer with rows; ``end`` is the last packet."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[bytes | None]]
    end: bytes

    def packets(self) -> list[bytes]:
        rows = [b"".join(b"\xfb" if value is None else sized(value) for value in row) for row in self.rows]
        return [length(len(self.columns)), *(column.definition() for column in self.columns), end(), *rows, self.end]


def length(number: int) -> bytes:
    if number < 251:
        return bytes([number])
    if number < 1 << 16:
        return b"\xfc" + struct.pack("<H", number)
    if number < 1 << 24:
        return b"\xfd" + struct.pack("<I", number)[:3]
    return b"\xfe" + struct.pack("<Q", number)


def sized(value: bytes) -> bytes:
    return length(len(value)) + value


def end(status: int = 2, warnings: int = 0) -> bytes:
    return b"\xfe" + struct.pack("<HH", warnings, status)


def changed(rows: int, key: int, status: int = 2, warnings: int = 0) -> bytes:
    return b"\0" + length(rows) + length(key) + struct.pack("<HH", status, warnings)


def error(number: int, said: str) -> bytes:
    return b"\xff" + struct.pack("<H", number) + b"#HY000" + said.encode()


def numbered(contents: Sequence[bytes], first: int = 1) -> bytes:
    """Packets as they are sent; what is too long for one goes on in the next."""
    pieces = [
        content[at : at + LONGEST]
        for content in contents
        for at in range(0, len(content) // LONGEST * LONGEST + 1, LONGEST)
    ]
    return b"".join(
        struct.pack("<I", len(piece))[:3] + bytes([(first + index) % 256]) + piece for index, piece in enumerate(pieces)
    )


class Wire(io.RawIOBase):
    """A socket's file that gives what is in it in pieces of the given lengths, in turn."""

    def __init__(self, content: bytes, lengths: Sequence[int] = (1 << 30,)) -> None:
        super().__init__()
        self._content, self._lengths, self._at = memoryview(content), lengths, 0
        self.reads = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self._lengths[self.reads % len(self._lengths)])
        piece = self._content[self._at : self._at + size]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        self.reads += 1
        return len(piece)


class Socket:
    def settimeout(self, seconds: float | None) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """Nothing to close."""


def fed(connection: Connection, wire: Wire) -> Any:
    """The connection when it has sent a statement to which the answer is on the wire."""
    connection._sock = Socket()
    connection._rfile = io.BufferedReader(wire)
    connection._next_seq_id = 1
    connection._current_timeout = None
    connection._result = None
    connection.server_status = 0
    return connection


def ours() -> MysqlConnection:
    return MysqlConnection(defer_connect=True, charset="utf8mb4", conv=CONVERSIONS, ssl_disabled=True)


def drivers() -> Connection:
    return Connection(defer_connect=True, charset="utf8mb4", conv=AS_TEXT, ssl_disabled=True)


def read(connection: Connection, wire: Wire) -> Any:
    """All that cursors are told of the answers, or the error; and whether the connection may be used after that."""
    fed(connection, wire)
    told: list[tuple[Any, ...]] = []
    try:
        while not told or connection._result.has_next:
            connection._affected_rows = connection._read_query_result()
            found = connection._result
            told.append(
                (
                    *(connection._affected_rows, found.affected_rows, found.insert_id, found.warning_count),
                    *(found.description, found.rows, bool(found.has_next), found.unbuffered_active),
                )
            )
    except err.MySQLError as raised:
        said = raised.args[1].split(" (")[0]
        return told, (type(raised).__mro__[-5:], raised.args[0], said), connection.open
    return told, None, connection.open


#: columns, and the bytes of their values
KINDS: dict[tuple[int, int], st.SearchStrategy[bytes]] = {
    **{
        (kind, BINARY): st.integers(-(2**63), 2**63 - 1).map(lambda value: str(value).encode())
        for kind in (FIELD_TYPE.TINY, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG)
    },
    (FIELD_TYPE.NEWDECIMAL, BINARY): st.sampled_from([b"0", b"12", b"-3.50", b"7.00"]),
    (FIELD_TYPE.DOUBLE, BINARY): st.sampled_from([b"0", b"1.5", b"2", b"1e22", b"-0.001"]),
    (FIELD_TYPE.DATETIME, BINARY): st.sampled_from([b"2024-02-29 12:00:00", b"0000-00-00 00:00:00"]),
    (FIELD_TYPE.DATE, BINARY): st.sampled_from([b"2024-02-29", b"0000-00-00"]),
    (FIELD_TYPE.TIME, BINARY): st.sampled_from([b"12:00:00", b"-101:00:00.5"]),
    (FIELD_TYPE.NULL, BINARY): st.nothing(),
    (FIELD_TYPE.JSON, BINARY): st.text(max_size=5).map(str.encode),
    (FIELD_TYPE.BLOB, BINARY): st.binary(max_size=300),
    **{
        (kind, UTF8): st.text(max_size=5).map(str.encode)
        | st.builds(lambda text, times: (text * times).encode(), st.text(max_size=2), st.integers(0, 70_000))
        for kind in (FIELD_TYPE.BLOB, FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING)
    },
}

#: the status, in which no other answer is announced, and how many warnings there are
STATES = st.tuples(
    st.integers(0, 0xFFFF).map(lambda bits: bits & ~SERVER_STATUS.SERVER_MORE_RESULTS_EXISTS), st.integers(0, 0x7FFF)
)
ERRORS = st.builds(error, st.sampled_from([1062, 1213, 1969, 1317, 4999]), st.text("aé", max_size=9))
COLUMNS = st.lists(
    st.builds(lambda name, kind: Column(name, *kind), st.sampled_from("abc"), st.sampled_from(list(KINDS))),
    min_size=1,
    max_size=5,
)


@st.composite
def tables(draw: st.DrawFn, layouts: Sequence[Sequence[Column]]) -> list[bytes]:
    columns = draw(st.sampled_from(layouts))
    row = st.tuples(*(st.none() | KINDS[column.type, column.charset] for column in columns))
    rows = draw(st.lists(row, max_size=6)) * draw(st.integers(1, 100))
    return Table(columns, rows, draw(STATES.map(lambda state: end(*state)) | ERRORS)).packets()


@st.composite
def answers(draw: st.DrawFn) -> list[bytes]:
    """The answers to some statements, whose columns are often the same, or begin in the same way."""
    columns = draw(COLUMNS)
    layouts = [columns, [*columns[:-1], draw(COLUMNS)[0]], draw(COLUMNS)]
    number = st.integers(0, 2**40)
    other = st.builds(lambda rows, key, state: changed(rows, key, *state), number, number, STATES) | ERRORS
    found = draw(st.lists(tables(layouts) | other.map(lambda packet: [packet]), min_size=1, max_size=6))
    return [numbered(packets) for packets in found]


# The same as the driver


@given(answers(), st.lists(st.integers(1, 100_000) | st.integers(1, 9), min_size=1, max_size=4))
def test_what_is_read_is_what_the_driver_reads(sent: list[bytes], lengths: list[int]) -> None:
    ours_, drivers_ = ours(), drivers()
    for content in sent:
        expected = read(drivers_, Wire(content))
        # Bytes come when they come; a second time the columns are known.
        assert read(ours_, Wire(content, lengths)) == expected
        assert read(ours_, Wire(content)) == expected
        assert ours_.open


@pytest.mark.parametrize("size", [LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST, 40_000_000])
@pytest.mark.parametrize("lengths", [(1 << 30,), (100_000, 7)])
def test_a_row_may_be_longer_than_a_packet(size: int, lengths: Sequence[int]) -> None:
    rest = len(sized(b"after")) + (4 if size <= LONGEST + 1 else 9)
    rows: list[list[bytes | None]] = [[b"x" * (size - rest), b"after"], [b"", None]]
    packets = Table([Column("a", FIELD_TYPE.BLOB), Column("b", FIELD_TYPE.BLOB)], rows, end()).packets()
    assert len(packets[-3]) == size
    told, raised, usable = read(ours(), Wire(numbered(packets), lengths))
    assert told[0][5] == tuple(tuple(row) for row in rows)
    assert (raised, usable) == (None, True)


def test_an_answer_may_have_more_packets_than_there_are_numbers_and_more_columns_than_a_byte_tells() -> None:
    columns = [Column(f"c{index}", FIELD_TYPE.LONG) for index in range(700)]
    content = numbered(Table(columns, [[b"%d" % index] * 700 for index in range(300)], end(2, 9)).packets())
    assert read(ours(), Wire(content, (4096,))) == read(drivers(), Wire(content))


def test_several_answers_to_a_statement() -> None:
    more = SERVER_STATUS.SERVER_MORE_RESULTS_EXISTS
    columns = [LONG]
    packets = [*Table(columns, [[b"1"]], end(more)).packets(), *Table(columns, [[b"2"]], end(more)).packets()]
    content = numbered([*packets, changed(0, 0)])
    expected = read(drivers(), Wire(content))
    assert len(expected[0]) == 3
    for lengths in ((1 << 30,), (1,)):
        assert read(ours(), Wire(content, lengths)) == expected


# What is saved


def test_an_answer_that_is_there_is_read_with_one_call() -> None:
    table = Table([LONG, TEXT], [[b"1", b"x" * 500]] * 100, end())
    for packets in (table.packets(), [changed(1, 1)], [error(1062, "no")]):
        wire = Wire(numbered(packets))
        read(ours(), wire)
        assert wire.reads == 1


def test_columns_are_understood_once(monkeypatch: pytest.MonkeyPatch) -> None:
    understood = []

    class Counted(FieldDescriptorPacket):  # type: ignore[misc] # it brings no types
        def __init__(self, *arguments: Any) -> None:
            understood.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(result, "FieldDescriptorPacket", Counted)
    connection = ours()
    one = [LONG, Column("b", FIELD_TYPE.LONG)]
    other = [LONG, TEXT]
    for number in range(5):
        for columns, value in ((one, number), (other, str(number))):
            content = numbered(Table(columns, [[b"%d" % number] * 2], end()).packets())
            assert read(connection, Wire(content))[0][0][5] == ((number, value),)
    assert len(understood) == 4


def test_only_so_many_layouts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result, "_LAYOUTS", 3)
    connection = ours()
    for number in range(10):
        columns = [Column(f"c{number % 5}", FIELD_TYPE.LONG)]
        content = numbered(Table(columns, [[b"%d" % number]], end()).packets())
        assert read(connection, Wire(content))[0][0][5] == ((number,),)
        assert len(connection._answers._layouts) <= 3
        assert len(connection._answers._last) <= 3


# What is no answer


def test_an_answer_that_ends_too_early_ends_the_connection() -> None:
    whole = numbered(Table([LONG], [[b"1"], [b"22"]], end()).packets())
    for size in range(len(whole)):
        connection = fed(ours(), Wire(whole[:size]))
        with pytest.raises(AnswerLost) as raised:
            connection._read_query_result()
        assert raised.value.args[0] == CR.CR_SERVER_LOST
        assert not connection.open


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(numbered([error(1927, "Connection was killed")], first=0), id="the last word of the server"),
        pytest.param(numbered([changed(0, 0)], first=2), id="a packet is missing"),
        pytest.param(numbered([b""]), id="an empty packet"),
        pytest.param(numbered([b"\xfb/etc/passwd"]), id="a file is asked for"),
        pytest.param(numbered(Table([LONG], [[b"1", b"1"]], end()).packets()), id="a value too many"),
        pytest.param(numbered([*Table([TEXT], [], b"\x051").packets(), end()]), id="a value beyond its row"),
        pytest.param(numbered([b"\x01", *[LONG.definition()] * 2, end(), end()]), id="a column too many"),
    ],
)
def test_what_is_no_answer_ends_the_connection(content: bytes) -> None:
    connection = fed(ours(), Wire(content))
    with pytest.raises(AnswerLost):
        connection._read_query_result()
    assert not connection.open


def test_a_value_that_is_not_understood_ends_the_connection_too() -> None:
    columns = [LONG]
    connection = fed(ours(), Wire(numbered(Table(columns, [[b"one"], [b"2"]], end()).packets())))
    with pytest.raises(ValueError, match="one"):
        connection._read_query_result()
    assert not connection.open


# A real server


@pytest.fixture
def connection(mysql: Mysql) -> Iterator[MysqlConnection]:
    with closing(mysql.connect(writable=True)) as connection:
        yield connection


def fetched(connection: Any, sql: str) -> Sequence[Sequence[Any]]:
    cursor = connection.cursor()
    cursor.execute(sql)
    found: Sequence[Sequence[Any]] = cursor.fetchall()
    return found


def test_the_driver_is_one_that_is_relied_on(connection: MysqlConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    told = f"PyMySQL {pymysql.__version__} is another than the one that kanboard_core.database.mysql.connection extends"
    # What reads the answer after a statement was sent, and for each that follows.
    assert str(inspect.signature(Connection._read_query_result)) == "(self, unbuffered=False)", told
    read = []
    inherited = MysqlConnection._read_query_result

    def counted(self: MysqlConnection, unbuffered: bool = False) -> int:
        read.append(unbuffered)
        return inherited(self, unbuffered)

    monkeypatch.setattr(MysqlConnection, "_read_query_result", counted)
    connection.query("SELECT 1")
    assert read == [False], told
    assert type(connection._result) is result.Result, told
    assert connection.affected_rows() == 1, told
    # What the bytes come from, which holds nothing back between statements.
    assert isinstance(connection._rfile, io.BufferedReader), told
    # Nothing that makes answers look otherwise is asked for.
    asked = connection.client_flag | CLIENT.CAPABILITIES
    assert [name for name, bit in UNKNOWN_CAPABILITIES.items() if asked & bit] == [], told
    # What is left of a failed read can't be taken for an answer.
    connection._force_close()
    assert not connection.open, told


def test_values_of_every_type(connection: MysqlConnection, database: str) -> None:
    types = (
        *("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT UNSIGNED", "DECIMAL(9,2)", "FLOAT", "DOUBLE", "YEAR"),
        *("BIT(9)", "DATE", "DATETIME(3)", "TIMESTAMP NULL", "TIME", "CHAR(9)", "VARCHAR(191)", "TINYTEXT", "TEXT"),
        *("MEDIUMTEXT", "LONGTEXT", "BINARY(4)", "VARBINARY(9)", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB", "JSON"),
        *("ENUM('a', 'é')", "SET('a', 'é')", "INET6", "UUID"),
    )
    values = (
        *("-1", "2", "-3", "4", "18446744073709551615", "7.50", "1.5", "2", "2024", "b'100000001'", "'2024-02-29'"),
        *("'2024-02-29 12:00:00.25'", "'2024-02-29 12:00:00'", "'-101:00:01'", "'é'", "'\U0001f600'", "''", "'t'"),
        *("REPEAT('é', 70000)", "''", "X'00ff'", "X''", "X'80'", "X'81'", "REPEAT('b', 300)", "X'82'", "'{\"é\": 1}'"),
        *("'é'", "'a,é'", "'::1'", "'123e4567-e89b-12d3-a456-426655440000'"),
    )
    columns = ", ".join(f"c{index} {kind}" for index, kind in enumerate(types))
    connection.query(f"CREATE TABLE every_type ({columns})")
    connection.query(f"INSERT INTO every_type VALUES ({', '.join(values)}), ({', '.join(['NULL'] * len(types))})")
    # The driver alone, with the same settings.
    parameters = Mysql(database)._parameters | {"ssl": None, "ssl_disabled": True, "conv": AS_TEXT}
    with closing(Connection(**parameters)) as plain:
        found, expected = (fetched(each, "SELECT * FROM every_type") for each in (connection, plain))
    assert found == expected
    assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in expected]
    assert found[0][5:8] == (7.5, 1.5, 2)
    assert found[1] == (None,) * len(types)


def test_the_state_of_the_server_is_known_after_rows_too(connection: MysqlConnection) -> None:
    connection.query("SET autocommit = 0")
    assert not connection.in_transaction
    assert fetched(connection, "SELECT id FROM groups") == ()
    assert connection.in_transaction


def test_warnings_are_counted_and_may_be_asked_for(connection: MysqlConnection) -> None:
    cursor = connection.cursor()
    cursor.execute("SELECT CAST('x' AS SIGNED)")
    assert (cursor.fetchall(), cursor.warning_count) == (((0,),), 1)
    assert len(connection.show_warnings()) == 1


def test_an_error_in_the_midst_of_rows_is_the_statements_alone(connection: MysqlConnection) -> None:
    for _ in range(2):
        with pytest.raises(err.OperationalError) as raised:
            fetched(connection, "SELECT seq, IF(seq = 9000, (SELECT 1 UNION SELECT 2), 0) FROM seq_1_to_10000")
        assert raised.value.args[0] == TOO_MANY_ROWS
        assert fetched(connection, "SELECT COUNT(*) FROM seq_1_to_10000") == ((10000,),)


def test_a_procedures_answers_are_all_read(connection: MysqlConnection) -> None:
    connection.query("CREATE PROCEDURE several() BEGIN SELECT 1; SELECT 2 AS b, 'é' AS c; END")
    cursor = connection.cursor()
    cursor.execute("CALL several()")
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    assert [list(rows) for rows in found] == [[(1,)], [(2, "é")], []]
    # Those that nobody has asked for too.
    cursor.execute("CALL several()")
    assert fetched(connection, "SELECT 3") == ((3,),)


def test_a_server_that_does_not_answer_is_not_waited_for(database: str) -> None:
    parameters = Mysql(database)._parameters | {"ssl": None, "ssl_disabled": True}
    connection = MysqlConnection(**parameters, read_timeout=2, write_timeout=2)
    with pytest.raises(err.OperationalError) as raised:
        connection.query("SELECT SLEEP(20)")
    assert raised.value.args[0] == CR.CR_SERVER_LOST
    assert not connection.open


def test_answers_are_never_left_unread(connection: MysqlConnection) -> None:
    with pytest.raises(err.NotSupportedError):
        connection.query("SELECT 1", unbuffered=True)


def test_values_that_are_longer_than_a_packet_from_a_server() -> None:
    with MariaDb("--max-allowed-packet=64M") as server, closing(Mysql(server.url).connect(writable=True)) as connection:
        for size in (LONGEST - 4, LONGEST, 40_000_000):
            found = fetched(connection, f"SELECT REPEAT('x', {size}), 'after' UNION ALL SELECT 'é', NULL")
            assert found == (("x" * size, "after"), ("é", None))


def test_a_statement_is_sent_with_its_values(connection: MysqlConnection) -> None:
    found = connection.execute("SELECT %s, %s, %s, %s, 7 IN %s", ("it's a \\ and a %", 5, None, 1.5, (6, 7)))
    assert found.rows == (("it's a \\ and a %", 5, None, 1.5, 1),)
    assert connection.execute("SELECT '%'").rows == (("%",),)
    with pytest.raises(err.ProgrammingError):
        connection.execute("SELECT %s", (1, 2))


def test_rows_are_taken_in_portions(connection: MysqlConnection) -> None:
    found = connection.execute("SELECT seq FROM seq_1_to_5")
    assert [found.fetchmany(2) for _ in range(4)] == [((1,), (2,)), ((3,), (4,)), ((5,),), ()]
    assert connection.execute("DO 1").fetchmany(2) == ()
