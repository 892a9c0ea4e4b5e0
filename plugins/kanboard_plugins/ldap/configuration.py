"""The section ``[ldap]``: which directory is asked, and how. Source: spec page "authentication", sections 6 and 11."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kanboard_core.configuration import Configuration, Option, Section

#: what stands for the user name in patterns
PLACEHOLDER = "%s"

#: what to do when the extra isn't there
NOT_INSTALLED = "LDAP needs the library ldap3: pip install 'kanboard-server[ldap]'"

_BIND_TYPES = ("anonymous", "proxy", "user")
_GROUP_USER_ATTRIBUTES = ("username", "dn")

SECTION = Section(
    "ldap",
    "Sign-in with the passwords of a directory (LDAP), for which the extra kanboard-server[ldap] must be installed.",
    (
        Option("ldap_auth", False, "Ask the directory for passwords that are no account's own.", constant=True),
        Option(
            "ldap_server",
            "",
            "Host name or address of the directory, ldap://HOST:PORT or ldaps://HOST:PORT.",
            constant=True,
        ),
        Option("ldap_port", 389, "TCP port of a host without a URL.", minimum=1, maximum=65535, constant=True),
        Option(
            "ldap_ssl_verify",
            True,
            "Whether the directory's certificate must be valid and bear its name, with ldaps:// and StartTLS.",
            constant=True,
        ),
        Option(
            "ca_file",
            "",
            "PEM file with the certificates by one of which the directory's must be signed. Empty: those that the "
            "system trusts.",
        ),
        Option("ldap_start_tls", False, "Encrypt a connection to ldap:// with StartTLS.", constant=True),
        Option(
            "ldap_username_case_sensitive",
            False,
            "Keep capitals in user names; else accounts have small letters only.",
            constant=True,
        ),
        Option(
            "ldap_bind_type",
            "anonymous",
            "As whom people are searched for: anonymous, proxy (ldap_username with ldap_password) or user (whoever "
            "signs in, with ldap_username as a pattern).",
            constant=True,
        ),
        Option(
            "ldap_username",
            "",
            "With the bind type proxy the DN that searches. With user a pattern for the DN of whoever signs in, in "
            "which %s is the user name: uid=%s,ou=People,dc=example,dc=org or %s@example.org.",
            constant=True,
        ),
        Option("ldap_password", "", "Password of the bind type proxy.", secret=True, constant=True),
        Option("ldap_user_base_dn", "", "DN below which people are searched for.", constant=True),
        Option(
            "ldap_user_filter",
            "",
            "Filter that finds somebody, in which %s is the user name as it was given: (uid=%s).",
            constant=True,
        ),
        Option("ldap_user_attribute_username", "uid", "Attribute that the account is named after.", constant=True),
        Option("ldap_user_attribute_fullname", "cn", "Attribute with the person's name.", constant=True),
        Option("ldap_user_attribute_email", "mail", "Attribute with the mail address.", constant=True),
        Option("ldap_user_attribute_groups", "memberof", "Attribute with the DNs of the groups.", constant=True),
        Option(
            "ldap_user_attribute_language",
            "",
            "Attribute with the language, such as preferredLanguage: fr_FR or fr-FR. Empty: none.",
            constant=True,
        ),
        Option(
            "ldap_user_creation",
            True,
            "Make an account for those who have none when they sign in first.",
            constant=True,
        ),
        Option(
            "ldap_user_default_role_manager",
            False,
            "Those in no group that gives a role are app-manager instead of app-user. It counts when "
            "ldap_group_admin_dn or ldap_group_manager_dn is set.",
            constant=True,
        ),
        Option(
            "ldap_group_admin_dn",
            "",
            "DN of the group whose members are app-admin. Roles aren't touched as long as neither this nor "
            "ldap_group_manager_dn is set.",
            constant=True,
        ),
        Option("ldap_group_manager_dn", "", "DN of the group whose members are app-manager.", constant=True),
        Option("ldap_group_base_dn", "", "DN below which groups are searched for.", constant=True),
        Option(
            "ldap_group_user_filter",
            "",
            "Filter that finds the groups of somebody, instead of the attribute with the groups: "
            "(&(objectClass=posixGroup)(memberUid=%s)).",
            constant=True,
        ),
        Option(
            "ldap_group_user_attribute",
            "username",
            "What %s is in that filter: username, as the directory spells it, or dn.",
            constant=True,
        ),
        Option(
            "ldap_group_sync",
            True,
            "Whoever signs in joins the groups whose external id is the DN of one of the own groups, and leaves the "
            "others that have an external id.",
            constant=True,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Attributes:
    """Names of attributes of people, in small letters; "": not asked for."""

    username: str
    fullname: str
    email: str
    groups: str
    language: str

    @property
    def asked_for(self) -> list[str]:
        """Those that have a name."""
        return [name for name in (self.username, self.fullname, self.email, self.groups, self.language) if name]


@dataclass(frozen=True, slots=True)
class Settings:
    """The options that say how the directory is asked."""

    #: as it is configured
    server: str
    default_port: int
    start_tls: bool
    ssl_verify: bool
    ca_file: str
    case_sensitive: bool
    bind_type: str
    username: str
    password: str = field(repr=False)
    user_base_dn: str
    user_filter: str
    attributes: Attributes
    default_role_manager: bool
    admin_dn: str
    manager_dn: str
    group_base_dn: str
    group_user_filter: str
    group_user_attribute: str

    @property
    def host(self) -> str:
        """The host that is connected to."""
        return urlsplit(self.server).hostname or "" if self._is_url else self.server

    @property
    def port(self) -> int:
        """The port that is connected to. Raises ValueError when the URL's is none."""
        if not self._is_url:
            return self.default_port
        return urlsplit(self.server).port or (636 if self.uses_ldaps else 389)

    @property
    def uses_ldaps(self) -> bool:
        """Whether the connection is encrypted from the beginning."""
        return self.server.lower().startswith("ldaps://")

    @property
    def label(self) -> str:
        """The directory, for messages."""
        return self.server if self._is_url else f"ldap://{self.server}:{self.default_port}"

    @property
    def problem(self) -> str:
        """Why the directory can't be asked as it is configured, a sentence; "" when it can."""
        try:
            if not self.server:
                return "ldap_server isn't set"
            if "://" in self.server and not self._is_url:
                return "ldap_server must be a host, or a URL that begins with ldap:// or ldaps://"
            if not self.host or not self.port:
                return "ldap_server names no host"
        except ValueError:
            return "ldap_server has no valid port"
        if self.bind_type not in _BIND_TYPES:
            return f"ldap_bind_type must be {_either(_BIND_TYPES)}"
        if self.bind_type == "proxy" and not (self.username and self.password):
            return "ldap_bind_type proxy needs ldap_username and ldap_password"
        if self.bind_type == "user" and PLACEHOLDER not in self.username:
            return "ldap_bind_type user needs ldap_username with %s for the user name"
        if PLACEHOLDER not in self.user_filter:
            return "ldap_user_filter must be set, with %s for the user name"
        if not self.attributes.username:
            return "ldap_user_attribute_username isn't set"
        if self.group_user_filter and not self.group_base_dn:
            return "ldap_group_user_filter needs ldap_group_base_dn"
        if self.group_user_attribute not in _GROUP_USER_ATTRIBUTES:
            return f"ldap_group_user_attribute must be {_either(_GROUP_USER_ATTRIBUTES)}"
        return ""

    @property
    def _is_url(self) -> bool:
        return self.server.lower().startswith(("ldap://", "ldaps://"))


