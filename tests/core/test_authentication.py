"""Who may call: the application's token, and accounts with passwords, personal tokens and what closes them."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from tests.guests import guest
from tests.signing_in import is_let_in

from kanboard_core.backends import AccountBackend, ApplicationBackend
from kanboard_core.credentials import Credentials
from kanboard_core.database import Row
from kanboard_core.database.transaction import Transaction
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.sign_in import Outcome
from kanboard_core.testing import TOKEN, Client, Location, RunningServer, running

Account = Callable[..., Awaitable[Client]]

PERSONAL_TOKEN = "5f2c9a1e0b7d4c68a3f19e27d6b0c4815e7a2f9d3c6b1e8a0f4d7c2b5e91"
CALL = b'{"jsonrpc": "2.0", "method": "getTimezone", "id": 1}'


def basic(username: str, password: str) -> str:
    """The base64 of a pair of credentials."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


async def status(server: RunningServer, headers: dict[str, str]) -> int:
    """What a call with these headers is answered with."""
    async with server.session.post(server.url, data=CALL, headers=headers) as response:
        return response.status


def logins(server: RunningServer, user_id: int) -> list[tuple[Any, ...]]:
    """What ``last_logins`` has on an account, oldest first."""
    return server.sql("SELECT auth_type, ip, user_agent FROM last_logins WHERE user_id = ? ORDER BY id", user_id)


@pytest.fixture
async def bob(account: Account) -> Client:
    return await account("bob", password="secret")


# The application


async def test_the_application_is_let_in_by_its_token(application: Client, server: RunningServer) -> None:
    assert await is_let_in(application)
    assert server.sql("SELECT COUNT(*) FROM last_logins") == [(0,)]


@pytest.mark.parametrize("token", ["", "tes", "Test", "test ", "testt", "wrong", "tést", "te\0st"])
async def test_another_token_is_refused_and_nothing_is_counted(server: RunningServer, token: str) -> None:
    for _ in range(4):
        assert not await is_let_in(server.client("jsonrpc", token))
    assert await is_let_in(server.client())
    assert server.sql("SELECT COUNT(*) FROM settings WHERE option = 'captcha_data'") == [(0,)]


@pytest.mark.parametrize("name", ["Jsonrpc", "jsonrpc ", "application", ""])
async def test_the_application_has_one_name(server: RunningServer, name: str) -> None:
    assert not await is_let_in(server.client(name, TOKEN))


@pytest.mark.parametrize("settings", [["authentication.api_authentication_token="]], ids=["no token configured"])
async def test_without_a_configured_token_the_stored_one_counts_as_it_is_now(server: RunningServer) -> None:
    [(stored,)] = server.sql("SELECT value FROM settings WHERE option = 'api_token'")
    assert await is_let_in(server.client("jsonrpc", stored))
    assert not await is_let_in(server.client("jsonrpc", TOKEN))
    server.sql("UPDATE settings SET value = 'a new one' WHERE option = 'api_token'")
    assert not await is_let_in(server.client("jsonrpc", stored))
    assert await is_let_in(server.client("jsonrpc", "a new one"))


@pytest.mark.parametrize("settings", [["authentication.api_authentication_token="]], ids=["no token configured"])
@pytest.mark.parametrize("statement", ["UPDATE settings SET value = '' WHERE ", "DELETE FROM settings WHERE "])
async def test_no_token_at_all_lets_nobody_in(server: RunningServer, statement: str) -> None:
    server.sql(statement + "option = 'api_token'")
    assert not await is_let_in(server.client("jsonrpc", ""))


async def test_an_account_of_the_applications_name_never_gets_in(account: Account, application: Client) -> None:
    impostor = await account("jsonrpc", password="secret")
    assert not await is_let_in(impostor)
    assert (await application.getUser(impostor.id))["nb_failed_login"] == 0


# Passwords


async def test_a_password_lets_in_as_that_user(administrator: Client, server: RunningServer) -> None:
    assert (await administrator.getMe())["username"] == "admin"
    [(auth_type, address, user_agent)] = logins(server, 1)
    assert (auth_type, address) == ("Database", "127.0.0.1")
    assert "aiohttp" in user_agent


