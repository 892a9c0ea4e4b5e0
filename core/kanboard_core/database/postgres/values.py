"""What the driver makes of PostgreSQL's values: those that SQLite would have stored."""

from __future__ import annotations

from typing import Any

from psycopg.abc import AdaptContext
from psycopg.adapt import Buffer, Loader


class _Flag(Loader):
    """A truth value as 0 or 1."""

    def load(self, data: Buffer) -> int:
        return 1 if data == b"t" else 0


class _Fraction(Loader):
    """A fraction; an integral one as an integer."""

    def load(self, data: Buffer) -> float:
        value = float(bytes(data))
        return int(value) if value.is_integer() else value


class _Number(Loader):
    """A decimal number: sums and averages are such."""

    def load(self, data: Buffer) -> float:
        text = bytes(data)
        if b"." in text or b"N" in text or b"I" in text:
            value = float(text)
            return int(value) if value.is_integer() else value
        return int(text)


class _Padded(Loader):
    """A text of fixed length, without the blanks that fill it up."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode().rstrip(" ")


_LOADERS: dict[str, Any] = {
    "bool": _Flag,
    "float4": _Fraction,
    "float8": _Fraction,
    "numeric": _Number,
    "bpchar": _Padded,
}


def register(cursor: AdaptContext) -> None:
    """Have a cursor read values this way; the connection's other cursors go on as they do."""
    for name, loader in _LOADERS.items():
        cursor.adapters.register_loader(name, loader)
