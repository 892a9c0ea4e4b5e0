"""The HTTP endpoint: bytes in, JSON out. What a call means is decided elsewhere.

Source: spec page "protocol", sections 1, 2 and 8.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import time

import orjson
from aiohttp import StreamReader, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from multidict import istr

from kanboard_core import framing, hosts
from kanboard_core.access_log import AccessLog
from kanboard_core.credentials import Credentials, basic_credentials, encoded_credentials
from kanboard_core.dispatcher import Reply, Request
from kanboard_core.framing import Invocation, Message, NotAMessage
from kanboard_core.pages import Pages, response
from kanboard_core.proxies import user_agent
from kanboard_core.server import Server

_logger = logging.getLogger(__name__)

#: stands where aiohttp would write an access log of its own
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.disabled = True

_REQUEST_ID = istr("X-Request-Id")


class Endpoint:
    """Answers HTTP requests for a server."""

    def __init__(self, server: Server, access_log: AccessLog | None = None) -> None:
        configuration = server.configuration
        self._dispatcher = server.dispatcher
        self._access_log = access_log
        self._prefix = configuration.text("server", "prefix").rstrip("/")
        self._path = self._prefix + configuration.text("server", "path")
        self._body_limit = configuration.integer("server", "body_limit")
        self._body_seconds = configuration.number("server", "body_timeout")
        self._batch_limit = configuration.integer("server", "batch_limit")
        self._credentials_header = configuration.text("authentication", "api_authentication_header")
        self._proxies = server.proxies
        self._pages = Pages(server, self._prefix)
        self._request_prefix = secrets.token_hex(4)
        self._request_numbers = itertools.count(1)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request."""
        if request.path == self._path:
            return await self._rpc(request)
        address = self._proxies.address(request)
        answer = await self._pages.answer(request, self._credentials(request, address), self._sent_to(request))
        if answer is None:
            words = {"error": f"nothing is served here; calls go to {self._path}"}
            return response(orjson.dumps(words), web.HTTPNotFound.status_code)
        return answer

    async def _rpc(self, request: web.BaseRequest) -> web.Response:
        began = time.perf_counter()
        request_id = f"{self._request_prefix}-{next(self._request_numbers)}"
        message: Message | None = None
        address = self._proxies.address(request)
        try:
            body = await self._body(request)
            message = framing.parse(body, batch_limit=self._batch_limit)
            reply = await self._carry_out(request, message, address)
        except NotAMessage as error:
            reply = Reply([error.answer])
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            _logger.exception("request %s failed", request_id)
            reply = Reply([framing.error(framing.INTERNAL_ERROR, None)])
        batch = message is not None and message.batch and reply.status == 200
        answer = response(_body_of(reply, batch), reply.status)
        answer.headers[_REQUEST_ID] = request_id
        if self._access_log is not None:
            self._access_log.record(
                request_id=request_id,
                procedure=_shown_procedures(message),
                caller=_shown(reply.caller),
                address=address,
                began=began,
                outcome=_outcome(reply),
            )
        return answer

    async def _carry_out(self, request: web.BaseRequest, message: Message, address: str) -> Reply:
        if not any(isinstance(entry, Invocation) for entry in message.entries):
            return Reply([entry for entry in message.entries if isinstance(entry, dict)])
        credentials = self._credentials(request, address)
        return await self._dispatcher.answer(Request(message.entries, credentials, self._sent_to(request)))

    async def _body(self, request: web.BaseRequest) -> bytes:
        content = request.content
        if content.is_eof() and content.exception() is None:
            body = content.read_nowait()  # a small body has come along with the headers
            if len(body) > self._body_limit:
                raise self._body_too_large()
            return body
        length = request.content_length
        if length is not None and length > self._body_limit:
            raise self._body_too_large()
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        try:
            async with asyncio.timeout(self._body_seconds):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise self._body_too_large() from None
        except web.RequestPayloadError:
            problem = NotAMessage(framing.PARSE_ERROR)
        except TimeoutError:
            problem = NotAMessage(framing.INVALID_REQUEST, "The body of the request did not arrive in time")
        # Such a body is not waited for, and nothing after it is read.
        request.content.feed_eof()
        request.protocol.close()
        raise problem

    def _body_too_large(self) -> NotAMessage:
        return NotAMessage(framing.INVALID_REQUEST, f"The body of a request may hold {self._body_limit} bytes")

    def _sent_to(self, request: web.BaseRequest) -> str:
        return hosts.url(self._proxies.scheme(request), request.headers.get(hdrs.HOST, ""), self._prefix)

    def _credentials(self, request: web.BaseRequest, address: str) -> Credentials:
        username, password = self._name_and_password(request)
        return Credentials(username, password, address, user_agent(request))

    def _name_and_password(self, request: web.BaseRequest) -> tuple[str, str]:
        username, password = basic_credentials(request.headers.get(hdrs.AUTHORIZATION, ""))
        if self._credentials_header:
            value = request.headers.get(self._credentials_header)
            if value:
                first, second = encoded_credentials(value.strip())
                if not first and not second:
                    return "", ""
                return first or username, second or password
        return username, password


class HttpServer(web.Server):
    """aiohttp's server for one endpoint; answers everything in JSON, also what is no HTTP."""

    def __init__(self, endpoint: Endpoint, *, body_limit: int) -> None:
        loop = asyncio.get_running_loop()

        def make_request(
            message: RawRequestMessage,
            payload: StreamReader,
            protocol: web.RequestHandler,
            writer: AbstractStreamWriter,
            task: asyncio.Task[None],
        ) -> web.BaseRequest:
            return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=body_limit)

        super().__init__(endpoint, request_factory=make_request)

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), access_log=_SILENT)


class _Connection(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what aiohttp itself refuses, without a word about the inside."""
        if isinstance(exc, ConnectionError):
            raise exc  # the client has gone: nobody waits for an answer
        if status >= 500:
            _logger.error("a request from %s failed", request.remote, exc_info=exc)
        else:
            # What follows the colon quotes the request, which may hold a password.
            reason, _, _ = (message or type(exc).__name__).strip().partition(":")
            _logger.info("a request from %s could not be read: %s", request.remote, reason)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has already begun")
        code = framing.INTERNAL_ERROR if status >= 500 else framing.INVALID_REQUEST
        answer = response(framing.encode(framing.error(code, None)), status)
        answer.force_close()
        return answer


def _body_of(reply: Reply, batch: bool) -> bytes:
    if not reply.answers:
        return b""
    return framing.encode(reply.answers if batch else reply.answers[0])


def _outcome(reply: Reply) -> str:
    if reply.status != 200:
        return str(reply.status)
    for answer in reply.answers:
        if "error" in answer:
            return str(answer["error"]["code"])
    return "ok"


def _shown_procedures(message: Message | None) -> str:
    if message is None:
        return "-"
    names = [entry.method for entry in message.entries if isinstance(entry, Invocation)]
    if not names:
        return "-"
    return _shown(names[0]) if len(names) == 1 else f"{_shown(names[0])}+{len(names) - 1}"


def _shown(text: str) -> str:
    """A client's text, fit for one word of a log line."""
    if text.isascii() and text.isalnum() and len(text) <= 60:
        return text
    return "".join(character if character.isprintable() and not character.isspace() else "?" for character in text[:60])
