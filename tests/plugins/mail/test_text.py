"""HTML of mails as text."""

from __future__ import annotations

import pytest

from kanboard_plugins.mail.text import plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", "\n"),
        ("<p>One\n  two</p><p>three</p>", "One two\n\nthree\n"),
        ("one<br>two", "one\ntwo\n"),
        (
            "<h2>Title (#1)</h2><ul> <li>one</li> <li><b>two</b> three</li></ul><p>end</p>",
            "Title (#1)\n\n- one\n- two three\n\nend\n",
        ),
        ("<p>&lt;b&gt; &amp; &auml;</p>", "<b> & ä\n"),
        ('<p><a href="https://example.org/1">See</a> it</p>', "See (https://example.org/1) it\n"),
        ('<p><a href="https://example.org/1">https://example.org/1</a></p>', "https://example.org/1\n"),
        ("<pre><code>if a:\n    b\n</code></pre><p>end</p>", "if a:\n    b\n\nend\n"),
        ("<p>a</p><hr><p>b</p>", f"a\n\n{'-' * 40}\n\nb\n"),
        ("<style>p {}</style><p>a</p>", "a\n"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>", "a  b\nc  d\n"),
        ("<p>not closed <b>and <a href='x'>neither", "not closed and neither\n"),
    ],
)
def test_plain(html: str, text: str) -> None:
    assert plain(html) == text
