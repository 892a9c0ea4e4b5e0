"""Memory that is freed stays with the process."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

#: prints how many pages the system has handed out for ten blocks of 4 MiB, one after another
BLOCKS = """
import resource
from kanboard_core.memory import keep_freed
{}
block = None
for number in range(11):
    block = None
    block = bytearray(4 << 20)
    if number == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages(told: str) -> int:
    ended = subprocess.run([sys.executable, "-c", BLOCKS.format(told)], capture_output=True, text=True, check=True)
    return int(ended.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_the_next_block_takes_the_place_of_the_one_before() -> None:
    assert pages("keep_freed()") * 10 < pages("pass")
