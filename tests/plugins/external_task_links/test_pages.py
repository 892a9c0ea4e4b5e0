"""The titles of web pages."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kanboard_plugins.external_task_links.pages import Page, title_of


def title(body: bytes | str, charset: str | None = None) -> str:
    return title_of(Page(body.encode() if isinstance(body, str) else body, charset))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<title>Hello</title>", "Hello"),
        ("<html><head>\n<TITLE>\n\tHello\n world </TiTlE>", "Hello\n world"),
        ("<title>One</title><title>Two</title>", "One"),
        ("<title lang='en'>One</title><title>Two</title>", "Two"),
        ("</title><title>One</title>", "One"),
        ("<title>a &amp; b</title>", "a &amp; b"),
        ("<title>a<title>b</title>", "a<title>b"),
        ("<title>a <b>c</b></title>", "a <b>c</b>"),
        ("<title>0</title>", "0"),
        ("<title>a\0b</title>", "ab"),
        ("<title> \u00a0 </title>", "\u00a0"),
        ("<title></title><title>Two</title>", ""),
        ("<title> \n\t\r\0\x0b </title>", ""),
        ("<title>Hello", ""),
        ("<title>Hello</title", ""),
        ("<title >Hello</title>", ""),
        ("<t\u0131tle>Hello</title>", ""),
        ("Hello", ""),
        ("", ""),
    ],
)
def test_the_text_of_the_first_title_element(body: str, found: str) -> None:
    assert title(body) == found


class TestCharset:
    @pytest.mark.parametrize(
        ("charset", "codec", "text"),
        [
            ("UTF-8", "utf-8", "\u00e9\u65e5"),
            ("utf8", "utf-8", "\u00e9\u65e5"),
            ("iso-8859-1", "cp1252", "\u00e9\u20ac"),
            ("ISO-8859-15", "iso8859-15", "\u00e9\u20ac"),
            ("windows-1251", "cp1251", "\u041f\u0440"),
            ("koi8-r", "koi8-r", "\u041f\u0440"),
            ("Shift_JIS", "cp932", "\u65e5\u672c"),
            ("euc-jp", "euc-jp", "\u65e5\u672c"),
            ("iso-2022-jp", "iso2022-jp", "\u65e5\u672c"),
            ("gb2312", "gbk", "\u4e2d\u6587"),
            ("Big5", "big5", "\u4e2d\u6587"),
            ("euc-kr", "cp949", "\ud55c\uad6d"),
            ("utf-16", "utf-16-le", "\u00e9\u65e5"),
            ("utf-16be", "utf-16-be", "\u00e9\u65e5"),
        ],
    )
    def test_as_the_server_says(self, charset: str, codec: str, text: str) -> None:
        assert title(f"<title>{text}</title>".encode(codec), charset) == text

    @pytest.mark.parametrize(
        ("meta", "codec"),
        [
            ("<meta charset=windows-1251>", "cp1251"),
            ("<META charset = 'KOI8-R'>", "koi8-r"),
            ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
            ("<meta charset=utf-16>", "utf-8"),
            ("<meta charset=nonsense>", "utf-8"),
            ("", "utf-8"),
        ],
    )
    def test_else_as_the_page_says(self, meta: str, codec: str) -> None:
        assert title(f"{meta}<title>\u041f\u0440</title>".encode(codec)) == "\u041f\u0440"

    def test_the_word_of_the_server_counts_more_and_a_mark_the_most(self) -> None:
        body = "<meta charset=koi8-r><title>\u041f\u0440</title>"
        assert title(body.encode("cp1251"), "windows-1251") == "\u041f\u0440"
        assert title(b"\xef\xbb\xbf" + body.encode(), "windows-1251") == "\u041f\u0440"
        assert title(b"\xff\xfe" + body.encode("utf-16-le"), "utf-8") == "\u041f\u0440"
        assert title(b"\xfe\xff" + body.encode("utf-16-be")) == "\u041f\u0440"

    def test_nobody_says_anything(self) -> None:
        assert title(b"<title>Caf\xc3\xa9</title>") == "Caf\u00e9"
        assert title(b"<title>Caf\xe9</title>") == "Caf\u00e9"
        assert title(b"<title>Caf\xc3\xa9</title>\xc3") == "Caf\u00e9", "the end is in the middle of a character"

    def test_what_does_not_fit_is_marked(self) -> None:
        assert title(b"<title>a\xe9b</title>", "utf-8") == "a\ufffdb"

    @pytest.mark.parametrize(
        "charset", ["idna", "punycode", "unicode_escape", "utf-7", "rot13", "zip", "\0", "\u00e4", "x" * 5000, "..", ""]
    )
    def test_charsets_that_no_page_has_are_passed_over(self, charset: str) -> None:
        assert title("<title>Caf\u00e9 \\u0041 +AEE-</title>", charset) == "Caf\u00e9 \\u0041 +AEE-"


def test_many_openings_are_read_once() -> None:
    assert title("<title>" * 150_000) == ""
    assert title("<title>" + "<" * 1_000_000) == ""
    assert title("<meta " * 150_000) == ""


@given(st.binary(max_size=60).map(lambda found: b"<title>" + found + b"</title>") | st.binary(), st.none() | st.text())
@example(b"<title>\xed\xa0\x80</title>", "utf-8")
@example(b"\xff\xfe<\0t\0i\0t\0l\0e\0>\0\0\xd8<\0/\0t\0i\0t\0l\0e\0>\0", None)
def test_whatever_is_sent_the_title_is_a_text_that_can_be_stored(body: bytes, charset: str | None) -> None:
    found = title(body, charset)
    assert "\0" not in found
    found.encode()
    assert found == found.strip(" \t\n\r\v")
