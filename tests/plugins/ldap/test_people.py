"""What a directory says of somebody, in the terms of accounts."""

from __future__ import annotations

import pytest

from kanboard_core.configuration import load
from kanboard_core.plugins import Plugins
from kanboard_plugins.ldap.configuration import Settings, settings_of
from kanboard_plugins.ldap.languages import language_code
from kanboard_plugins.ldap.people import Entry, account_name, person, role

ADMINS, MANAGERS, STAFF = "cn=Admins,dc=example", "cn=Managers,dc=example", "cn=Staff,dc=example"


def configured(plugins: Plugins, **options: str) -> Settings:
    """The settings with these options."""
    chosen = [f"ldap.{option}={value}" for option, value in options.items()]
    return settings_of(load(settings=chosen, environment={}, schema=plugins.schema))


@pytest.mark.parametrize(
    ("groups", "by_default", "expected"),
    [
        ([], "no", "app-user"),
        ([STAFF], "no", "app-user"),
        ([STAFF], "yes", "app-manager"),
        ([MANAGERS, STAFF], "no", "app-manager"),
        ([MANAGERS, ADMINS], "no", "app-admin"),
        ([ADMINS, MANAGERS], "yes", "app-admin"),
        (["CN=ADMINS,DC=EXAMPLE"], "no", "app-admin"),
        (["cn=managers,dc=example"], "no", "app-manager"),
    ],
)
def test_groups_give_a_role(plugins: Plugins, groups: list[str], by_default: str, expected: str) -> None:
    settings = configured(
        plugins,
        ldap_group_admin_dn=ADMINS,
        ldap_group_manager_dn=MANAGERS,
        ldap_user_default_role_manager=by_default,
    )
    assert role(groups, settings) == expected


def test_without_configured_groups_there_is_no_role(plugins: Plugins) -> None:
    assert role([ADMINS], configured(plugins, ldap_user_default_role_manager="yes")) == ""


def test_one_configured_group_is_enough(plugins: Plugins) -> None:
    assert role([""], configured(plugins, ldap_group_manager_dn=MANAGERS)) == "app-user"
    assert role([ADMINS], configured(plugins, ldap_group_admin_dn=ADMINS)) == "app-admin"


@pytest.mark.parametrize(
    ("username", "keeping", "expected"),
    [
        ("Bob", "no", "bob"),
        ("Bob", "yes", "Bob"),
        ("ÄNNE", "no", "Änne"),  # as PHP does it
        (" bob\t", "no", "bob"),
    ],
)
def test_accounts_have_small_letters(plugins: Plugins, username: str, keeping: str, expected: str) -> None:
    assert account_name(username, configured(plugins, ldap_username_case_sensitive=keeping)) == expected


def test_attributes_are_configured_in_any_case(plugins: Plugins) -> None:
    settings = configured(
        plugins,
        ldap_user_attribute_username="sAMAccountName",
        ldap_user_attribute_fullname="displayName",
        ldap_user_attribute_email="userPrincipalName",
        ldap_user_attribute_language="preferredLanguage",
    )
    entry = Entry(
        "cn=bob",
        {
            "samaccountname": ["bob", "robert"],
            "displayname": ["Bob"],
            "userprincipalname": ["bob@example.org"],
            "preferredlanguage": ["pt-BR"],
        },
    )
    found = person(entry, [STAFF], settings, accepted=True)
    assert (found.username, found.name, found.email, found.language) == ("bob", "Bob", "bob@example.org", "pt_BR")
    assert (found.dn, found.groups, found.accepted) == ("cn=bob", (STAFF,), True)


@pytest.mark.parametrize(
    ("text", "code"),
    [("fr_FR", "fr_FR"), ("fr-FR", "fr_FR"), ("sr-Latn-RS", "sr_Latn_RS"), ("fr", ""), ("", ""), ("tlh", "")],
)
def test_languages_are_those_of_kanboard(text: str, code: str) -> None:
    assert language_code(text) == code


def test_a_text_that_is_too_long_for_an_account_says_nothing(plugins: Plugins) -> None:
    entry = Entry("cn=bob", {"uid": ["bob"], "cn": ["b" * 255], "mail": ["b" * 256]})
    found = person(entry, [], configured(plugins), accepted=True)
    assert (found.name, found.email) == ("b" * 255, "")
