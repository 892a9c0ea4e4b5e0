"""Tests that wait go on as soon as they can, and fail with what tells why when they wait in vain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.waiting import eventually, said, wait_until


async def test_the_answer_is_that_of_the_condition() -> None:
    answers = [0, None, "", 7, 8]

    async def asked() -> object:
        return answers.pop(0)

    assert await eventually(asked) == 7
    assert wait_until(lambda: answers.pop(0)) == 8
    assert answers == []


async def test_who_waits_in_vain_is_told_why() -> None:
    with pytest.raises(AssertionError, match="nobody came"):
        await eventually(lambda: False, told=lambda: "nobody came", seconds=0.02)
    with pytest.raises(AssertionError, match="nobody came"):
        wait_until(lambda: False, told=lambda: "nobody came", seconds=0.02)


def test_who_has_ended_says_nothing_any_more(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        log.open("wb") as stream,
        subprocess.Popen([sys.executable, "-c", "print('so far')"], stdout=stream) as process,
    ):
        assert said(r"so (\w+)", log, process)[1] == "far"
        with pytest.raises(AssertionError, match="so far"):
            said("further", log, process)
