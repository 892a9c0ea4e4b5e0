"""Files, attachments and web pages: which address is which, and what links to them are called."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.test_networks import SPELLINGS
from tests.plugins.external_task_links.conftest import TitleOf
from tests.website import Website, endless, page, silence

from kanboard_core.testing import Client, RunningServer
from kanboard_plugins.external_task_links.pages import LIMIT
from kanboard_plugins.external_task_links.providers import Attachment, LocalFile, WebLink

PROVIDERS = (LocalFile(), Attachment(), WebLink())


class TestDetection:
    @pytest.mark.parametrize(
        ("url", "types"),
        [
            ("file:///home/me/report.txt", ["file"]),
            ("smb://server/share", ["file"]),
            ("HTTP://example.org/x", ["file"]),
            ("hTTp://example.org/x.pdf", ["file"]),
            ("x y://", ["file"]),
            ("httpx://example.org/x", []),
            ("https+x://example.org/x", []),
            ("ftp://example.org/x.zip", []),
            ("ftps://example.org/x", []),
            ("mailto:ada@example.org", []),
            ("example.org/x.pdf", []),
            ("", []),
            ("http://example.org", ["weblink"]),
            ("http://example.org/", ["weblink"]),
            ("https://example.org/page", ["weblink"]),
            ("https://example.org/v1.2/", ["weblink"]),
            ("https://example.org/a.b/c", ["weblink"]),
            ("https://example.org/x.", ["weblink"]),
            ("https://example.org/x.html", ["weblink"]),
            ("https://example.org/x.y.HTM", ["weblink"]),
            ("https://example.org/.cgi", ["weblink"]),
            ("https://example.org/report.pdf", ["attachment", "weblink"]),
            ("https://example.org/archive.tar.gz", ["attachment", "weblink"]),
            ("https://example.org/x.html.", ["attachment", "weblink"]),
            ("https://example.org/page.html?q=a.b", ["attachment", "weblink"]),
            ("https://example.org/x.action#top", ["attachment", "weblink"]),
            ("https://example.org/?a.b", ["attachment", "weblink"]),
            ("https://example.org?a/b.c", ["attachment", "weblink"]),
            ("http:///x.pdf", ["attachment"]),
            ("http://exa mple.org/x.pdf", ["attachment"]),
            ("http:///x", []),
            ("http://exa_mple.org/", []),
        ],
    )
    def test_who_accepts_an_address(self, url: str, types: list[str]) -> None:
        assert [provider.type for provider in PROVIDERS if provider.accepts(url)] == types

    @pytest.mark.parametrize(
        "ending", ["html", "htm", "xhtml", "php", "jsp", "do", "action", "asp", "aspx", "cgi", "Html", "PHP"]
    )
    def test_an_ending_of_pages_is_no_attachment(self, ending: str) -> None:
        assert not Attachment().accepts(f"http://example.org/x.{ending}")
        assert Attachment().accepts(f"http://example.org/x.{ending}5")

    @given(st.text(st.sampled_from("htpsfile:/.?#a ")) | st.text())
    def test_whatever_it_is_somebody_accepts_it_or_not(self, url: str) -> None:
        for provider in PROVIDERS:
            assert provider.accepts(url) in (True, False)


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("http://example.org/dir/My%20Report.PDF?version=2", "My%20Report.PDF"),
        ("https://example.org/a.b/c.d#part", "c.d"),
        ("https://example.org/a.b/?c.d", "a.b"),
        ("file:///home/me/notes.txt", "notes.txt"),
        ("file://server/share/dir/", "dir"),
        ("file:///c:\\texts\\notes.txt", "notes.txt"),
        ("HTTP://example.org/x?y", "x"),
        ("http://example.org/?a.b", False),
        ("file://server", False),
        ("smb://server/", False),
    ],
)
async def test_files_are_called_as_they_are_on_their_way(title_of: TitleOf, url: str, title: Any) -> None:
    assert await title_of(url) == title


class TestPages:
    """Pages of this machine, which the operator has allowed."""

    @pytest.fixture
    def settings(self) -> list[str]:
        return ["external_task_links.external_link_allow_private_networks=true"]

    @pytest.mark.parametrize(
        ("answer", "title"),
        [
            (page("<html><title> A &amp; B </title>"), "A &amp; B"),
            (page("<title>Caf\u00e9</title>".encode("cp1252"), "Content-Type: text/html; charset=latin1"), "Caf\u00e9"),
            (page("<title>Moved</title>", "Location: /other", status="302 Found"), "Moved"),
            (page("<title>Broken</title>", status="500 Oh"), "Broken"),
            (page("<title>A paper</title>", "Content-Type: application/pdf"), "A paper"),
            (b"HTTP/1.1 200 OK\r\n\r\n<title>Until the end</title>", "Until the end"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n<title>\r\n9\r\nA</title>\r\n0\r\n\r\n", "A"),
            (b"HTTP/1.0 200 OK\r\n\r\n<title>Old</title>", "Old"),
        ],
    )
    async def test_a_page_is_called_as_it_calls_itself(
        self, site: Website, title_of: TitleOf, answer: bytes, title: str
    ) -> None:
        site.answers["/page?q=1"] = answer
        assert await title_of(site.url("/page?q=1#top")) == title
        assert len(site.requests) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            page("Hello"),
            page("<title></title>"),
            page("<title> \n </title>"),
            page("", "Location: /other", status="302 Found"),
            page(b"\x1f\x8b\x08 not really", "Content-Encoding: gzip"),
            page("<title>" + "t" * LIMIT + "</title>"),
            b"",
            b"what?\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n<title>A</title>",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<title>A",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n<title>",
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n<title>A</title>",
            b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 10_000 + b"\r\n<title>A</title>",
            b"HTTP/1.1 999999 \xff\r\n\r\n",
            b"\0" * 10_000,
            endless,
        ],
    )
    async def test_else_host_and_path(
        self, site: Website, title_of: TitleOf, answer: Any, server: RunningServer
    ) -> None:
        site.answers["/page?q=1"] = answer
        assert await title_of(site.url("/page?q=1").replace("://", "://ada:secret@")) == "127.0.0.1/page"

    async def test_without_a_path_the_address(self, title_of: TitleOf) -> None:
        assert await title_of("http://127.0.0.1:1?q=1") == "http://127.0.0.1:1?q=1"

    async def test_a_long_page_is_read_as_far_as_its_title(self, site: Website, title_of: TitleOf) -> None:
        beginning = b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (LIMIT - 30)
        site.answers["/near"] = beginning + b"<title>Near</title>" + b"and so on " * LIMIT
        site.answers["/far"] = beginning + b" " * 30 + b"<title>Far</title>"
        assert await title_of(site.url("/near")) == "Near"
        assert await title_of(site.url("/far")) == "127.0.0.1/far"

    async def test_no_more_than_that_is_waited_for(self, site: Website, title_of: TitleOf) -> None:
        async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            text = "<title>A</title>".ljust(LIMIT)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-16\r\n\r\n" + text.encode("utf-16-le")
            )
            await writer.drain()
            await reader.read()

        site.answers["/"] = say
        assert await title_of(site.url("/")) == "A"

    @pytest.mark.parametrize(
        "pieces",
        [
            [*"<title>A</title>"],
            ["<tit", "le>A</title>"],
            ["<title>A</", "title>"],
            ["</tit", "le><title>", "A</title>"],
            ["</title>", "<title>A", "</title>"],
        ],
    )
    async def test_a_title_is_found_wherever_the_page_is_cut(
        self, site: Website, title_of: TitleOf, pieces: list[str]
    ) -> None:
        async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            for piece in pieces:
                writer.write(piece.encode())
                await writer.drain()
                await asyncio.sleep(0.01)
            await reader.read()

        site.answers["/"] = dribble
        assert await title_of(site.url("/")) == "A"

    async def test_a_title_that_is_too_long_is_no_title(self, site: Website, title_of: TitleOf) -> None:
        site.answers["/"] = page(f"<title>{'t' * 65536}</title>")
        assert await title_of(site.url("/")) is False

    async def test_what_is_asked_for(self, site: Website, title_of: TitleOf) -> None:
        site.answers["/a%20b?c={}"] = page("<title>A</title>")
        assert await title_of(site.url("/a%20b?c={}#d").replace("://", "://ada:secret@")) == "A"
        head = site.requests[0]
        assert head.startswith("GET /a%20b?c={} HTTP/1.1\r\n")
        assert "Authorization: Basic YWRhOnNlY3JldA==\r\n" in head
        assert "cookie" not in head.lower()

    @pytest.mark.parametrize(
        "arguments", [{"title": "Given"}, {"type": "attachment"}, {"dependency": ""}, {"task_id": 9}]
    )
    async def test_nothing_is_fetched_for_nothing(
        self, application: Client, site: Website, tasks: None, arguments: dict[str, Any]
    ) -> None:
        link = {"task_id": 1, "url": site.url("/page"), "dependency": "related", **arguments}
        await application.createExternalTaskLink(**link)
        assert site.connections == 0

    async def test_others_are_served_meanwhile(self, application: Client, site: Website, title_of: TitleOf) -> None:
        waiting, over = asyncio.Event(), asyncio.Event()

        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            waiting.set()
            await over.wait()
            writer.write(page("<title>Late</title>"))

        site.answers["/"] = wait
        linking = [asyncio.ensure_future(title_of(site.url("/"))) for _ in range(10)]
        await waiting.wait()
        assert await application.updateTask(id=1, title="Meanwhile") is True
        assert not any(link.done() for link in linking)
        over.set()
        assert await asyncio.gather(*linking) == ["Late"] * 10

    async def test_a_task_that_goes_meanwhile_gets_no_link(
        self, application: Client, site: Website, title_of: TitleOf, server: RunningServer
    ) -> None:
        async def remove(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await application.removeTask(1) is True
            writer.write(page("<title>Late</title>"))

        site.answers["/"] = remove
        assert await title_of(site.url("/")) is False
        assert server.sql("SELECT COUNT(*) FROM task_has_external_links") == [(0,)]


class TestTimeout:
    @pytest.fixture
    def settings(self) -> list[str]:
        return ["external_task_links.external_link_allow_private_networks=true", "http.http_timeout=0.2"]

    async def test_who_does_not_answer_is_not_waited_for(self, site: Website, title_of: TitleOf) -> None:
        async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n<title>")
            await reader.read()

        site.answers = {"/silent": silence, "/slow": begin}
        assert await title_of(site.url("/silent")) == "127.0.0.1/silent"
        assert await title_of(site.url("/slow")) == "127.0.0.1/slow"


class TestPrivateNetworks:
    """As the server comes, no page of this machine is fetched."""

    @pytest.mark.parametrize("host", SPELLINGS)
    async def test_however_the_host_is_written_nothing_is_asked(
        self, site: Website, title_of: TitleOf, host: str
    ) -> None:
        url = site.url("/page", host)
        assert await title_of(url) == url
        assert site.connections == 0

    @pytest.mark.parametrize(
        "host", ["10.1.2.3", "192.168.7.7", "169.254.169.254", "[fd00::1]", "[fe80::1]", "100.64.0.1"]
    )
    async def test_private_addresses_are_titles_themselves(self, title_of: TitleOf, host: str) -> None:
        assert await title_of(f"http://{host}/") == f"http://{host}/"
        assert await title_of(f"https://ada:secret@{host}?q") == f"https://ada:secret@{host}?q"

    @pytest.mark.parametrize(
        ("addresses", "title"),
        [
            (["10.0.0.1"], "http://example.org/page"),
            (["203.0.113.1", "::1"], "http://example.org/page"),
            ([], "example.org/page"),
        ],
    )
    async def test_what_a_name_stands_for_counts(
        self, title_of: TitleOf, monkeypatch: pytest.MonkeyPatch, addresses: Sequence[str], title: str
    ) -> None:
        def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            if not addresses:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            family = {True: socket.AF_INET6, False: socket.AF_INET}
            return [(family[":" in found], socket.SOCK_STREAM, 6, "", (found, port)) for found in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        assert await title_of("http://example.org/page") == title

    @settings(max_examples=60)
    @given(
        number=st.integers(0x7F000000, 0x7FFFFFFF),
        form=st.sampled_from(
            [
                "{0}.{1}.{2}.{3}",
                "{n}",
                "0x{n:x}",
                "0{n:o}",
                "0x{0:x}.{1}.0{2:o}.{3}",
                "{0}.{r}",
                "[::ffff:{0}.{1}.{2}.{3}]",
                "[64:ff9b::{n1:x}:{n2:x}]",
                "[2002:{n1:x}:{n2:x}::]",
                "ada:secret@{0}.{1}.{2}.{3}",
                "example.org@{0}.{1}.{2}.{3}",
            ]
        ),
        path=st.sampled_from(["/", "", "/page", "?q", "#x", "/@example.org"]),
    )
    async def test_no_form_of_an_address_of_this_machine_gets_through(
        self, site: Website, title_of: TitleOf, number: int, form: str, path: str
    ) -> None:
        parts = number.to_bytes(4)
        host = form.format(*parts, n=number, r=number & 0xFFFFFF, n1=number >> 16, n2=number & 0xFFFF)
        url = f"http://{host}:{site.port}{path}"
        assert await title_of(url, "weblink") == url
        assert site.connections == 0