@pytest.mark.parametrize("password", ["", "Secret", "secret ", " secret", "secre", "secret\0", "\0"])
async def test_another_password_is_refused_and_counted(
    application: Client, bob: Client, server: RunningServer, password: str
) -> None:
    assert not await is_let_in(server.client("bob", password))
    assert (await application.getUser(bob.id))["nb_failed_login"] == 1
    assert logins(server, bob.id) == []


@pytest.mark.parametrize("username", ["Bob", "BOB", " bob", "bob ", "bob\0", "nobody", "", "0"])
async def test_names_are_compared_exactly(
    application: Client, bob: Client, server: RunningServer, username: str
) -> None:
    assert not await is_let_in(server.client(username, "secret"))
    assert (await application.getUser(bob.id))["nb_failed_login"] == 0


async def test_an_account_called_0_never_gets_in(account: Account) -> None:
    assert not await is_let_in(await account("0"))


@pytest.mark.parametrize("password", ["with:colons:", "пароль", "日本語日本語", "      ", "p" * 500])
async def test_passwords_may_be_any_text(account: Account, password: str) -> None:
    assert await is_let_in(await account("bob", password=password))


@pytest.mark.parametrize(
    ("password", "right"),
    [("p" * 80, True), ("p" * 72, True), ("p" * 72 + "xyz", True), ("p" * 71, False), ("p" * 71 + "x", False)],
    ids=["all 80", "72", "72 and others", "71", "71 and another"],
)
async def test_72_bytes_of_a_password_count(
    account: Account, server: RunningServer, password: str, right: bool
) -> None:
    await account("bob", password="p" * 80)
    assert await is_let_in(server.client("bob", password)) is right


async def test_72_bytes_may_end_inside_a_character(account: Account, server: RunningServer) -> None:
    await account("bob", password="x" + "é" * 40)
    assert await is_let_in(server.client("bob", "x" + "é" * 36))
    assert not await is_let_in(server.client("bob", "x" + "é" * 35))


@pytest.mark.parametrize("ident", ["2a", "2b", "2y"])
async def test_hashes_of_other_bcrypts_are_accepted(
    bob: Client, server: RunningServer, application: Client, ident: str
) -> None:
    hashed = (await application.getUser(bob.id))["password"]
    server.sql("UPDATE users SET password = ? WHERE id = ?", f"${ident}{hashed[3:]}", bob.id)
    assert await is_let_in(bob)


@pytest.mark.parametrize("stored", [None, "", "secret", "$2y$10$", "$2y$10$nonsense", "$1$abc$def", "é"])
async def test_what_is_no_hash_matches_nothing(bob: Client, server: RunningServer, stored: str | None) -> None:
    server.sql("UPDATE users SET password = ? WHERE id = ?", stored, bob.id)
    assert not await is_let_in(bob)
    assert not await is_let_in(server.client("bob", stored or ""))


# Personal tokens


