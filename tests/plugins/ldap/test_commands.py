"""``kanboard-server ldap check``: what the directory says."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("ldap3")

from tests.plugins.ldap.conftest import GROUPS, NOBODY, PEOPLE, PROXY, needs_slapd

from kanboard_core.commands import main

pytestmark = needs_slapd

BOB = f"""\
DN:        uid=bob,{PEOPLE}
user name: bob
name:      Bob Brown
mail:      bob@example.org
language:  -
role:      app-manager
group:     cn=Staff,{GROUPS}
group:     cn=Admins,{GROUPS}
"""


@pytest.fixture
def options(options: dict[str, str]) -> dict[str, str]:
    return {**options, "ldap_auth": "no", "ldap_group_manager_dn": f"cn=Staff,{GROUPS}"}


def check(options: dict[str, str], folder: Path, *arguments: str, password: str = "", **changed: str) -> Result:
    """What the command says."""
    configuration = folder / "kanboard.ini"
    lines = [f"{option} = {value}" for option, value in {**options, **changed}.items()]
    configuration.write_text("\n".join(["[ldap]", *lines, ""]))
    return CliRunner().invoke(
        main, ["ldap", "check", "--config", str(configuration), *arguments], input=f"{password}\n", env={}
    )


def test_it_shows_what_the_directory_says(options: dict[str, str], tmp_path: Path) -> None:
    shown = check(options, tmp_path, "BOB")
    assert (shown.exit_code, shown.stdout) == (0, BOB)


def test_it_tries_a_password(options: dict[str, str], tmp_path: Path) -> None:
    accepted = check(options, tmp_path, "bob", "--password", password="bob-word")
    assert (accepted.exit_code, accepted.stdout) == (0, BOB)
    refused = check(options, tmp_path, "bob", "--password", password="wrong")
    assert refused.exit_code == 1
    assert refused.stdout.endswith(" doesn't accept the password of bob\n")


def test_those_who_bind_as_themselves_need_their_password(options: dict[str, str], tmp_path: Path) -> None:
    options |= {"ldap_bind_type": "user", "ldap_username": f"uid=%s,{PEOPLE}"}
    assert check(options, tmp_path, "bob", password="bob-word").stdout == BOB
    assert check(options, tmp_path, "bob", password="wrong").exit_code == 1


def test_somebody_unknown_is_unknown(options: dict[str, str], tmp_path: Path) -> None:
    unknown = check(options, tmp_path, "no\x1bbody")
    assert unknown.exit_code == 1
    assert unknown.stdout.endswith(" knows nobody of the name no?body\n")


def test_it_says_why_the_directory_cannot_be_asked(options: dict[str, str], tmp_path: Path) -> None:
    proxy = {"ldap_bind_type": "proxy", "ldap_username": PROXY, "ldap_password": "bad-word"}
    for changed, reason in (
        ({"ldap_user_filter": ""}, "ldap_user_filter must be set, with %s for the user name"),
        ({"ldap_server": NOBODY}, "can't be connected to"),
        (proxy, "with ldap_password search"),
        ({"ca_file": str(tmp_path / "none.pem")}, "No such file"),
    ):
        refused = check(options, tmp_path, "bob", **changed)
        assert refused.exit_code == 2
        assert reason in refused.stderr
        assert "bad-word" not in refused.output
