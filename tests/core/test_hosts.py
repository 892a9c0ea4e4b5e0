"""Which address the host that a client names stands for."""

from __future__ import annotations

import pytest

from kanboard_core import hosts


@pytest.mark.parametrize(
    "host", ["example.org", "Example.org:8080", "kanban", "10.0.0.7:81", "[2001:db8::1]:8080", "a_b"]
)
def test_a_host_with_or_without_a_port(host: str) -> None:
    assert hosts.url("https", host, "") == f"https://{host}/"
    assert hosts.url("http", host, "/kan/ban") == f"http://{host}/kan/ban/"


@pytest.mark.parametrize(
    "host",
    [
        *("", "a b", "a/b", "a?b", "a#b", "user@example.org", "a\\b", "a\r\nb", "a\n", "é.example", 'evil"><script>'),
        *("a:", "a:b", "a:123456", "-a", ".a", "[::1", "[]", "[:]", "[1.2]", "::2", "a:1:2"),
    ],
)
def test_what_is_no_host_stands_for_nothing(host: str) -> None:
    assert hosts.url("http", host, "") == ""


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:8080", "a.localhost", "127.0.0.1", "127.1.2.3:80", "[::1]:80", "[::]"]
)
def test_the_machine_itself_leads_others_nowhere(host: str) -> None:
    assert hosts.url("http", host, "") == ""
