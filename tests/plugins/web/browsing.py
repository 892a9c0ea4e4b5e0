"""A browser of the tests: keeps cookies, reads pages, fills in forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import aiohttp
import bcrypt

from kanboard_core.testing import RunningServer

#: a hash of "secret" that is quickly verified
QUICK_HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()


@dataclass(slots=True)
class Page:
    """What a server has answered, after redirections."""

    status: int
    #: path, without what the server is at
    path: str
    headers: dict[str, str]
    html: str
    #: what can be read
    text: str = ""
    #: the values of fields by their names
    fields: dict[str, str] = field(default_factory=dict)
    #: the attributes of elements that have an id
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    #: the words of elements that have an id
    words: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    _VOID = frozenset({"input", "meta", "link", "img", "br"})

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in ("input", "button") and "name" in attributes:
            self.page.fields[attributes["name"]] = attributes.get("value", "")
        identity = attributes.get("id", "")
        if identity:
            self.page.ids[identity] = attributes
            self.page.words[identity] = ""
        if tag not in self._VOID:
            self.open.append(identity)

    def handle_endtag(self, tag: str) -> None:
        if self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        for identity in self.open:
            if identity:
                self.page.words[identity] += data


class Browser:
    """Visits the pages of a server."""

    def __init__(self, server: RunningServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session
        #: sent with every request
        self.headers: dict[str, str] = {}
        self.page = Page(0, "", {}, "")
        #: what the last page with a form had in it
        self.form_token = ""

    async def get(self, path: str, *, method: str = "GET") -> Page:
        """Ask for a page."""
        return await self._ask(method, path)

    async def submit(self, path: str, *, form_token: str | None = None, **fields: str) -> Page:
        """Send a form, with the token of the last page that had one."""
        token = self.form_token if form_token is None else form_token
        return await self._ask("POST", path, {"form_token": token, **fields})

    async def sign_in(self, username: str = "admin", password: str = "secret", **fields: str) -> Page:
        """Go to the form and fill it in."""
        await self.get("/sign-in")
        return await self.submit("/sign-in", username=username, password=password, **fields)

    async def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Page:
        base = self.server.base_url.rstrip("/")
        async with self.session.request(method, base + path, data=form, headers=self.headers) as response:
            body = await response.read()
            is_text = response.content_type.startswith("text/")
            self.page = Page(
                response.status,
                str(response.url).removeprefix(base),
                dict(response.headers),
                body.decode() if is_text else "",
            )
        reader = _Reader(self.page)
        reader.feed(self.page.html)
        self.page.text = " ".join("".join(reader.texts).split())
        self.page.words = {name: " ".join(words.split()) for name, words in self.page.words.items()}
        self.form_token = self.page.fields.get("form_token", self.form_token)
        return self.page
