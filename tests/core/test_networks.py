"""Addresses that clients choose: which are public, and that nothing else is connected to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.waiting import PATIENCE, eventually
from tests.website import Website, page, silence, website

from kanboard_core import networks
from kanboard_core.networks import NotPublic, is_public

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:0:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
    "1.1.1",
    "1.1.1.1.1",
    "[::1]",
]

#: the address 127.0.0.1 as people have written it to get it past somebody
SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",  # noqa: S104
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::127.0.0.1]",
]


class TestIsPublic:
    @pytest.mark.parametrize("address", PUBLIC)
    def test_these_are(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize("address", NOT_PUBLIC)
    def test_these_are_not(self, address: str) -> None:
        assert not is_public(address)

    @given(st.ip_addresses())
    def test_what_python_takes_for_local_or_reserved_is_not(self, address: Any) -> None:
        local = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
        if local or (address.version == 4 and address.is_reserved):
            assert not is_public(str(address))

    @given(st.ip_addresses(v=4))
    def test_an_address_that_stands_for_another_is_as_public(self, address: ipaddress.IPv4Address) -> None:
        number = int(address)
        for standing in (
            (0xFFFF << 32) | number,
            (0x64FF9B << 96) | number,
            (0x2002 << 112) | (number << 80) | 1,
        ):
            assert is_public(str(ipaddress.IPv6Address(standing))) is is_public(str(address))


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    async with website() as found:
        found.answers["/"] = page("Hello")
        yield found


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """One that reaches public addresses only."""
    async with networks.open_session(allow_private=False, seconds=10, connections=4) as found:
        yield found


Names = Callable[..., list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Says what a name stands for: ``names("127.0.0.1", "10.0.0.1")``, each time the next list; the names looked up."""

    def say(*answers: list[str]) -> list[str]:
        asked: list[str] = []
        left = list(answers)

        def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            found = left.pop(0) if len(left) > 1 else left[0]
            return [
                (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in found
            ]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return say


async def text(session: aiohttp.ClientSession, url: str, **options: Any) -> str:
    async with session.get(url, **options) as response:
        return await response.text()


class TestHosts:
    @pytest.mark.parametrize("host", SPELLINGS)
    async def test_this_machine_is_not_reached_however_it_is_written(
        self, site: Website, session: aiohttp.ClientSession, host: str
    ) -> None:
        with pytest.raises((NotPublic, aiohttp.ClientError)):
            await text(session, site.url(host=host))
        assert site.connections == 0

    @pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost", "[::1]"])
    async def test_why_is_said(self, session: aiohttp.ClientSession, host: str) -> None:
        with pytest.raises(NotPublic):
            await text(session, f"http://{host}/")

    @pytest.mark.parametrize(
        "addresses", [["127.0.0.1"], ["203.0.113.1", "10.0.0.1"], ["2001:db8::1"], ["203.0.113.1", "::1"]]
    )
    async def test_a_name_is_refused_when_one_of_its_addresses_is(
        self, session: aiohttp.ClientSession, names: Names, addresses: list[str]
    ) -> None:
        names(addresses)
        with pytest.raises(NotPublic):
            await text(session, "http://example.org/")

    async def test_a_name_without_an_address_is_not_refused_but_not_found(
        self, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(aiohttp.ClientConnectorDNSError):
            await text(session, "http://example.org/")

    async def test_the_operator_may_allow_more(self, site: Website) -> None:
        async with networks.open_session(allow_private=True, seconds=10, connections=4) as session:
            assert await text(session, site.url()) == "Hello"
            assert await text(session, site.url(host="localhost")) == "Hello"


class TestRebinding:
    """Here 127.0.0.1 passes for public, so that something answers there."""

    @pytest.fixture(autouse=True)
    def checked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The addresses that were checked."""
        found: list[str] = []

        def check(address: str) -> bool:
            found.append(address)
            return address == "127.0.0.1"

        monkeypatch.setattr(networks, "is_public", check)
        return found

    async def test_the_address_that_was_checked_is_the_one_connected_to(
        self, site: Website, session: aiohttp.ClientSession, names: Names, checked: list[str]
    ) -> None:
        asked = names(["127.0.0.1"], ["127.0.0.2"])
        assert await text(session, site.url(host="example.org")) == "Hello"
        assert asked == ["example.org"], "nobody asks again"
        assert checked == ["127.0.0.1", "127.0.0.1"], "when it was looked up, and when it was connected to"
        assert f"Host: example.org:{site.port}" in site.requests[0]

    async def test_each_request_looks_the_name_up_again(
        self, site: Website, session: aiohttp.ClientSession, names: Names
    ) -> None:
        names(["127.0.0.1"], ["127.0.0.2"])
        await text(session, site.url(host="example.org"))
        with pytest.raises(NotPublic):
            await text(session, site.url(host="example.org"))

    async def test_an_address_is_checked_once_more_when_it_is_connected_to(
        self, site: Website, session: aiohttp.ClientSession, names: Names, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names(["127.0.0.1"])
        answers = iter((True, False))
        monkeypatch.setattr(networks, "is_public", lambda address: next(answers))
        with pytest.raises(NotPublic):
            await text(session, site.url(host="example.org"))
        assert site.connections == 0

    @pytest.mark.parametrize("host", ["127.0.0.2", "0x7f.2", "[::1]", "elsewhere.example.org"])
    async def test_a_redirect_that_is_followed_takes_the_same_way(
        self, site: Website, session: aiohttp.ClientSession, names: Names, host: str
    ) -> None:
        names(["127.0.0.2"])
        site.answers["/from"] = page("", f"Location: {site.url(host=host)}", status="302 Found")
        with pytest.raises(NotPublic):
            await text(session, site.url("/from"))
        assert site.connections == 1


class TestManners:
    @pytest.fixture
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """One that reaches the site."""
        async with networks.open_session(allow_private=True, seconds=10, connections=4) as found:
            yield found

    async def test_no_cookie_is_kept_and_no_connection(self, site: Website, session: aiohttp.ClientSession) -> None:
        site.answers["/"] = page("Hello", "Set-Cookie: who=me")
        for _ in range(2):
            await text(session, site.url(host="localhost"))
        assert not any("cookie" in head.lower() for head in site.requests)
        assert all("Connection: close\r\n" in head for head in site.requests)

    async def test_credentials_of_an_address_go_to_no_other_host(
        self, site: Website, session: aiohttp.ClientSession
    ) -> None:
        site.answers["/from"] = page("", f"Location: {site.url(host='localhost')}", status="302 Found")
        await text(session, site.url("/from").replace("://", "://ada:secret@"))
        assert ["Authorization" in head for head in site.requests] == [True, False]

    async def test_nothing_is_asked_for_compressed_nor_unpacked(
        self, site: Website, session: aiohttp.ClientSession
    ) -> None:
        site.answers["/"] = page(b"\x1f\x8b not really", "Content-Encoding: gzip")
        async with session.get(site.url()) as response:
            assert await response.read() == b"\x1f\x8b not really"
        assert "Accept-Encoding: identity\r\n" in site.requests[0]

    async def test_the_environment_names_no_proxy(
        self, site: Website, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
        assert await text(session, site.url()) == "Hello"

    async def test_who_does_not_answer_is_not_waited_for(self, site: Website) -> None:
        site.answers["/"] = silence
        async with networks.open_session(allow_private=True, seconds=0.2, connections=4) as session:
            with pytest.raises(TimeoutError):
                await text(session, site.url())

    async def test_names_that_take_their_time_hold_up_nobody_else(
        self, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        over = threading.Event()
        asked: list[str] = []

        def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            over.wait(2 * PATIENCE)
            return []

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        async with networks.open_session(allow_private=False, seconds=3 * PATIENCE, connections=100) as session:
            asking = [asyncio.ensure_future(text(session, "http://example.org/")) for _ in range(60)]
            try:
                await eventually(lambda: len(asked) == networks._LOOKUPS)
                await asyncio.wait_for(asyncio.to_thread(lambda: None), PATIENCE)
            finally:
                over.set()
                for request in asking:
                    request.cancel()
                await asyncio.gather(*asking, return_exceptions=True)
