"""Whom a directory knows, and whose password is right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("ldap3")

from tests.plugins.ldap.conftest import (
    GROUPS,
    NOBODY,
    PEOPLE,
    PROXY,
    Slapd,
    directory,
    needs_slapd,
    silent_server,
)

from kanboard_core.directories import DirectoryUnavailable, Identity
from kanboard_core.plugins import Plugins
from kanboard_plugins.ldap import conversation
from kanboard_plugins.ldap.directory import Directory
from kanboard_plugins.ldap.people import Person

pytestmark = needs_slapd

BIND_TYPES = {
    "anonymous": {"ldap_bind_type": "anonymous"},
    "proxy": {"ldap_bind_type": "proxy", "ldap_username": PROXY, "ldap_password": "proxy-word"},
    "user": {"ldap_bind_type": "user", "ldap_username": f"uid=%s,{PEOPLE}"},
}


def verify(asked: Directory, username: str, password: str) -> Identity:
    """What the directory says of a name and a password."""
    return asked.verify(asked.conversation(), username, password)


def look_up(asked: Directory, username: str) -> Person | None:
    """What the directory says of a name."""
    return asked.look_up(asked.conversation(), username)


def groups_of(asked: Directory, username: str, password: str) -> list[str]:
    """The groups of somebody whose password is right."""
    found = verify(asked, username, password)
    assert isinstance(found, Person)
    assert found.accepted
    return sorted(found.groups)


@pytest.mark.parametrize("bind_type", BIND_TYPES)
def test_a_right_password_is_accepted_and_everything_known(
    options: dict[str, str], plugins: Plugins, bind_type: str
) -> None:
    asked = directory(options, plugins, ldap_user_attribute_language="preferredLanguage", **BIND_TYPES[bind_type])
    assert verify(asked, "bob", "bob-word") == Person(
        username="bob",
        accepted=True,
        dn=f"uid=bob,{PEOPLE}",
        name="Bob Brown",
        email="bob@example.org",
        role="",
        language="fr_FR",
        groups=(f"cn=Staff,{GROUPS}", f"cn=Admins,{GROUPS}"),
    )


@pytest.mark.parametrize("bind_type", BIND_TYPES)
@pytest.mark.parametrize("password", ["", "wrong", "bob-word ", "proxy-word", "alice-word"])
def test_a_wrong_password_is_refused_and_whose_it_is_said(
    options: dict[str, str], plugins: Plugins, bind_type: str, password: str
) -> None:
    found = verify(directory(options, plugins, **BIND_TYPES[bind_type]), "bob", password)
    assert (found.username, found.accepted) == ("bob", False)


@pytest.mark.parametrize("bind_type", ["anonymous", "proxy"])
@pytest.mark.parametrize("username", ["nobody", "*", "b*", "bob)(uid=*", "bob\\2a", "bob,ou=People", "bob\0"])
def test_a_name_that_nobody_has_is_unknown(
    options: dict[str, str], plugins: Plugins, bind_type: str, username: str
) -> None:
    asked = directory(options, plugins, **BIND_TYPES[bind_type])
    assert verify(asked, username, "bob-word") == Identity("", accepted=False)


def test_odd_names_are_found(options: dict[str, str], plugins: Plugins) -> None:
    for bind_type in BIND_TYPES.values():
        found = verify(directory(options, plugins, **bind_type), "+(*) \\", "odd-word")
        assert (found.username, found.accepted) == ("+(*) \\", True)


def test_the_account_is_named_as_the_directory_spells_it(options: dict[str, str], plugins: Plugins) -> None:
    assert verify(directory(options, plugins), "ALICE", "alice-word").username == "alice"
    spelt = directory(options, plugins, ldap_username_case_sensitive="yes")
    assert verify(spelt, "ALICE", "alice-word").username == "Alice"


def test_people_can_be_found_by_other_attributes(options: dict[str, str], plugins: Plugins) -> None:
    asked = directory(options, plugins, ldap_user_filter="(|(uid=%s)(mail=%s))")
    assert verify(asked, "bob@example.org", "bob-word").username == "bob"


def test_only_the_proxy_sees_what_is_hidden_from_others(options: dict[str, str], plugins: Plugins) -> None:
    everywhere = {"ldap_user_base_dn": "dc=example,dc=org"}
    assert verify(directory(options, plugins, **everywhere), "hilda", "hilda-word").username == ""
    options |= {"ldap_group_base_dn": "dc=example,dc=org", "ldap_group_user_filter": "memberUid=%s"}
    proxied = directory(options, plugins, **everywhere, **BIND_TYPES["proxy"])
    assert groups_of(proxied, "hilda", "hilda-word") == ["cn=Secret,ou=Hidden,dc=example,dc=org"]


@pytest.mark.parametrize("bind_type", BIND_TYPES)
def test_groups_are_found_by_a_filter(options: dict[str, str], plugins: Plugins, bind_type: str) -> None:
    by_name = directory(
        options,
        plugins,
        ldap_group_base_dn=GROUPS,
        ldap_group_user_filter="(&(objectClass=posixGroup)(memberUid=%s))",
        **BIND_TYPES[bind_type],
    )
    assert groups_of(by_name, "ALICE", "alice-word") == [f"cn=Staff,{GROUPS}"]
    by_dn = directory(
        options,
        plugins,
        ldap_group_base_dn=GROUPS,
        ldap_group_user_filter="member=%s",
        ldap_group_user_attribute="dn",
        **BIND_TYPES[bind_type],
    )
    assert groups_of(by_dn, "bob", "bob-word") == [f"cn=Admins,{GROUPS}"]
    assert groups_of(by_dn, "alice", "alice-word") == []


def test_people_can_be_looked_up_without_their_password(options: dict[str, str], plugins: Plugins) -> None:
    found = look_up(directory(options, plugins, ldap_group_manager_dn=f"cn=staff,{GROUPS}"), "Alice")
    assert found is not None
    assert (found.username, found.role, found.accepted) == ("alice", "app-manager", False)
    assert look_up(directory(options, plugins), "nobody") is None


# Encryption


@pytest.mark.parametrize("start_tls", ["yes", "no"])
def test_connections_can_be_encrypted(slapd: Slapd, options: dict[str, str], plugins: Plugins, start_tls: str) -> None:
    options |= {"ldap_start_tls": start_tls, "ldap_server": slapd.url if start_tls == "yes" else slapd.tls_url}
    assert verify(directory(options, plugins, ca_file=str(slapd.ca_file)), "bob", "bob-word").accepted
    assert verify(directory(options, plugins, ldap_ssl_verify="no"), "bob", "bob-word").accepted


@pytest.mark.parametrize("start_tls", ["yes", "no"])
@pytest.mark.parametrize("trusted", [True, False])
def test_another_certificate_is_refused(
    slapd: Slapd, options: dict[str, str], plugins: Plugins, start_tls: str, trusted: bool
) -> None:
    options |= {"ldap_start_tls": start_tls, "ldap_server": slapd.url if start_tls == "yes" else slapd.tls_url}
    if trusted:  # but of another name
        options |= {"ca_file": str(slapd.ca_file), "ldap_server": options["ldap_server"].replace("127.0.0.1", "127.1")}
    with pytest.raises(DirectoryUnavailable, match="certificate verify failed"):
        verify(directory(options, plugins), "bob", "bob-word")


# Directories that can't be asked


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ldap_server": ""}, "ldap_server isn't set"),
        ({"ldap_user_filter": ""}, "ldap_user_filter must be set"),
        ({"ldap_user_filter": "(uid=%s"}, "can't be searched: malformed filter|invalid filter"),
        ({"ldap_bind_type": "nobody"}, "ldap_bind_type must be"),
        ({**BIND_TYPES["proxy"], "ldap_password": "wrong"}, "doesn't let 'cn=proxy,.*' with ldap_password search"),
        ({"ldap_user_base_dn": "dc=elsewhere"}, "can't be searched: below 'dc=elsewhere': noSuchObject"),
        ({"ldap_user_attribute_username": "employeeNumber"}, "has no attribute 'employeenumber'"),
        ({"ldap_server": NOBODY}, "can't be connected to: .*refused"),
        ({"ldap_server": "directory.invalid"}, "can't be connected to: "),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:30],
)
def test_it_is_said_why_a_directory_cannot_be_asked(
    options: dict[str, str], plugins: Plugins, changed: dict[str, str], reason: str
) -> None:
    asked = directory(options, plugins, **changed)
    with pytest.raises(DirectoryUnavailable, match=reason) as refused:
        verify(asked, "bob", "bob-word")
    assert "-word" not in str(refused.value)


def test_a_directory_that_never_answers_is_given_up(
    options: dict[str, str], plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "_SECONDS", 1)
    with silent_server() as url, ThreadPoolExecutor() as threads:
        kinds = [("ldap", "no"), ("ldap", "yes"), ("ldaps", "no")]
        asked = [
            directory(options, plugins, ldap_server=url.replace("ldap:", f"{scheme}:"), ldap_start_tls=start_tls)
            for scheme, start_tls in kinds
        ]
        for outcome in [threads.submit(verify, silent, "bob", "bob-word") for silent in asked]:
            with pytest.raises(DirectoryUnavailable, match="timed out"):
                outcome.result()


def test_a_conversation_that_has_ended_goes_no_further(options: dict[str, str], plugins: Plugins) -> None:
    asked = directory(options, plugins)
    ended = asked.conversation()
    ended.end()
    with pytest.raises(DirectoryUnavailable, match="took too long"):
        asked.verify(ended, "bob", "bob-word")
