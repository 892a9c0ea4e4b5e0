"""Which addresses are valid, and what they consist of."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_plugins.external_task_links.addresses import Address, is_valid, last_segment, parts

VALID = [
    "http://example.org",
    "https://example.org/",
    "HTTP://EXAMPLE.ORG/X",
    "http://localhost",
    "http://300.1.1.1/",
    "http://1",
    "http://example.org.",
    "http://a-b.c-d/",
    "http://" + "l" * 63 + ".org",
    "http://" + ".".join(["l" * 49] * 5) + ".org",
    "http://[::1]/",
    "http://[2001:db8::1]:8080/x",
    "http://[::ffff:1.2.3.4]",
    "http://ada:secret@example.org/",
    "http://ada@example.org",
    "http://a%41:!$&'()*+,;=:@example.org/",
    "http://example.org:0",
    "http://example.org:65535/",
    "http://example.org:/",
    "http://example.org?q=1",
    "http://example.org#top",
    'http://example.org/{}|\\^~[]`<>#%"',
    "http://example.org/a@b:c",
    "ftp://example.org/x",
    "smb://server_1/share",
    "x://a",
    "mailto:ada@example.org",
    "mailto:",
    "news:comp.lang",
    "file:///etc/hosts",
    "file:///c:/x",
    "file:x",
    "file://server/share",
]
NOT_VALID = [
    "",
    "example.org",
    "www.example.org/x.pdf",
    "//example.org/",
    "://example.org/",
    "h_ttp://example.org/",
    "http:",
    "http:/",
    "http://",
    "http:///x",
    "http://?q",
    "http:example.org",
    "http://exa mple.org",
    "http://example.org/a b",
    "http://example.org/\t",
    "http://example.org/\n",
    "http://example.org/\x7f",
    "http://ex\u00e4mple.org/",
    "http://example.org/\u00e4",
    "http://a_b.org",
    "http://-a.org",
    "http://a-.org",
    "http://a..org",
    "http://.org",
    "http://example.org..",
    "http://" + "l" * 64 + ".org",
    "http://" + ".".join(["l" * 50] * 5) + ".org",
    "http://example.org:65536/",
    "http://example.org:123456/",
    "http://example.org:x/",
    "http://example.org:-1/",
    "http://[::1",
    "http://::1/",
    "http://[::g]/",
    "http://[::1%25eth0]/",
    "http://[]/",
    "http://@/",
    "http://ada:secret@/",
    'http://a"b@example.org/',
    "http://a%4@example.org/",
    "http://a@b@example.org/",
    "ftp://",
    "x:y",
    "x:/y",
    "smb:///x",
    "MAILTO:ada@example.org",
]


@pytest.mark.parametrize("url", VALID)
def test_valid(url: str) -> None:
    assert is_valid(url)


@pytest.mark.parametrize("url", NOT_VALID)
def test_not_valid(url: str) -> None:
    assert not is_valid(url)


@given(st.text(st.sampled_from("htp:/?#@[]%.-_ 019az\\\n\u00e4\0"), max_size=40) | st.text(max_size=40))
def test_any_text_is_valid_or_not_and_what_is_valid_can_be_sent_in_a_request(text: str) -> None:
    for url in (text, f"http://{text}", f"http://example.org{text}"):
        if is_valid(url):
            assert url.isascii()
            assert url.isprintable()
            assert " " not in url
            assert parts(url) is not None


_LABELS = st.text(string.ascii_letters + string.digits, min_size=1, max_size=63)
_PATHS = st.text([sign for sign in map(chr, range(33, 127)) if sign not in "?#"], max_size=20).map("/{}".format)
_ENDS = st.text([chr(code) for code in range(33, 127)], max_size=20)


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS", "ftp"]),
    credentials=st.sampled_from([(), ("ada",), ("ada", "secret"), ("", ""), ("a", "b:c")]),
    host=st.lists(_LABELS, min_size=1, max_size=3).map(".".join) | st.just("[::1]"),
    port=st.none() | st.integers(0, 65535),
    path=st.just("") | _PATHS,
    end=st.just("") | st.tuples(st.sampled_from("?#"), _ENDS).map("".join),
)
def test_what_is_put_together_is_valid_and_found_again(
    scheme: str, credentials: tuple[str, ...], host: str, port: int | None, path: str, end: str
) -> None:
    at = "@" if credentials else ""
    place = host if port is None else f"{host}:{port}"
    url = f"{scheme}://{':'.join(credentials)}{at}{place}{path}{end}"
    assert is_valid(url)
    assert parts(url) == Address(scheme, credentials, host, path)


@pytest.mark.parametrize(
    ("path", "segment"),
    [
        ("/report.pdf", "report.pdf"),
        ("/a/b.c/", "b.c"),
        ("/a//", "a"),
        ("/", ""),
        ("", ""),
        ("c:/notes.txt", "notes.txt"),
        ("/My%20Report.PDF", "My%20Report.PDF"),
    ],
)
def test_the_last_segment_of_a_path(path: str, segment: str) -> None:
    assert last_segment(path) == segment
