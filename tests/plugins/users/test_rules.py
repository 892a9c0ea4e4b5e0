"""What the fields of an account may hold."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_plugins.users import rules

LOCAL = st.text(string.ascii_letters + string.digits + ".!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=20)
LABEL = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=10)


@pytest.mark.parametrize("username", ["a", "0", " a ", "with space", "a@b", "日本", "é" * 191, " " * 190 + "a"])
def test_user_names_may_hold_anything(username: str) -> None:
    assert rules.is_username(username)


@pytest.mark.parametrize("username", ["", " ", " \t\r\n\v\0", "x" * 192, " " * 191 + "a"])
def test_user_names_are_neither_blank_nor_too_long(username: str) -> None:
    assert not rules.is_username(username)


@given(st.text(), st.text(" \t\r\n\v\0", min_size=1))
def test_user_names_are_stored_without_white_space_around_them(username: str, white_space: str) -> None:
    stored = rules.stored_username(username)
    assert rules.stored_username(white_space + username + white_space) == stored
    assert rules.stored_username(stored) == stored
    assert stored in username


def test_only_ascii_white_space_is_taken_off() -> None:
    assert rules.stored_username("\N{NO-BREAK SPACE}a\N{EM SPACE}\f") == "\N{NO-BREAK SPACE}a\N{EM SPACE}\f"


@pytest.mark.parametrize(
    ("password", "permitted"),
    [("", False), ("12345", False), ("123456", True), ("      ", True), ("ééééé", False), ("éééééé", True)],
)
def test_passwords_have_six_characters(password: str, permitted: bool) -> None:
    assert rules.is_password(password) is permitted


@pytest.mark.parametrize("email", ["", "a@bc", "a.@1.2", "..a@example.org", "a@-b.org", "a@--"])
def test_mail_addresses_have_a_form(email: str) -> None:
    assert rules.is_email(email)


@pytest.mark.parametrize(
    "email",
    ["a", "a@", "@b.org", "a@b", "a@.org", "a@b..org", "a@b.org.", "a b@c.de", "é@c.de", "a@b_c.de", "a@b@c.de"],
)
def test_what_lacks_the_form_is_no_mail_address(email: str) -> None:
    assert not rules.is_email(email)


@given(LOCAL, st.lists(LABEL, min_size=2, max_size=4))
def test_mail_addresses_are_recognised(local: str, labels: list[str]) -> None:
    address = f"{local}@{'.'.join(labels)}"
    assert rules.is_email(address)
    for broken in (f"@{address}", f"{address}.", f"{address} ", f" {address}", f"{address}\n", f"{address}@x.org"):
        assert not rules.is_email(broken)


@pytest.mark.parametrize("role", ["app-admin", "app-manager", "app-user"])
def test_there_are_three_roles(role: str) -> None:
    assert rules.is_role(role)
    assert not rules.is_role(role.upper())
    assert not rules.is_role(f" {role}")


@pytest.mark.parametrize("role", ["", "app-public", "admin", "user", "project-member"])
def test_there_are_no_others(role: str) -> None:
    assert not rules.is_role(role)
