"""One-time codes of the second factor (TOTP, RFC 6238), as authenticator apps show them.

HMAC-SHA1, 6 digits, 30 seconds. Source: spec page "authentication", section 8.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from urllib.parse import quote, urlencode

from kanboard_core.database import Conflict, insertion
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Session

_STEP_SECONDS = 30
_DIGITS = 6
#: steps that the clock of the device may be ahead or behind
_TOLERANCE = 1
#: of a new secret, where its column holds that many
_SECRET_BITS = 160
_BITS_OF_CHARACTER = 5

# A code that was used is remembered in the table of sessions, under a name that only who knows the secret could find:
# all processes see it, and what removes expired sessions removes it too, also Kanboard.
_REMEMBER = insertion(Session, "id", "expire_at", "data")


def new_secret(engine: str) -> str:
    """A new secret in base32: 160 bits; on engines whose column holds less, as many as it holds.

    ``engine``: its kind, as ``server.database.engine.kind``.
    """
    from kanboard_core.database.facts import facts

    length = _SECRET_BITS // _BITS_OF_CHARACTER
    width = re.search(r"\((\d+)\)", facts(engine).tables["users"].columns["twofactor_secret"].type)
    if width:
        length = min(length, int(width[1]))
    return base64.b32encode(secrets.token_bytes(length * _BITS_OF_CHARACTER // 8)).decode()


def uri(secret: str, *, issuer: str, label: str) -> str:
    """The ``otpauth://`` address that apps read from a QR code; ``label``: the account's mail address, or its name."""
    values = {"secret": secret, "issuer": issuer}
    # Apps take the first colon as the end of the issuer.
    name = f"{quote(issuer.replace(':', ' '), safe='')}:{quote(label, safe='@')}"
    return f"otpauth://totp/{name}?{urlencode(values, quote_via=quote)}"


def code(secret: str, now: int) -> str:
    """The code of the secret at a moment, in Unix seconds. Raises ValueError for what is no secret."""
    key = _key(secret)
    if not key:
        raise ValueError("the secret is no text in base32")
    return _code(key, now // _STEP_SECONDS)


def matches(secret: str | None, given: str, now: int) -> bool:
    """Whether the code is right now, one step ahead, or one behind. Blanks in it don't count."""
    return _matching_step(secret, given, now) is not None


def use(transaction: Transaction, secret: str | None, given: str, now: int) -> bool:
    """The same, once: a code that was right before isn't accepted again, whatever process asks."""
    step = _matching_step(secret, given, now)
    if step is None:
        return False
    name = hmac.digest(_key(secret), b"used code %d" % step, "sha256").hex()
    try:
        transaction.insert(_REMEMBER, id=name, expire_at=(step + _TOLERANCE + 1) * _STEP_SECONDS + 1, data="")
    except Conflict:
        return False
    return True


def _matching_step(secret: str | None, given: str, now: int) -> int | None:
    given = "".join(given.split())
    key = _key(secret)
    if not key or len(given) != _DIGITS or not (given.isascii() and given.isdigit()):
        return None
    found = None
    current = now // _STEP_SECONDS
    for step in range(current - _TOLERANCE, current + _TOLERANCE + 1):
        if hmac.compare_digest(_code(key, step), given):
            found = step
    return found


def _key(secret: str | None) -> bytes:
    """The bytes of a secret in base32, however it is written; none for what is no secret."""
    text = "".join((secret or "").split()).upper().rstrip("=")
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return b""


def _code(key: bytes, step: int) -> str:
    digest = hmac.digest(key, step.to_bytes(8, "big", signed=True), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)
