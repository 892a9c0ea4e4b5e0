"""A connection to the directory: binding and searching, with limits of time. It blocks, so it belongs in a thread.

Importing this needs the extra ``ldap``.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # ldap3 uses names that pyasn1 has renamed
    import ldap3

from kanboard_core.directories import DirectoryUnavailable
from kanboard_plugins.ldap.configuration import Settings
from kanboard_plugins.ldap.people import Entry

#: seconds that connecting, an answer and a search may take, each
_SECONDS = 1

# Codes of results, RFC 4511.
_SUCCESS = 0
_SIZE_LIMIT_EXCEEDED = 4
#: what a bind is answered with that says nothing of the password: errors of operations and protocols, exceeded limits,
#: demands for encryption, servers that are busy or can't go on
_NO_VERDICT = frozenset({1, 2, 3, 7, 8, 10, 11, 13, 51, 52, 80})


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 brings no types
    """Encryption as the context says, which also compares the host with the certificate."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._context = context

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Put TLS around the socket of a connection."""
        connection.socket = self._context.wrap_socket(
            connection.socket, server_hostname=connection.server.host, do_handshake_on_connect=do_handshake
        )


def tls_context(settings: Settings) -> ssl.SSLContext:
    """How connections are encrypted. Raises OSError when the file of certificates can't be used."""
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not settings.ssl_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Conversation:
    """A connection, as long as the context lasts. One thread uses it, any may end it.

    What the directory doesn't do, for whatever reason, is DirectoryUnavailable with the reason; no secret is in it.
    """

    def __init__(self, settings: Settings, context: ssl.SSLContext) -> None:
        self._settings = settings
        self._context = context
        self._connection: Any = None
        self._ended = False

    def __enter__(self) -> Self:
        try:
            self._connect()
        except DirectoryUnavailable:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def end(self) -> None:
        """Have whatever is under way fail, and everything that follows. For other threads."""
        self._ended = True
        connected = getattr(self._connection, "socket", None)
        if connected is not None:
            with contextlib.suppress(OSError):
                # That of a TLS socket would also change its state under the thread that uses it.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    def bind(self, name: str, password: str) -> bool:
        """Go on as somebody, by a DN or what else the directory takes for a name. Whether the password is right."""
        if not name or not password:
            return False  # RFC 4513 has such a bind succeed, as nobody
        with self._understood("can't be asked"):
            connection = self._connection
            connection.authentication, connection.user, connection.password = ldap3.SIMPLE, name, password.encode()
            try:
                connection.bind(read_server_info=False)
            finally:
                connection.password = None
            return self._verdict()

    def bind_as_nobody(self) -> bool:
        """Go on without a name. Whether that is permitted."""
        with self._understood("can't be asked"):
            connection = self._connection
            connection.authentication, connection.user, connection.password = ldap3.ANONYMOUS, None, None
            connection.bind(read_server_info=False)
            return self._verdict()

    def search(self, base: str, filter: str, attributes: list[str], *, limit: int = 0) -> list[Entry]:
        """What the filter finds below the base, the first ``limit`` of it (0: all), with these attributes."""
        with self._understood("can't be searched"):
            connection = self._connection
            connection.search(
                base,
                filter,
                dereference_aliases=ldap3.DEREF_NEVER,
                attributes=attributes or [ldap3.NO_ATTRIBUTES],
                size_limit=limit,
                time_limit=_SECONDS,
            )
            if connection.result["result"] not in (_SUCCESS, _SIZE_LIMIT_EXCEEDED):
                raise DirectoryUnavailable(f"below {base!r}: {_answer(connection.result)}")
            return [_entry(found) for found in connection.response if found["type"] == "searchResEntry"]

    def _connect(self) -> None:
        settings = self._settings
        with self._understood("can't be connected to"):
            server = ldap3.Server(
                settings.host,
                settings.port,
                use_ssl=settings.uses_ldaps,
                tls=_Tls(self._context),
                get_info=ldap3.NONE,
                connect_timeout=_SECONDS,
                mode=ldap3.IP_SYSTEM_DEFAULT,
            )
            self._connection = ldap3.Connection(
                server,
                client_strategy=ldap3.SYNC,
                auto_referrals=False,
                receive_timeout=_SECONDS,
                raise_exceptions=False,
                check_names=False,
            )
            self._connection.open(read_server_info=False)
        if settings.start_tls and not settings.uses_ldaps:
            with self._understood("does no StartTLS"):
                self._connection.start_tls(read_server_info=False)

    def _close(self) -> None:
        connection = self._connection
        with contextlib.suppress(Exception):
            left_open = connection.socket  # ldap3 forgets the socket of a connection that it couldn't open
            connection.unbind()
            left_open.close()

    def _verdict(self) -> bool:
        result = self._connection.result
        if result["result"] in _NO_VERDICT:
            raise DirectoryUnavailable(_answer(result))
        return bool(result["result"] == _SUCCESS)

    @contextlib.contextmanager
    def _understood(self, failing: str) -> Iterator[None]:
        """Whatever goes wrong inside is a directory that isn't available.

        That is an answer which makes no sense too, for which ldap3 raises all kinds of exceptions.
        """
        try:
            if self._ended:
                raise DirectoryUnavailable("it took too long")
            yield
        except Exception as error:
            reason = "it took too long" if self._ended else " ".join(str(error).split()) or type(error).__name__
            raise DirectoryUnavailable(f"{self._settings.label} {failing}: {reason}") from error


def _entry(found: dict[str, Any]) -> Entry:
    return Entry(
        found["dn"],
        {name.lower(): [_text(value) for value in values] for name, values in found["raw_attributes"].items()},
    )


def _text(value: bytes) -> str:
    """A value as text that any database can hold."""
    return value.decode("utf-8", "replace").replace("\0", "")


def _answer(result: dict[str, Any]) -> str:
    """What the directory says about what it didn't do."""
    message = " ".join(str(result.get("message") or "").split())
    return f"{result['description']} ({message})" if message else str(result["description"])
