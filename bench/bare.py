"""The limit: an aiohttp handler that authenticates, parses JSON and answers a constant.

Whatever a server on aiohttp does for a call comes on top of this.  ``python -m bench.bare --port 8081``
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import binascii
import hmac
import json
import signal

from aiohttp import web

from bench.settings import API_PATH, APPLICATION, PASSWORD, USER, loop_factory, token_from_environment

#: The answer to everything.
ANSWER = b'{"jsonrpc":"2.0","result":true,"id":1}'

_UNAUTHORIZED = b'{"jsonrpc":"2.0","error":{"code":401,"message":"Unauthorized"},"id":null}'
_PARSE_ERROR = b'{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}'


def application(token: str) -> web.Application:
    """An application that knows two callers: the application with `token`, and the account of the cases."""
    secrets = {APPLICATION.encode(): token.encode(), USER.encode(): PASSWORD.encode()}

    def is_known(header: str) -> bool:
        scheme, _, value = header.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            user, _, password = base64.b64decode(value, validate=True).partition(b":")
        except binascii.Error:
            return False
        return hmac.compare_digest(secrets.get(user, b""), password) and user in secrets

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        if not is_known(request.headers.get("Authorization", "")):
            return web.Response(status=401, body=_UNAUTHORIZED, content_type="application/json")
        try:
            json.loads(body)
        except ValueError:
            return web.Response(body=_PARSE_ERROR, content_type="application/json")
        return web.Response(body=ANSWER, content_type="application/json")

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application(client_max_size=64 << 20)
    app.router.add_post(API_PATH, answer)
    app.router.add_get("/health", health)
    return app


async def serve(host: str, port: int, token: str) -> None:
    """Serves until SIGTERM or SIGINT."""
    runner = web.AppRunner(application(token), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    """Runs from the command line; the token is the environment's API_AUTHENTICATION_TOKEN."""
    parser = argparse.ArgumentParser(prog="python -m bench.bare", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
        runner.run(serve(options.host, options.port, token_from_environment()))


if __name__ == "__main__":
    main()
