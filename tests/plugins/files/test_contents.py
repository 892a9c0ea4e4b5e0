"""Base64, read as Kanboard reads it. The examples are PHP's."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_plugins.files.contents import decoded, encoded, is_refused


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Zm9v", b"foo"),
        ("Zm9vYg==", b"foob"),
        ("Zm9vYg", b"foob"),
        ("Zm9vYmE", b"fooba"),
        ("Zm\r\n9v", b"foo"),
        (" Z m 9 v\t", b"foo"),
        ("Zm9v!!!Zm9v", b"foofoo"),
        ("Zm9v==Zm9v", b"foofoo"),
        ("=Zm9=v=", b"foo"),
        ("Zm9vZ", b"foo"),  # a last group of one character
        ("Zh==", b"f"),  # surplus bits
        ("////", b"\xff\xff\xff"),
        ("Z-m_9*v", b"foo"),  # the URL-safe alphabet isn't known
        ("Zm9\u00e9v\u65e5\U0001f389", b"foo"),
        ("Zm9\0v", b"foo"),
        ("", b""),
        ("Z", b""),
        ("====", b""),
        ("_-_-", b""),
    ],
)
def test_whatever_isnt_of_the_alphabet_is_skipped(text: str, content: bytes) -> None:
    assert decoded(text) == content


@given(st.binary(max_size=100))
def test_what_is_encoded_is_standard_base64(content: bytes) -> None:
    assert encoded(content) == base64.b64encode(content).decode()
    assert decoded(encoded(content)) == content


@given(st.text(max_size=40))
def test_any_text_stands_for_something(text: str) -> None:
    digits = [character for character in text if character.isascii() and (character.isalnum() or character in "+/")]
    assert len(decoded(text)) == len(digits) * 6 // 8


@pytest.mark.parametrize(
    ("content", "refused"), [(b"", True), (b"0", True), (b"00", False), (b" ", False), (b"\0", False)]
)
def test_nothing_and_a_zero_are_refused(content: bytes, refused: bool) -> None:
    assert is_refused(content) is refused
