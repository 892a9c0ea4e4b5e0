"""Captchas: six digits, in a picture and as a sound. Source: spec page "authentication", section 4."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor

_DIGITS = 6
#: makes sounds, one at a time: each takes a second of a processor
_SOUNDS = ThreadPoolExecutor(1, thread_name_prefix="captcha")
_MOST_WAITING = 4
_waiting = 0


class TooMany(Exception):
    """So many sounds are being made that this one had to wait for long."""


def new_answer() -> str:
    """Six digits."""
    return "".join(secrets.choice("0123456789") for _ in range(_DIGITS))


def is_right(answer: str, given: str) -> bool:
    """Whether the digits are those of the answer; blanks don't count."""
    return len(answer) == _DIGITS and hmac.compare_digest("".join(given.split()).encode(), answer.encode())


async def picture(answer: str) -> bytes:
    """The answer as a picture, PNG."""
    return await asyncio.to_thread(_picture, answer)


async def sound(answer: str) -> bytes:
    """The answer as it is read out, WAV. Raises TooMany."""
    global _waiting
    if _waiting >= _MOST_WAITING:
        raise TooMany
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_SOUNDS, _sound, answer)
    finally:
        _waiting -= 1


def _picture(answer: str) -> bytes:
    from captcha.image import ImageCaptcha

    return ImageCaptcha(width=220, height=70).generate(answer).getvalue()


def _sound(answer: str) -> bytes:
    from captcha.audio import AudioCaptcha

    return bytes(AudioCaptcha().generate(answer))