def settings_of(configuration: Configuration) -> Settings:
    """How the directory is asked, by a configuration."""

    def text(option: str) -> str:
        return configuration.text("ldap", option)

    def attribute(option: str) -> str:
        return text(f"ldap_user_attribute_{option}").lower()

    return Settings(
        server=text("ldap_server"),
        default_port=configuration.integer("ldap", "ldap_port"),
        start_tls=configuration.flag("ldap", "ldap_start_tls"),
        ssl_verify=configuration.flag("ldap", "ldap_ssl_verify"),
        ca_file=text("ca_file"),
        case_sensitive=configuration.flag("ldap", "ldap_username_case_sensitive"),
        bind_type=text("ldap_bind_type"),
        username=text("ldap_username"),
        password=text("ldap_password"),
        user_base_dn=text("ldap_user_base_dn"),
        user_filter=text("ldap_user_filter"),
        attributes=Attributes(
            *(attribute(option) for option in ("username", "fullname", "email", "groups", "language"))
        ),
        default_role_manager=configuration.flag("ldap", "ldap_user_default_role_manager"),
        admin_dn=text("ldap_group_admin_dn"),
        manager_dn=text("ldap_group_manager_dn"),
        group_base_dn=text("ldap_group_base_dn"),
        group_user_filter=text("ldap_group_user_filter"),
        group_user_attribute=text("ldap_group_user_attribute"),
    )


def _either(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"
