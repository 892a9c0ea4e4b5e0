"""A directory to sign in by: a slapd of the tests' own, with a few people and groups."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from tests.ports import unused_port
from tests.waiting import PATIENCE

from kanboard_core import passwords
from kanboard_core.configuration import load
from kanboard_core.plugins import Plugins
from kanboard_plugins.ldap.configuration import settings_of
from kanboard_plugins.ldap.directory import Directory

SLAPD = "/usr/sbin/slapd"
#: the address of a directory that isn't there: a port that no program is given by chance
NOBODY = "ldap://127.0.0.1:9"
#: what holds only where there is a directory
needs_slapd = pytest.mark.skipif(shutil.which(SLAPD) is None, reason="slapd isn't installed")

PEOPLE = "ou=People,dc=example,dc=org"
GROUPS = "ou=Groups,dc=example,dc=org"
PROXY = "cn=proxy,dc=example,dc=org"
ROOT = "cn=root,dc=example,dc=org"

_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.4203.666.1 NAME 'memberOf' EQUALITY distinguishedNameMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
objectclass ( 1.3.6.1.4.1.4203.666.2 NAME 'member' SUP top AUXILIARY MAY memberOf )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/chain.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
maxsize 10485760
suffix dc=example,dc=org
rootdn {root}
rootpw root-word
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree=ou=Hidden,dc=example,dc=org by dn={proxy} read by anonymous auth by * none
access to * by * read
"""

_ENTRIES = f"""
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example

dn: {PROXY}
objectClass: simpleSecurityObject
objectClass: organizationalRole
userPassword: proxy-word

dn: {PEOPLE}
objectClass: organizationalUnit

dn: {GROUPS}
objectClass: organizationalUnit

dn: ou=Hidden,dc=example,dc=org
objectClass: organizationalUnit

dn: uid=bob,{PEOPLE}
objectClass: inetOrgPerson
objectClass: member
sn: Brown
cn: Bob Brown
mail: bob@example.org
preferredLanguage: fr-FR
memberOf: cn=Staff,{GROUPS}
memberOf: cn=Admins,{GROUPS}
userPassword: bob-word

dn: uid=Alice,{PEOPLE}
objectClass: inetOrgPerson
objectClass: member
sn: Ames
cn: Alice Ames
memberOf: cn=Staff,{GROUPS}
userPassword: alice-word

dn: uid=jsonrpc,{PEOPLE}
objectClass: inetOrgPerson
sn: J
cn: J
userPassword: jsonrpc-word

dn: cn=Nobody,{PEOPLE}
objectClass: inetOrgPerson
sn: Nobody
userPassword: nobody-word

dn: uid=\\+\\28*\\29 \\5c,{PEOPLE}
objectClass: inetOrgPerson
sn: Odd
cn: Odd
userPassword: odd-word

dn: uid=hilda,ou=Hidden,dc=example,dc=org
objectClass: inetOrgPerson
sn: Hidden
cn: Hilda
userPassword: hilda-word

dn: cn=Secret,ou=Hidden,dc=example,dc=org
objectClass: posixGroup
gidNumber: 8
memberUid: hilda

dn: cn=Admins,{GROUPS}
objectClass: groupOfNames
member: uid=bob,{PEOPLE}

dn: cn=Staff,{GROUPS}
objectClass: posixGroup
gidNumber: 7
memberUid: bob
memberUid: Alice
"""


@dataclass(frozen=True, slots=True)
class Slapd:
    """A running directory."""

    url: str
    tls_url: str
    port: int
    ca_file: Path

    def write(self, dn: str, attribute: str, *values: str) -> None:
        """Give an attribute of an entry these values."""
        import ldap3

        link = ldap3.Connection(ldap3.Server(self.url, get_info=ldap3.NONE), ROOT, "root-word", auto_bind=True)
        try:
            assert link.modify(dn, {attribute: [(ldap3.MODIFY_REPLACE, list(values))]}), link.result
        finally:
            link.unbind()


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """A directory for the whole session; whoever writes to it puts back what was there."""
    folder = tmp_path_factory.mktemp("slapd")
    (folder / "data").mkdir()
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(folder / "chain.pem", append=True)
    configuration, entries = folder / "slapd.conf", folder / "entries.ldif"
    configuration.write_text(_CONFIGURATION.format(folder=folder, root=ROOT, proxy=PROXY))
    entries.write_text(_ENTRIES)
    subprocess.run(
        [shutil.which("slapadd") or "/usr/sbin/slapadd", "-q", "-f", configuration, "-l", entries], check=True
    )
    port, tls_port = unused_port(), unused_port()
    url, tls_url = f"ldap://127.0.0.1:{port}", f"ldaps://127.0.0.1:{tls_port}"
    with subprocess.Popen([SLAPD, "-f", configuration, "-h", f"{url} {tls_url}", "-d", "0"]) as process:
        try:
            _wait_for(process, tls_port)
            yield Slapd(url, tls_url, port, folder / "ca.pem")
        finally:
            process.terminate()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that answers may take its time here, however busy the machine is."""
    from kanboard_plugins.ldap import backend, conversation

    for module in (conversation, backend):
        monkeypatch.setattr(module, "_SECONDS", int(PATIENCE))


@pytest.fixture
def options(slapd: Slapd, patience: None) -> dict[str, str]:
    """How the directory is asked, as most tests do it."""
    return {
        "ldap_auth": "yes",
        "ldap_server": slapd.url,
        "ldap_user_base_dn": PEOPLE,
        "ldap_user_filter": "uid=%s",
    }


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed for accounts without a password takes no time here."""
    monkeypatch.setitem(passwords._DUMMY_HASHES, 10, passwords.hashed("any", 4))


@pytest.fixture
def settings(options: dict[str, str]) -> list[str]:
    """Servers of these tests ask the directory."""
    return [f"ldap.{option}={value}" for option, value in options.items()]


def directory(options: dict[str, str], plugins: Plugins, **changed: str) -> Directory:
    """The directory that these options of ``[ldap]`` describe."""
    chosen = [f"ldap.{option}={value}" for option, value in {**options, **changed}.items()]
    return Directory(settings_of(load(settings=chosen, environment={}, schema=plugins.schema)))


@contextmanager
def silent_server() -> Iterator[str]:
    """The URL of a directory that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"ldap://127.0.0.1:{listening.getsockname()[1]}"


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("slapd didn't start")
