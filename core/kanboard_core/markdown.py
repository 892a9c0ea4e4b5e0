"""Markdown of descriptions and comments as HTML, for what people read: the activity stream, mails."""

from __future__ import annotations

from markdown_it import MarkdownIt

#: HTML in a text is shown as it was written; addresses that run scripts are no links
_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def rendered(text: str | None) -> str:
    """The text as an HTML fragment that is well-formed and safe to embed; "" for none."""
    return str(_PARSER.render(text or ""))
