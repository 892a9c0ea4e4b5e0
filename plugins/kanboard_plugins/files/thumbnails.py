"""Thumbnails, which the pages of Kanboard show. Source: spec page "file_storage", section "Thumbnails"."""

from __future__ import annotations

import io
import logging
import threading

WIDTH, HEIGHT = 250, 100

_FORMATS = ("PNG", "JPEG", "GIF")

#: each picture in work takes memory for all its pixels
_one_at_a_time = threading.Lock()

_logger = logging.getLogger(__name__)


def thumbnail(content: bytes, most_pixels: int) -> bytes | None:
    """The middle of a picture, scaled to fill 250 x 100 pixels, as PNG; None when there can be none.

    That is when the content is no picture that can be read (PNG, JPEG, GIF), or has too many pixels, whatever its size
    in bytes. Takes its time: not for the event loop.
    """
    # It is large: a server whose clients send no pictures does without.
    from PIL import Image

    try:
        with _one_at_a_time, Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > most_pixels:
                return None
            width, height = _scaled(picture.width, picture.height)
            picture.draft("RGB", (width, height))
            # Cut out before it is scaled: a picture of one column isn't blown up to a million rows.
            across, down = picture.width / width, picture.height / height
            left, top = (width - WIDTH) // 2, (height - HEIGHT) // 2
            box = (left * across, top * down, (left + WIDTH) * across, (top + HEIGHT) * down)
            # The colours of a palette can't be mixed.
            whole = picture.convert("RGBA") if picture.mode in ("1", "P", "PA") else picture
            small = whole.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, box, reducing_gap=2.0)
            if small.mode.startswith("I"):  # 16 bits of grey
                small = small.convert("I").point(lambda grey: grey / 256).convert("L")
            written = io.BytesIO()
            small.convert("RGB" if small.mode == "CMYK" else "RGBA").convert("RGBA").save(written, "PNG")
            return written.getvalue()
    except Exception as error:  # the libraries below raise whatever they like
        _logger.debug("no thumbnail: %s", error)
        return None


def _scaled(width: int, height: int) -> tuple[int, int]:
    """The size at which a picture covers the thumbnail."""
    if width / height <= WIDTH / HEIGHT:
        return WIDTH, height * WIDTH // width
    return width * HEIGHT // height, HEIGHT
