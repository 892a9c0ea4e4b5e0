"""One-time codes: those of the standard, for how long they are good, and that each is good once."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core import one_time_codes
from kanboard_core.testing import RunningServer

#: the key of RFC 6238, appendix B
STANDARD = base64.b32encode(b"12345678901234567890").decode()
#: as Kanboard makes them
SHORT = "JBSWY3DPEHPK3PXP"


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(now: int, code: str) -> None:
    assert one_time_codes.code(STANDARD, now) == code
    assert one_time_codes.matches(STANDARD, code, now)


@given(st.integers(1000, 2**40), st.integers(-3, 3), st.sampled_from([STANDARD, SHORT]))
def test_a_code_is_good_one_step_before_and_after_its_own(now: int, ahead: int, secret: str) -> None:
    then = now + 30 * ahead
    code = one_time_codes.code(secret, now)
    near = {one_time_codes.code(secret, then + 30 * step) for step in (-1, 0, 1)}
    assert one_time_codes.matches(secret, code, then) == (code in near)


@pytest.mark.parametrize("written", ["287 082", " 287082\n"])
def test_blanks_in_a_code_do_not_count(written: str) -> None:
    assert one_time_codes.matches(STANDARD, written, 59)


@pytest.mark.parametrize("given", ["", "28708", "2870820", "28708a", "٢٨٧٠٨٢", "287082\0"])
def test_what_is_no_code_is_not_right(given: str) -> None:
    assert not one_time_codes.matches(STANDARD, given, 59)


@pytest.mark.parametrize("secret", [None, "", "no base32!", "1", "é"])
def test_without_a_secret_no_code_is_right(secret: str | None) -> None:
    assert not one_time_codes.matches(secret, "287082", 59)
    with pytest.raises(ValueError, match="base32"):
        one_time_codes.code(secret or "", 59)


def test_a_secret_is_read_however_it_is_written() -> None:
    padded = f"{STANDARD.lower()[:8]} {STANDARD[8:]}    "
    assert one_time_codes.code(padded, 59) == "287082"


def test_new_secrets_have_160_bits_where_their_column_holds_them() -> None:
    assert len(base64.b32decode(one_time_codes.new_secret("sqlite"))) == 20
    assert len(base64.b32decode(one_time_codes.new_secret("postgres"))) == 10
    assert one_time_codes.new_secret("sqlite") != one_time_codes.new_secret("sqlite")


def test_the_uri_names_issuer_account_and_secret() -> None:
    uri = urlsplit(one_time_codes.uri(SHORT, issuer="Ours: & yours", label="bob@example.org?"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Ours  & yours:bob@example.org?"
    assert parse_qs(uri.query) == {"secret": [SHORT], "issuer": ["Ours: & yours"]}


async def test_a_code_is_accepted_once(server: RunningServer) -> None:
    write = server.server.database.write
    now = 1111111109
    code = one_time_codes.code(SHORT, now)
    assert not await write(lambda tx: one_time_codes.use(tx, SHORT, "000000", now))
    assert await write(lambda tx: one_time_codes.use(tx, SHORT, code, now))
    assert not await write(lambda tx: one_time_codes.use(tx, SHORT, code, now + 29))
    assert await write(lambda tx: one_time_codes.use(tx, SHORT, one_time_codes.code(SHORT, now + 30), now))
    assert await write(lambda tx: one_time_codes.use(tx, STANDARD, one_time_codes.code(STANDARD, now), now))
