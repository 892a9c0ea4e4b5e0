"""Names are labels, and keys are made of everything but them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_plugins.files.names import etag, is_image, new_key, stored_name, thumbnail_key


@given(st.text(max_size=300))
def test_a_name_is_cut_at_the_last_whole_character_within_255_bytes(name: str) -> None:
    stored = stored_name(name)
    assert name.startswith(stored)
    assert len(stored.encode()) <= 255
    assert stored == name or len(name[: len(stored) + 1].encode()) > 255


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("a.png", True),
        ("B.PNG", True),
        ("c.jpg", True),
        ("d.Jpeg", True),
        ("e.gif", True),
        (".png", True),
        ("folder.x/a.gif", True),
        ("a.png/", True),
        ("png", False),
        ("a.png/b", False),
        ("a.png.txt", False),
        ("a.png ", False),
        ("a.", False),
        ("a.webp", False),
        ("a\\b.png", True),
        ("", False),
    ],
)
def test_the_extension_makes_a_picture(name: str, image: bool) -> None:
    assert is_image(name) is image


def test_the_extension_of_the_uncut_name_counts() -> None:
    assert is_image("x" * 300 + ".png")


@given(st.text(max_size=300))
def test_a_key_has_nothing_of_the_name(name: str) -> None:
    assert re.fullmatch("projects/7/[0-9a-f]{40}", new_key("projects", 7, name, 1_700_000_000))


def test_two_files_of_one_name_and_second_have_two_keys() -> None:
    assert len({new_key("projects", 7, "same.txt", 1_700_000_000) for _ in range(100)}) == 100


def test_a_thumbnail_has_a_key_of_its_own() -> None:
    assert thumbnail_key("projects/7/abc") == "thumbnails/projects/7/abc"


def test_the_etag_is_that_of_the_key() -> None:
    assert etag("projects/1/abc") == "a95b25dc46733e632a055118daa9bf5e"
    assert etag(None) == etag("")
