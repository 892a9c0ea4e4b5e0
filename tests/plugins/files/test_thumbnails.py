"""Thumbnails: 250 x 100 pixels of whatever is a picture, and no more memory than is allowed."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from kanboard_plugins.files.thumbnails import thumbnail

ENOUGH = 1_000_000
RED, GREEN, BLUE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)


def written(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def made(content: bytes, most_pixels: int = ENOUGH) -> Image.Image:
    small = thumbnail(content, most_pixels)
    assert small is not None
    return Image.open(io.BytesIO(small))


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (250, 100), (300, 10), (10, 300), (5000, 1), (1, 5000), (999, 400)])
def test_any_picture_fills_the_box(size: tuple[int, int]) -> None:
    small = made(written(Image.new("RGB", size, RED[:3])))
    assert (small.format, small.size, small.mode) == ("PNG", (250, 100), "RGBA")
    assert small.getcolors() == [(25_000, RED)]


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("JPEG", mode) for mode in ("L", "RGB", "CMYK")),
        *(("GIF", mode) for mode in ("L", "P")),
    ],
)
def test_every_kind_of_pixel(form: str, mode: str) -> None:
    small = made(written(Image.new(mode, (500, 200)), form))
    assert (small.size, small.mode) == ((250, 100), "RGBA")


def test_the_middle_is_cut_out() -> None:
    wide = Image.new("RGBA", (750, 100), RED)
    wide.paste(GREEN, (250, 0, 500, 100))
    high = Image.new("RGBA", (250, 300), BLUE)
    high.paste(GREEN, (0, 100, 250, 200))
    for picture in (wide, high):
        assert made(written(picture)).getcolors() == [(25_000, GREEN)]


def test_grey_of_16_bits_is_as_light_as_it_was() -> None:
    [(_, colour)] = made(written(Image.new("I;16", (500, 200), 0x8000))).getcolors() or []
    assert colour == (128, 128, 128, 255)


def test_what_is_transparent_stays_so() -> None:
    clear = Image.new("P", (500, 200), 0)
    for content in (written(Image.new("RGBA", (500, 200), (0, 0, 0, 0))), written(clear, "GIF", transparency=0)):
        assert made(content).getchannel("A").getextrema() == (0, 0)


def test_of_an_animation_the_first_picture_counts() -> None:
    frames = [Image.new("RGB", (500, 200), colour[:3]) for colour in (RED, BLUE)]
    moving = written(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert made(moving).getpixel((100, 50)) == RED


def _png(width: int, height: int) -> bytes:
    """The beginning of a picture that claims to be of that size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes of the pictures whose pixels were unpacked."""
    from PIL import ImageFile

    sizes: list[tuple[int, int]] = []
    load = ImageFile.ImageFile.load

    def noted(picture: Any) -> Any:
        sizes.append(picture.size)
        return load(picture)

    monkeypatch.setattr(ImageFile.ImageFile, "load", noted)
    return sizes


@pytest.mark.parametrize(
    "size", [(1001, 1000), (10_000, 9_500), (15_000, 15_000), (65_535, 65_535), (2**31 - 1, 2**31 - 1)]
)
def test_a_picture_of_too_many_pixels_is_never_unpacked(size: tuple[int, int], loaded: list[tuple[int, int]]) -> None:
    assert thumbnail(_png(*size), ENOUGH) is None
    assert loaded == []


def test_the_limit_is_what_is_given(loaded: list[tuple[int, int]]) -> None:
    content = written(Image.new("RGB", (100, 100)))
    assert thumbnail(content, 9_999) is None
    assert loaded == []
    assert thumbnail(content, 10_000) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n",
        _png(300, 100),
        _png(0, 0),
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        written(Image.new("RGB", (300, 300)), "JPEG")[:300],
        written(Image.new("RGB", (300, 300)), "BMP"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0",
    ],
)
def test_what_is_no_picture_of_the_three_kinds_has_none(content: bytes) -> None:
    assert thumbnail(content, ENOUGH) is None
