"""Credentials: the texts that requests bring them in, the names that no account has, tokens."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.credentials import (
    basic_credentials,
    encoded_credentials,
    is_generated_token,
    names_an_account,
    new_token,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS.filter(lambda text: ":" not in text), TEXTS)
def test_user_name_and_password_are_read_as_they_were_written(username: str, password: str) -> None:
    """A password may hold colons, a user name can't."""
    value = base64.b64encode(f"{username}:{password}".encode()).decode()
    assert encoded_credentials(value) == (username, password)
    assert basic_credentials(f"Basic {value}") == basic_credentials(f"bAsIc  {value} ") == (username, password)
    assert basic_credentials(f"Bearer {value}") == basic_credentials(value) == ("", "")


@given(TEXTS.filter(lambda text: ":" not in text), TEXTS)
def test_the_padding_of_base64_may_be_missing(username: str, password: str) -> None:
    value = base64.b64encode(f"{username}:{password}".encode()).decode()
    assert encoded_credentials(value.rstrip("=")) == (username, password)


@given(st.text() | st.binary().map(lambda sent: base64.b64encode(sent).decode()))
def test_whatever_else_is_sent_is_an_answer_too(value: str) -> None:
    username, password = encoded_credentials(value)
    if (username, password) != ("", ""):
        assert base64.b64decode(value + "==").decode() == f"{username}:{password}"


@pytest.mark.parametrize("username", ["", "0", "jsonrpc", "bob\0", "\0"])
def test_some_names_are_no_accounts(username: str) -> None:
    assert not names_an_account(username)


@pytest.mark.parametrize("username", ["bob", "00", "JSONRPC", " ", "日本"])
def test_all_others_may_be(username: str) -> None:
    assert names_an_account(username)


def test_a_new_token_is_like_kanboards_and_no_other() -> None:
    token = new_token()
    assert is_generated_token(token)
    assert len(token) == 60
    assert token != new_token()
    for other in ("", token[1:], f"{token}0", f"{token}\n", token[1:] + "G", "password"):
        assert not is_generated_token(other)
