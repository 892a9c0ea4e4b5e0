"""The titles of web pages. Source: spec page "external_task_links"."""

from __future__ import annotations

import asyncio
import codecs
import re
from dataclasses import dataclass
from encodings.aliases import aliases

import aiohttp
from yarl import URL

from kanboard_plugins.external_task_links.addresses import BLANKS

#: bytes; a title that begins later isn't found
LIMIT = 1024 * 1024

_OPEN = re.compile(r"<title>", re.IGNORECASE | re.ASCII)
_CLOSE = re.compile(r"</title>", re.IGNORECASE | re.ASCII)
_OPEN_BYTES, _CLOSE_BYTES = (re.compile(pattern.pattern.encode(), re.IGNORECASE) for pattern in (_OPEN, _CLOSE))

#: where in a page its charset may be declared, in bytes
_HEAD = 1024
_DECLARED = re.compile(rb"<meta[^>]{1,200}?charset\s{0,20}=\s{0,20}[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_MARKS = {codecs.BOM_UTF8: "utf_8", codecs.BOM_UTF16_LE: "utf_16_le", codecs.BOM_UTF16_BE: "utf_16_be"}
# What is taken for what, by Python's names: those of the web only, as browsers take them. Labels are never looked up as
# Python does, which keeps each one, and knows codecs that take their time.
_CHARSETS = {
    **{name: name for name in ("utf_8", "utf_16_le", "utf_16_be", "cp866", "koi8_r", "koi8_u", "cp874")},
    **{name: name for name in ("mac_roman", "mac_cyrillic", "gbk", "gb18030", "big5hkscs", "euc_jp", "iso2022_jp")},
    **{name: name for name in ("cp932", "cp949", *(f"cp{page}" for page in range(1250, 1259)))},
    **{name: name for name in (f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16))},
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "tis_620": "cp874",
    "utf_16": "utf_16_le",
    "gb2312": "gbk",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_LABELS = {alias: _CHARSETS[name] for alias, name in aliases.items() if name in _CHARSETS} | _CHARSETS
_BETWEEN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Page:
    """What a web server has sent."""

    #: as far as it was read
    body: bytes
    #: as the server says, None when it doesn't
    charset: str | None


async def title_at(session: aiohttp.ClientSession, url: str) -> str:
    """The title of the page at an address; "" when it has none. Redirects aren't followed, the status isn't looked at.

    Raises aiohttp.ClientError, OSError (TimeoutError is one) or ValueError when there is no answer.
    """
    page = await _fetch(session, url)
    return await asyncio.to_thread(title_of, page)


def title_of(page: Page) -> str:
    """The text of the first title element, without blanks around it; "" when there is none. Entities stay."""
    text = _decoded(page)
    opened = _OPEN.search(text)
    closed = opened and _CLOSE.search(text, opened.end())
    return text[opened.end() : closed.start()].replace("\0", "").strip(BLANKS) if opened and closed else ""


async def _fetch(session: aiohttp.ClientSession, url: str) -> Page:
    async with session.get(URL(url, encoded=True), allow_redirects=False) as response:
        return Page(await _beginning(response.content), response.charset)


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """A page as far as the end of its title, or the limit."""
    read = bytearray()
    title: int | None = None
    async for chunk in content.iter_any():
        seen = max(0, len(read) - len("</title>"))
        read += chunk[: LIMIT - len(read)]
        if title is None and (opened := _OPEN_BYTES.search(read, seen)):
            title = opened.end()
        if len(read) >= LIMIT or (title is not None and _CLOSE_BYTES.search(read, max(seen, title))):
            break
    return bytes(read)


def _decoded(page: Page) -> str:
    charset = _charset(page)
    if charset is None:
        try:
            # The end may be in the middle of a character.
            return codecs.getincrementaldecoder("utf-8")().decode(page.body)
        except UnicodeDecodeError:
            charset = "cp1252"
    return page.body.decode(charset, "replace")


def _charset(page: Page) -> str | None:
    """Python's name of what the page is written in, as far as it says so."""
    for mark, charset in _MARKS.items():
        if page.body.startswith(mark):
            return charset
    found = _known(page.charset or "")
    declared = None if found else _DECLARED.search(page.body, 0, _HEAD)
    if declared:
        found = _known(declared[1].decode("ascii"))
        if found and found.startswith("utf_16"):
            return "utf_8"  # the declaration couldn't be read otherwise
    return found


def _known(label: str) -> str | None:
    return _LABELS.get(_BETWEEN.sub("_", label[:40].strip().lower()))