async def test_a_personal_token_lets_in_beside_the_password(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    assert (await server.client("bob", PERSONAL_TOKEN).getMe())["username"] == "bob"
    assert await is_let_in(bob)
    assert [auth_type for auth_type, _, _ in logins(server, bob.id)] == ["API Access Token", "Database"]


@pytest.mark.parametrize(
    ("username", "token"),
    [
        ("bob", PERSONAL_TOKEN.upper()),
        ("bob", PERSONAL_TOKEN[:-1]),
        ("bob", PERSONAL_TOKEN + " "),
        ("admin", PERSONAL_TOKEN),
        ("jsonrpc", PERSONAL_TOKEN),
        ("", PERSONAL_TOKEN),
    ],
)
async def test_a_personal_token_is_compared_exactly_and_opens_its_own_account_only(
    bob: Client, server: RunningServer, username: str, token: str
) -> None:
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    assert not await is_let_in(server.client(username, token))


async def test_a_token_that_is_the_password_counts_as_the_password(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET api_access_token = 'secret' WHERE id = ?", bob.id)
    assert await is_let_in(bob)
    assert [auth_type for auth_type, _, _ in logins(server, bob.id)] == ["Database"]


async def test_a_revoked_token_is_refused_at_once(bob: Client, server: RunningServer) -> None:
    with_token = server.client("bob", PERSONAL_TOKEN)
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    assert await is_let_in(with_token)
    server.sql("UPDATE users SET api_access_token = NULL WHERE id = ?", bob.id)
    assert not await is_let_in(with_token)


@pytest.mark.parametrize("two_factor", [0, 1])
async def test_an_empty_token_is_none(bob: Client, server: RunningServer, two_factor: int) -> None:
    server.sql("UPDATE users SET api_access_token = '', twofactor_activated = ?", two_factor)
    assert not await is_let_in(server.client("bob", ""))


# Kinds of accounts


@pytest.mark.parametrize(
    ("columns", "password", "token"),
    [
        ("is_active = '1'", True, True),
        ("is_active = '0'", False, False),
        ("is_ldap_user = '1'", False, True),
        ("disable_login_form = '1'", False, True),
        ("twofactor_activated = '1', twofactor_secret = 'JBSWY3DPEHPK3PXP'", False, True),
        ("twofactor_activated = '0', twofactor_secret = 'JBSWY3DPEHPK3PXP'", True, True),
        ("twofactor_activated = '1', is_active = '0'", False, False),
        ("lock_expiration_date = 4000000000", False, False),
        ("lock_expiration_date = 1000000000", True, True),
        ("role = 'unheard-of'", True, True),
    ],
)
async def test_the_kind_of_account_decides_what_opens_it(
    bob: Client, server: RunningServer, columns: str, password: bool, token: bool
) -> None:
    server.sql(f"UPDATE users SET {columns}, api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    for right, permitted in (("secret", password), (PERSONAL_TOKEN, token)):
        async with server.session.post(
            server.url, data=CALL, headers={"Authorization": f"Basic {basic('bob', right)}"}
        ) as response:
            assert (response.status != 401) is permitted


@pytest.mark.parametrize(
    ("columns", "counted"),
    [
        ("is_active = '0'", 1),
        ("is_ldap_user = '1'", 1),
        ("disable_login_form = '1'", 1),
        ("twofactor_activated = '1'", 1),
        ("lock_expiration_date = 4000000000", 0),
    ],
)
async def test_the_right_password_of_a_closed_account_is_a_failure_unless_it_is_locked(
    bob: Client, application: Client, server: RunningServer, columns: str, counted: int
) -> None:
    server.sql(f"UPDATE users SET {columns} WHERE id = ?", bob.id)
    assert not await is_let_in(bob)
    assert (await application.getUser(bob.id))["nb_failed_login"] == counted


# What a request brings


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic :",
        f"Bearer {basic('admin', 'admin')}",
        basic("admin", "admin"),
        "Basic admin:admin",
        f"Basic {base64.b64encode(b'admin').decode()}",
        f"Basic {base64.b64encode(b'admin:admin' + bytes([255])).decode()}",
        f"Basic *{basic('admin', 'admin')}",
    ],
)
async def test_anything_but_basic_credentials_is_refused(server: RunningServer, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with server.session.post(server.url, data=CALL, headers=headers) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Basic realm="JsonRPC"'
        assert (await response.json())["error"] == {"code": 401, "message": "Unauthorized"}


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
async def test_the_scheme_may_be_written_in_any_case(server: RunningServer, scheme: str) -> None:
    assert await status(server, {"Authorization": f"{scheme} {basic('admin', 'admin')}"}) == 200


ADMIN, WRONG = basic("admin", "admin"), basic("admin", "wrong")


@pytest.mark.parametrize("settings", [["authentication.api_authentication_header=X-API-Auth"]], ids=["X-API-Auth"])
@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"X-API-Auth": ADMIN}, 200),
        ({"x-api-auth": ADMIN}, 200),
        ({"X-API-Auth": ADMIN, "Authorization": f"Basic {WRONG}"}, 200),
        ({"X-API-Auth": WRONG, "Authorization": f"Basic {ADMIN}"}, 401),
        ({"X-API-Auth": basic("admin", ""), "Authorization": f"Basic {ADMIN}"}, 200),
        ({"X-API-Auth": basic("", "admin"), "Authorization": f"Basic {WRONG}"}, 200),
        ({"X-API-Auth": "", "Authorization": f"Basic {ADMIN}"}, 200),
        ({"X-API-Auth": f"Basic {ADMIN}"}, 401),
        ({"X-API-Auth": "no base64!", "Authorization": f"Basic {ADMIN}"}, 401),
        ({"X-API-Auth": base64.b64encode(b"admin").decode(), "Authorization": f"Basic {ADMIN}"}, 401),
        ({"Authorization": f"Basic {ADMIN}"}, 200),
    ],
)
async def test_a_configured_header_wins(server: RunningServer, headers: dict[str, str], answer: int) -> None:
    assert await status(server, headers) == answer


