"""How long a message is tried."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kanboard_plugins.outbox.courier import Patience

PATIENCE = Patience(pause=5.0, longest_pause=1800.0, age_limit=48 * 3600.0)


@given(st.integers(1, 10_000))
def test_pauses_double_up_to_a_bound_and_are_cut_by_half_at_most(attempts: int) -> None:
    due_at = PATIENCE.until(1000.0, attempts, 1000.0)
    assert due_at is not None
    full = min(5.0 * 2 ** min(attempts - 1, 64), 1800.0)
    assert full / 2 <= due_at - 1000.0 <= full


def test_pauses_differ() -> None:
    assert len({PATIENCE.until(0.0, 9, 0.0) for _ in range(10)}) > 1


def test_a_message_is_tried_for_so_long_and_no_longer() -> None:
    now = 0.0
    for attempts in itertools.count(1):
        due_at = PATIENCE.until(now, attempts, 0.0)
        if due_at is None:
            break
        now = due_at
    assert 48 * 3600 <= now < 48 * 3600 + 1800
    assert 96 < attempts < 250
