"""HTML of mails as text, for those who read mails without it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

#: elements that stand on lines of their own, with an empty line around them
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "div"))
#: elements that stand on lines of their own
_LINES = frozenset(("li", "tr", "dt", "dd"))
#: what isn't shown
_HIDDEN = frozenset(("head", "style", "script", "title"))
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_RULE = "-" * 40


def plain(html: str) -> str:
    """The text of a fragment of HTML: paragraphs apart, items with a dash, addresses of links in parentheses."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._hidden = 0
        self._preformatted = 0
        self._links: list[tuple[str, int]] = []

    def text(self) -> str:
        """What was read, with a newline at its end."""
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n") + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br":
            self._end_line(force=True)
        elif tag == "hr":
            self._end_paragraph()
            self._lines += [_RULE, ""]
        elif tag in _PARAGRAPHS:
            self._end_paragraph()
        elif tag in _LINES:
            self._end_line()
        if tag == "li":
            self._line = "- "
        elif tag == "pre":
            self._preformatted += 1
        elif tag in ("td", "th") and self._line:
            self._line += "  "
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._line)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            if address and address != self._line[start:].strip():
                self._line += f" ({address})"
        if tag in _PARAGRAPHS:
            self._end_paragraph()
        elif tag in _LINES:
            self._end_line()

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._preformatted:
            first, *others = data.split("\n")
            self._line += first
            for line in others:
                self._end_line(force=True)
                self._line = line
            return
        words = _BLANKS.sub(" ", data)
        self._line += words.lstrip(" ") if not self._line or self._line.endswith(" ") else words

    def _end_line(self, *, force: bool = False) -> None:
        if self._line.strip() or force:
            self._lines.append(self._line.rstrip())
        self._line = ""

    def _end_paragraph(self) -> None:
        self._end_line()
        if self._lines and self._lines[-1]:
            self._lines.append("")