@pytest.mark.parametrize("settings", [["authentication.api_authentication_header=X-API-Auth"]], ids=["X-API-Auth"])
async def test_in_the_configured_header_too_passwords_may_have_colons(server: RunningServer, account: Account) -> None:
    await account("bob", password="with:colons:")
    assert await status(server, {"X-API-Auth": basic("bob", "with:colons:")}) == 200


async def test_a_header_that_is_not_configured_is_ignored(server: RunningServer) -> None:
    assert await status(server, {"X-API-Auth": ADMIN}) == 401
    assert await status(server, {"X-API-Auth": WRONG, "Authorization": f"Basic {ADMIN}"}) == 200


PROXY = "server.trusted_proxy_networks=127.0.0.0/8"
HEADERS = "server.trusted_proxy_headers=HTTP_X_REAL_IP, HTTP_X_FORWARDED_FOR"


@pytest.mark.parametrize(
    ("settings", "headers", "address"),
    [
        ([PROXY, HEADERS], {"X-Real-IP": "203.0.113.9"}, "203.0.113.9"),
        ([PROXY, HEADERS], {"X-Forwarded-For": "203.0.113.9, 10.0.0.1"}, "203.0.113.9"),
        ([PROXY, HEADERS], {"X-Forwarded-For": "unknown, 203.0.113.9"}, "203.0.113.9"),
        ([PROXY, HEADERS], {"X-Forwarded-For": "203.0.113.8", "X-Real-IP": "203.0.113.9"}, "203.0.113.9"),
        ([PROXY, HEADERS], {"X-Forwarded-For": "203.0.113.8", "X-Real-IP": "nonsense"}, "203.0.113.8"),
        ([PROXY, HEADERS], {"X-Real-IP": "2001:db8::1"}, "2001:db8::1"),
        ([PROXY, HEADERS], {"X-Real-IP": "nonsense"}, "127.0.0.1"),
        ([PROXY, HEADERS], {}, "127.0.0.1"),
        ([PROXY], {"X-Real-IP": "203.0.113.9"}, "127.0.0.1"),
        ([HEADERS], {"X-Real-IP": "203.0.113.9"}, "127.0.0.1"),
        (["server.trusted_proxy_networks=10.0.0.0/8", HEADERS], {"X-Real-IP": "203.0.113.9"}, "127.0.0.1"),
    ],
)
async def test_a_trusted_proxy_names_the_address(
    server: RunningServer, administrator: Client, headers: dict[str, str], address: str
) -> None:
    await administrator.send_bytes(CALL, headers=headers)
    assert [ip for _, ip, _ in logins(server, 1)] == [address]


