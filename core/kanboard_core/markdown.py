"""Markdown of descriptions and comments as HTML, for what people read: the activity stream, mails."""

from __future__ import annotations

import html

from markdown_it import MarkdownIt

#: characters of a text that is rendered. Each takes up to 0.05 ms in a text that is made for it, and nobody else comes
#: to their turn meanwhile.
LONGEST = 10_000

#: HTML in a text is shown as it was written; addresses that run scripts are no links
_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def rendered(text: str | None, longest: int = LONGEST) -> str:
    """The text as an HTML fragment that is well-formed and safe to embed; "" for none.

    One of more characters than ``longest`` is shown as it was written.
    """
    if text and len(text) > longest:
        return f"<pre>{html.escape(text)}</pre>\n"
    return str(_PARSER.render(text or ""))
