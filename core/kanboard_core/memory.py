"""What becomes of memory that this process has freed."""

from __future__ import annotations

import ctypes
import sys

#: parameters of glibc's mallopt: what is taken from the system on its own, what is left on top of the heap
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3

#: bytes of what is still taken from the heap, and of freed memory that the heap keeps
_FROM_HEAP, _KEPT = 8 << 20, 32 << 20


def keep_freed() -> None:
    """Keep some freed memory for what comes next: a long answer is as large as the one before.

    Otherwise the C library gives it back each time, and the system hands it out again page by page, wiped, which is a
    sixth of what a list of 1,000 tasks costs. It knows of this on Linux with glibc; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_MMAP_THRESHOLD, _FROM_HEAP)
            mallopt(_TRIM_THRESHOLD, _KEPT)
