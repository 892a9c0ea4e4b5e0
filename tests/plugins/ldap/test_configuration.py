"""Where the directory is, and what is wrong with a configuration."""

from __future__ import annotations

import pytest

from kanboard_core.configuration import load
from kanboard_core.plugins import Plugins
from kanboard_plugins.ldap.configuration import Settings, settings_of

RIGHT = {"ldap_server": "directory.example.org", "ldap_user_filter": "uid=%s"}


def configured(plugins: Plugins, **options: str) -> Settings:
    """The settings of a right configuration but for these options."""
    chosen = [f"ldap.{option}={value}" for option, value in {**RIGHT, **options}.items()]
    return settings_of(load(settings=chosen, environment={}, schema=plugins.schema))


@pytest.mark.parametrize(
    ("server", "port", "expected"),
    [
        ("directory.example.org", "389", ("directory.example.org", 389, False)),
        ("directory.example.org", "3890", ("directory.example.org", 3890, False)),
        ("ldap://directory.example.org", "3890", ("directory.example.org", 389, False)),
        ("ldap://directory.example.org:3891/", "3890", ("directory.example.org", 3891, False)),
        ("LDAPS://directory.example.org", "3890", ("directory.example.org", 636, True)),
        ("ldaps://[::1]:3891", "389", ("::1", 3891, True)),
    ],
)
def test_a_url_has_its_own_port(plugins: Plugins, server: str, port: str, expected: tuple[str, int, bool]) -> None:
    settings = configured(plugins, ldap_server=server, ldap_port=port)
    assert (settings.host, settings.port, settings.uses_ldaps) == expected
    assert settings.problem == ""


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"ldap_server": ""}, "ldap_server isn't set"),
        ({"ldap_server": "http://directory.example.org"}, "ldap_server must be a host, or a URL that begins"),
        ({"ldap_server": "ldap://directory.example.org:x"}, "ldap_server has no valid port"),
        ({"ldap_server": "ldap://"}, "ldap_server names no host"),
        ({"ldap_user_filter": ""}, "ldap_user_filter must be set"),
        ({"ldap_user_filter": "uid=bob"}, "ldap_user_filter must be set"),
        ({"ldap_bind_type": "users"}, "ldap_bind_type must be anonymous, proxy or user"),
        ({"ldap_bind_type": "proxy", "ldap_username": "cn=p"}, "ldap_bind_type proxy needs"),
        ({"ldap_bind_type": "user"}, "ldap_bind_type user needs ldap_username with %s"),
        ({"ldap_user_attribute_username": ""}, "ldap_user_attribute_username isn't set"),
        ({"ldap_group_user_filter": "memberUid=%s"}, "ldap_group_user_filter needs ldap_group_base_dn"),
        ({"ldap_group_user_attribute": "uid"}, "ldap_group_user_attribute must be username or dn"),
    ],
)
def test_half_a_configuration_has_a_problem(plugins: Plugins, options: dict[str, str], problem: str) -> None:
    assert configured(plugins, **options).problem.startswith(problem)


def test_kanboards_variables_are_understood(plugins: Plugins) -> None:
    environment = {"LDAP_SERVER": "ldaps://directory.example.org", "LDAP_USER_FILTER": "(uid=%s)", "LDAP_PORT": "390"}
    settings = settings_of(load(environment=environment, schema=plugins.schema))
    assert (settings.host, settings.user_filter, settings.default_port) == ("directory.example.org", "(uid=%s)", 390)


def test_the_password_is_in_no_text_about_the_settings(plugins: Plugins) -> None:
    assert "s3cret" not in repr(configured(plugins, ldap_password="s3cret"))