async def sent_by_hand(server: RunningServer, *headers: bytes) -> Any:
    """The result of a call by the administrator with exactly these header lines, and what HTTP needs."""
    credentials = f"Authorization: Basic {ADMIN}".encode()
    lines = [b"POST /jsonrpc.php HTTP/1.0", credentials, b"Content-Length: %d" % len(CALL), *headers, b"", CALL]
    host, port = server.base_url.removeprefix("http://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"\r\n".join(lines))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return json.loads(answer.partition(b"\r\n\r\n")[2])["result"]


@pytest.mark.parametrize("settings", [[PROXY, HEADERS]], ids=["trusted"])
async def test_a_proxy_may_repeat_a_header(server: RunningServer) -> None:
    assert await sent_by_hand(server, b"X-Forwarded-For: unknown", b"X-Forwarded-For: 203.0.113.9") == "UTC"
    assert [ip for _, ip, _ in logins(server, 1)] == ["203.0.113.9"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [(b"", "Unknown"), (b"x" * 300, "x" * 255), ("Übersicht/1".encode(), "Übersicht/1"), (b"odd\xff\xfe", "odd??")],
)
async def test_the_user_agent_is_written_down(server: RunningServer, sent: bytes, stored: str) -> None:
    assert await sent_by_hand(server, b"User-Agent: " + sent) == "UTC"
    assert [user_agent for _, _, user_agent in logins(server, 1)] == [stored]


async def test_a_missing_user_agent_is_unknown(server: RunningServer) -> None:
    assert await sent_by_hand(server) == "UTC"
    assert [user_agent for _, _, user_agent in logins(server, 1)] == ["Unknown"]


# One request, several calls


async def test_a_batch_is_verified_once(administrator: Client, server: RunningServer, hashings: list[str]) -> None:
    answers = await administrator.batch(*[("getTimezone",)] * 5, ("createGroup", "G"), ("getGroup", 1))
    assert [answer["result"] for answer in answers] == ["UTC"] * 5 + [1, {"id": 1, "external_id": "", "name": "G"}]
    assert hashings == ["admin"]
    assert len(logins(server, 1)) == 1


async def test_a_bad_batch_counts_as_one_failure(application: Client, bob: Client, server: RunningServer) -> None:
    [answer] = await server.client("bob", "wrong").batch(*[("getTimezone",)] * 5)
    assert answer == {"jsonrpc": "2.0", "error": {"code": 401, "message": "Unauthorized"}, "id": None}
    assert (await application.getUser(bob.id))["nb_failed_login"] == 1


async def test_what_is_no_request_is_answered_without_credentials(
    application: Client, bob: Client, server: RunningServer
) -> None:
    wrong = server.client("bob", "wrong")
    status, body = await wrong.send_bytes(b"{")
    assert (status, json.loads(body)["error"]["code"]) == (200, -32700)
    status, answers = await wrong.send([{"jsonrpc": "2.0", "method": 1}])
    assert (status, answers[0]["error"]["code"]) == (200, -32600)
    assert (await application.getUser(bob.id))["nb_failed_login"] == 0


async def test_callers_who_lose_their_account_in_a_batch_are_refused_from_then_on(
    account: Account, application: Client
) -> None:
    chief = await account("chief", role="app-admin")
    [answer] = await chief.batch(("createGroup", "before"), ("disableUser", chief.id), ("createGroup", "after"))
    assert answer["error"]["code"] == 401
    assert [group["name"] for group in await application.getAllGroups()] == ["before"]


# Remembered credentials


async def test_verified_credentials_are_remembered(
    administrator: Client, server: RunningServer, hashings: list[str]
) -> None:
    for _ in range(5):
        assert await is_let_in(administrator)
    assert hashings == ["admin"]
    assert len(logins(server, 1)) == 1


async def test_equal_credentials_that_arrive_together_are_hashed_once(
    administrator: Client, server: RunningServer, hashings: list[str]
) -> None:
    assert all(await asyncio.gather(*(is_let_in(administrator) for _ in range(20))))
    assert hashings == ["admin"]
    assert len(logins(server, 1)) == 1


@pytest.mark.parametrize("settings", [["authentication.credential_cache_seconds=0"]], ids=["not remembered"])
async def test_an_option_turns_remembering_off(
    administrator: Client, server: RunningServer, hashings: list[str]
) -> None:
    assert await is_let_in(administrator)
    assert await is_let_in(administrator)
    assert hashings == ["admin", "admin"]
    assert len(logins(server, 1)) == 2


async def test_failures_are_not_remembered(bob: Client, server: RunningServer, hashings: list[str]) -> None:
    for _ in range(2):
        assert not await is_let_in(server.client("bob", "wrong"))
    assert hashings == ["wrong", "wrong"]


async def test_a_changed_password_counts_at_once(
    account: Account, application: Client, bob: Client, server: RunningServer
) -> None:
    assert await is_let_in(bob)
    eve = await account("eve", password="changed")
    server.sql("UPDATE users SET password = ? WHERE id = ?", (await application.getUser(eve.id))["password"], bob.id)
    assert not await is_let_in(bob)
    assert await is_let_in(server.client("bob", "changed"))


@pytest.mark.parametrize(
    "columns",
    [
        "is_active = '0'",
        "is_ldap_user = '1'",
        "disable_login_form = '1'",
        "twofactor_activated = '1'",
        "username = 'robert'",
    ],
)
async def test_an_account_that_closes_is_refused_at_once(bob: Client, server: RunningServer, columns: str) -> None:
    assert await is_let_in(bob)
    server.sql(f"UPDATE users SET {columns} WHERE id = ?", bob.id)
    assert not await is_let_in(bob)


async def test_another_role_counts_at_once(bob: Client, server: RunningServer) -> None:
    async def may_list_users() -> bool:
        status, _ = await bob.send({"jsonrpc": "2.0", "method": "getAllUsers", "id": 1})
        return status == 200

    assert not await may_list_users()
    server.sql("UPDATE users SET role = 'app-admin' WHERE id = ?", bob.id)
    assert await may_list_users()
    server.sql("UPDATE users SET role = 'app-user' WHERE id = ?", bob.id)
    assert not await may_list_users()


async def test_another_account_of_the_same_name_is_another_account(
    account: Account, application: Client, bob: Client, server: RunningServer
) -> None:
    assert await is_let_in(bob)
    await application.removeUser(bob.id)
    assert not await is_let_in(bob)
    await account("bob", password="another")
    assert not await is_let_in(bob)
    assert await is_let_in(server.client("bob", "another"))


async def test_an_account_that_goes_while_its_password_is_checked_is_refused(
    bob: Client, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = server.server.passwords.verify

    async def slow(password: str, hash: str | None) -> bool:
        verified = await verify(password, hash)
        server.sql("DELETE FROM users WHERE id = ?", bob.id)
        return verified

    monkeypatch.setattr(server.server.passwords, "verify", slow)
    assert not await is_let_in(bob)
    assert logins(server, bob.id) == []


# Changes that others make


@pytest.fixture
async def others(neighbour: RunningServer) -> Client:
    """The application on another server, which shares nothing but the database."""
    return neighbour.client()


async def test_what_another_server_changes_counts_at_once(
    bob: Client, others: Client, server: RunningServer, hashings: list[str]
) -> None:
    async def may_list_users() -> bool:
        status, _ = await bob.send({"jsonrpc": "2.0", "method": "getAllUsers", "id": 1})
        return status == 200

    assert [await is_let_in(bob), await may_list_users()] == [True, False]
    await others.updateUser(id=bob.id, role="app-admin")
    assert await may_list_users()
    await others.updateUser(id=bob.id, role="app-user")
    assert not await may_list_users()
    await others.disableUser(bob.id)
    assert not await is_let_in(bob)
    await others.enableUser(bob.id)
    assert await is_let_in(bob)
    await others.updateUser(bob.id, "robert")
    assert not await is_let_in(bob)
    assert hashings[0] == "secret"
    await others.updateUser(bob.id, "bob")
    await others.removeUser(bob.id)
    assert not await is_let_in(bob)


async def test_failures_on_another_server_refuse_here_at_once_and_without_a_hash(
    bob: Client, neighbour: RunningServer, hashings: list[str]
) -> None:
    assert await is_let_in(bob)
    hashings.clear()
    for _ in range(3):
        assert not await is_let_in(neighbour.client("bob", "guess"))
    assert not await is_let_in(bob)
    assert hashings == []


@pytest.mark.parametrize("columns", ["lock_expiration_date = 4000000000", "nb_failed_login = 3"])
async def test_a_lock_that_another_program_sets_and_takes_away_counts_at_once(
    bob: Client, server: RunningServer, hashings: list[str], columns: str
) -> None:
    assert await is_let_in(bob)
    hashings.clear()
    server.sql(f"UPDATE users SET {columns} WHERE id = ?", bob.id)
    assert not any(await asyncio.gather(*(is_let_in(bob) for _ in range(20))))
    assert not await is_let_in(server.client("bob", "guess"))
    assert hashings == []
    server.sql("UPDATE users SET nb_failed_login = 0, lock_expiration_date = 0 WHERE id = ?", bob.id)
    assert await is_let_in(bob)
    assert hashings == [], "it is remembered still"


async def test_a_renewed_token_counts_at_once(bob: Client, server: RunningServer) -> None:
    tokens = [PERSONAL_TOKEN, PERSONAL_TOKEN[::-1]]
    for current in (0, 1, 0):
        server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", tokens[current], bob.id)
        let_in = [await is_let_in(server.client("bob", token)) for token in tokens]
        assert let_in == [current == 0, current == 1]
        assert await is_let_in(server.client("bob", tokens[current]))


# A higher cost

STRONGER = pytest.mark.parametrize("settings", [["authentication.bcrypt_cost=11"]], ids=["bcrypt_cost=11"])
#: of the password "secret", at the lowest cost there is
WEAK = "$2y$04$kanboardserver.testsaOggQTMaY5Rdh7TMA1eIyMtLYn0AAwy6C"


def stored_hash(server: RunningServer, user_id: int) -> str:
    [(found,)] = server.sql("SELECT password FROM users WHERE id = ?", user_id)
    return str(found)


@STRONGER
async def test_a_weaker_hash_is_made_anew_by_a_success(bob: Client, server: RunningServer, hashings: list[str]) -> None:
    server.sql("UPDATE users SET password = ? WHERE id = ?", WEAK, bob.id)
    assert not await is_let_in(server.client("bob", "guess"))
    assert stored_hash(server, bob.id) == WEAK
    assert await is_let_in(bob)
    renewed = stored_hash(server, bob.id)
    assert renewed.startswith("$2y$11$")
    assert await is_let_in(bob)
    assert hashings == ["guess", "secret"], "what was made anew is remembered"
    assert stored_hash(server, bob.id) == renewed


@STRONGER
async def test_one_on_the_sign_in_form_too(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET password = ? WHERE id = ?", WEAK, bob.id)
    for password, outcome in (("guess", Outcome.WRONG), ("secret", Outcome.SIGNED_IN), ("secret", Outcome.SIGNED_IN)):
        tried = await server.server.sign_in.attempt(Credentials("bob", password), captcha_solved=False)
        assert tried.outcome is outcome
        assert stored_hash(server, bob.id).startswith("$2y$04$" if outcome is Outcome.WRONG else "$2y$11$")


async def test_without_a_higher_cost_hashes_stay(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET password = ? WHERE id = ?", WEAK, bob.id)
    assert await is_let_in(bob)
    assert stored_hash(server, bob.id) == WEAK


@STRONGER
async def test_a_personal_token_makes_no_hash_anew(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET password = ?, api_access_token = ? WHERE id = ?", WEAK, PERSONAL_TOKEN, bob.id)
    assert await is_let_in(server.client("bob", PERSONAL_TOKEN))
    assert stored_hash(server, bob.id) == WEAK


@STRONGER
@pytest.mark.parametrize("columns", ["password = 'another'", "lock_expiration_date = 4000000000"])
async def test_what_changes_while_the_hash_is_made_stays(
    bob: Client, server: RunningServer, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    server.sql("UPDATE users SET password = ? WHERE id = ?", WEAK, bob.id)
    renewed = server.server.passwords.renewed

    async def slow(password: str, hash: str) -> str:
        made = await renewed(password, hash)
        server.sql(f"UPDATE users SET {columns} WHERE id = ?", bob.id)
        return made

    monkeypatch.setattr(server.server.passwords, "renewed", slow)
    assert not await is_let_in(bob)
    assert stored_hash(server, bob.id) == ("another" if "password" in columns else WEAK)


@STRONGER
async def test_two_servers_that_make_it_anew_at_once_both_let_in(
    bob: Client, server: RunningServer, database: Location, plugins: Plugins, settings: list[str]
) -> None:
    server.sql("UPDATE users SET password = ? WHERE id = ?", WEAK, bob.id)
    async with running(database, plugins=plugins, settings=settings) as neighbour:
        both = [bob, neighbour.client("bob", "secret")]
        assert all(await asyncio.gather(*(is_let_in(client) for client in both * 3)))
        assert stored_hash(server, bob.id).startswith("$2y$11$")
        assert all([await is_let_in(client) for client in both])


# What a refusal costs


@pytest.mark.parametrize(
    ("columns", "username", "password", "hashed"),
    [
        ("is_active = '1'", "bob", "wrong", True),
        ("is_active = '1'", "bob", "", True),
        ("is_active = '1'", "nobody", "wrong", True),
        ("is_active = '1'", "nobody", "", True),
        ("is_active = '0'", "bob", "secret", True),
        ("is_ldap_user = '1', password = NULL", "bob", "secret", True),
        ("twofactor_activated = '1'", "bob", "secret", True),
        ("password = 'no hash'", "bob", "secret", True),
        ("lock_expiration_date = 4000000000", "bob", "secret", False),
        ("is_active = '1'", "", "", False),
        ("is_active = '1'", "0", "wrong", False),
        ("is_active = '1'", "jsonrpc", "wrong", False),
    ],
)
async def test_it_takes_one_hash_whatever_is_wrong(
    bob: Client, server: RunningServer, hashings: list[str], columns: str, username: str, password: str, hashed: bool
) -> None:
    server.sql(f"UPDATE users SET {columns}, api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    assert not await is_let_in(server.client(username, password))
    assert len(hashings) == hashed


async def test_a_personal_token_needs_no_hash(bob: Client, server: RunningServer, hashings: list[str]) -> None:
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    assert await is_let_in(server.client("bob", PERSONAL_TOKEN))
    assert hashings == []


# Back ends of plugins


class Directory(AccountBackend):
    """Accepts one password for the accounts of a directory."""

    auth_type = "Directory"

    def stored(self, account: Row) -> str | None:
        return "directory" if account["is_ldap_user"] and account["is_active"] else None

    async def verify(self, account: Row, password: str) -> bool:
        return password == f"{account['username']} of the directory"


async def test_a_plugin_may_add_a_way_in(database: Any, plugins: Plugins) -> None:
    @hookimpl
    def register_authentication_backends() -> Iterable[AccountBackend]:
        return [Directory()]

    extended = Plugins(
        [*plugins, guest("directory", register_authentication_backends=register_authentication_backends)]
    )
    async with running(database, plugins=extended) as server:
        bob_id = await server.client().createUser("bob", "secret")
        with_directory = server.client("bob", "bob of the directory")
        assert not await is_let_in(with_directory)
        server.sql("UPDATE users SET is_ldap_user = '1' WHERE id = ?", bob_id)
        assert await is_let_in(with_directory)
        assert await is_let_in(with_directory)
        assert logins(server, bob_id)[0][0] == "Directory"
        assert not await is_let_in(server.client("bob", "secret"))


class SecondToken(ApplicationBackend):
    """One more token of the application."""

    needs_database = False

    def accepts(self, transaction: Transaction | None, token: str) -> bool:
        return hmac.compare_digest(token, "another")


async def test_a_plugin_may_add_a_token_of_the_application(database: Any, plugins: Plugins) -> None:
    @hookimpl
    def register_authentication_backends() -> Iterable[ApplicationBackend]:
        return [SecondToken()]

    extended = Plugins([*plugins, guest("tokens", register_authentication_backends=register_authentication_backends)])
    async with running(database, plugins=extended) as server:
        assert await is_let_in(server.client())
        assert await is_let_in(server.client("jsonrpc", "another"))
        assert not await is_let_in(server.client("jsonrpc", "neither"))
