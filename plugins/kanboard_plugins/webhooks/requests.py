"""The requests to the webhook. Source: spec page "notifications", "Webhook"."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from kanboard_core import networks
from kanboard_core.carriers import Carrier, Refused
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.webhooks.telling import KIND

if TYPE_CHECKING:
    from kanboard_core.server import Server

#: statuses that say that it is the wrong moment, beside those from 500 on
_LATER = frozenset((408, 425, 429))


class NotTold(Exception):
    """The webhook didn't take a request; what it says has neither its address nor its token."""


class WebhookCarrier(Carrier):
    """Sends requests to the address that Kanboard's settings name."""

    kind = KIND

    def __init__(self, server: Server) -> None:
        self._server = server

    async def open(self) -> None:
        """Open the client."""
        configuration = self._server.configuration
        self._session = networks.open_session(
            allow_private=configuration.flag("webhooks", "webhook_allow_private_networks"),
            seconds=configuration.number("http", "http_timeout"),
            connections=self.at_once,
            verify=configuration.flag("http", "http_verify_ssl_certificate"),
        )

    async def close(self) -> None:
        """Close it."""
        await self._session.close()

    async def deliver(self, payload: Any) -> None:
        """Make one request. Its answer counts only by its status."""
        address, token = await self._server.database.read(_destination)
        if not address:
            raise Refused("there is no webhook any more")
        body: bytes = payload["body"].encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Kanboard",
            "X-Kanboard-Delivery": payload["id"],
        }
        if token:
            headers["X-Kanboard-Signature"] = signature(token, body)
        try:
            async with self._session.post(
                _url(address, token), data=body, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
        except networks.NotPublic as error:
            raise Refused(
                f"the webhook is at {error}, which isn't public: see webhook_allow_private_networks"
            ) from None
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise NotTold(f"{type(error).__name__}: {error}" if str(error) else "it didn't answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            # What these say may be the address with the token. RuntimeError is uvloop's, for some failures.
            raise NotTold(type(error).__name__) from None
        if status >= 500 or status in _LATER:
            raise NotTold(f"the webhook answered {status}")
        if not 200 <= status < 300:
            raise Refused(f"the webhook answered {status}")


def signature(token: str, body: bytes) -> str:
    """How a receiver that knows the token can tell that a body is ours: HMAC with SHA-256, in hexadecimal digits."""
    return "sha256=" + hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def _destination(tx: Transaction) -> tuple[str, str]:
    """Address and token in Kanboard's settings, "" for what isn't set."""
    return tx.setting("webhook_url"), tx.setting("webhook_token")


def _url(address: str, token: str) -> URL:
    """The address with the token. Raises Refused when it is none of the web."""
    try:
        url = URL(f"{address}{'&' if '?' in address else '?'}token={token}")
    except ValueError:
        raise Refused("the setting webhook_url is no address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise Refused("the setting webhook_url is no address of the web")
    return url
