"""Markdown as HTML that may be embedded anywhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.markdown import LONGEST, rendered


def test_text_is_rendered() -> None:
    assert rendered("**Mind** the `gap`\nat ~~night~~ [here](https://example.org/)") == (
        "<p><strong>Mind</strong> the <code>gap</code><br />\n"
        'at <s>night</s> <a href="https://example.org/">here</a></p>\n'
    )


def test_tables_are_rendered() -> None:
    assert "<td>1</td>" in rendered("| a |\n|---|\n| 1 |")


@pytest.mark.parametrize("text", [None, ""])
def test_without_a_text_there_is_nothing(text: str | None) -> None:
    assert rendered(text) == ""


def test_html_is_shown_as_it_was_written() -> None:
    assert rendered('<b onclick="x()">bold</b>') == "<p>&lt;b onclick=&quot;x()&quot;&gt;bold&lt;/b&gt;</p>\n"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JaVaScRiPt:x", "vbscript:x", "data:text/html,x", "file:///x"]
)
def test_addresses_that_are_dangerous_become_no_links(address: str) -> None:
    assert "href" not in rendered(f"[click]({address})")


class _Tags(HTMLParser):
    """Notes what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes.update(name for name, _ in attributes)
        if tag not in {"br", "hr", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes.update(name for name, _ in attributes)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(st.text(alphabet=st.sampled_from(list("<>&\"'`*_~[]()!#|-\n\\ :=/ajscript1"))))
def test_whatever_the_text_the_html_is_well_formed_and_harmless(text: str) -> None:
    html = rendered(text)
    tags = _Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    assert tags.attributes <= {"href", "src", "alt", "title", "start", "class", "style"}
    assert not re.search(r'(href|src)="\s*javascript:', html, re.IGNORECASE)


def test_a_longer_text_is_shown_as_it_was_written() -> None:
    assert rendered("*a* <b>", longest=7) == "<p><em>a</em> &lt;b&gt;</p>\n"
    assert rendered("*a* <b>", longest=6) == "<pre>*a* &lt;b&gt;</pre>\n"
    assert rendered("*" * (LONGEST + 1)).startswith("<pre>***")
    assert rendered("", longest=0) == rendered(None, longest=0) == ""
