"""Failed and successful sign-ins as they are kept in the database: counters, locks, the list of last logins.

Source: spec page "authentication", sections 4 and 5.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from typing import Any

from peewee import fn

from kanboard_core.credentials import Credentials, names_an_account
from kanboard_core.database import Conflict, Row, insertion, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import LastLogin, Setting, User

#: rows of ``last_logins`` that an account keeps
_KEPT_LOGINS = 10
_USER_AGENT_LENGTH = 255
#: addresses whose failures are kept, the newest
_KEPT_ADDRESSES = 1000
#: how PHP writes an array without entries
_NO_ADDRESSES = "[]"

#: the account, unless it is refused: part of the statement that writes, so that no other process comes in between
_OPEN = (
    (User.id == param("user_id"))
    & (fn.COALESCE(User.lock_expiration_date, 0) < param("now"))
    & (fn.COALESCE(User.nb_failed_login, 0) < param("limit"))
)
_COUNT_FAILURE = statement(User.update({User.nb_failed_login: fn.COALESCE(User.nb_failed_login, 0) + 1}).where(_OPEN))
_FAILURES = statement(User.select(User.nb_failed_login).where(User.id == param("user_id")))
_LOCK = statement(User.update({User.lock_expiration_date: param("until")}).where(User.id == param("user_id")))
_RESET = statement(User.update({User.nb_failed_login: 0, User.lock_expiration_date: 0}).where(_OPEN))
#: more failures than any account has
_UNLIMITED = 2**31
_UNLOCK = statement(
    User.update({User.nb_failed_login: 0, User.lock_expiration_date: 0}).where(User.id == param("user_id"))
)
_REFUSED = statement(
    User.select(User.id, User.username, User.name, User.nb_failed_login, User.lock_expiration_date)
    .where(
        (fn.COALESCE(User.lock_expiration_date, 0) >= param("now"))
        | (fn.COALESCE(User.nb_failed_login, 0) >= param("limit"))
    )
    .order_by(User.username)
)
_LOGIN_IDS = statement(
    LastLogin.select(LastLogin.id).where(LastLogin.user_id == param("user_id")).order_by(LastLogin.id.desc())
)
_REMOVE_LOGINS = statement(LastLogin.delete().where(one_of(LastLogin.id, "ids")))
_INSERT_LOGIN = insertion(LastLogin, "auth_type", "user_id", "ip", "user_agent", "date_creation")
_CAPTCHA_DATA = statement(Setting.select(Setting.value).where(Setting.option == "captcha_data"))
# In one statement, as every call of an account asks for both.
_CALLING = statement(
    User.select(
        User, Setting.select(Setting.value).where(Setting.option == "captcha_data").alias("captcha_data")
    ).where(User.username == param("username"))
)
# One text holds the failures of all addresses: whoever changes it keeps the others waiting.
_CAPTCHA_DATA_TO_CHANGE = statement(Setting.select(Setting.value).where(Setting.option == "captcha_data").for_update())
_UPDATE_CAPTCHA_DATA = statement(
    Setting.update(
        {Setting.value: param("value"), Setting.changed_by: param("user_id"), Setting.changed_on: param("now")}
    ).where(Setting.option == "captcha_data")
)
_INSERT_CAPTCHA_DATA = statement(
    Setting.insert(
        {
            Setting.option: "captcha_data",
            Setting.value: param("value"),
            Setting.changed_by: 0,
            Setting.changed_on: param("now"),
        }
    )
)


class AccountRefused(Exception):
    """The account of the user name ``username`` is refused whatever the password."""

    def __init__(self, username: str) -> None:
        super().__init__(username)
        self.username = username


@dataclass(frozen=True, slots=True)
class Lockout:
    """The limits on failed sign-ins."""

    #: failures from which the user API refuses an account until it is unlocked; 0: off
    api_failures: int = 3
    #: failures that are still without a lock
    lockdown: int = 6
    #: length of a lock, minutes
    lockdown_minutes: int = 15
    #: failures of an account or an address from which the sign-in form asks for a captcha
    captcha: int = 3

    def refuses(self, account: dict[str, Any], now: int) -> bool:
        """Whether the account is refused whatever the password. ``now`` in Unix seconds."""
        return is_locked(account, now) or 0 < self.api_failures <= (account["nb_failed_login"] or 0)

    def on_pages(self, *, captcha_solved: bool) -> Lockout:
        """The limits for an attempt on the sign-in form, which unlocks accounts for the API.

        A lock counts there too. Where a captcha is asked for, it takes the place of the API's limit.
        """
        return replace(self, api_failures=0 if captcha_solved else self.captcha)

    def needs_captcha(self, transaction: Transaction, account: dict[str, Any] | None, address: str, now: int) -> bool:
        """Whether the form asks for a captcha, because of the account (None: there is none) or of the address."""
        failures = (account["nb_failed_login"] or 0) if account else 0
        entry = _addresses(transaction.scalar(_CAPTCHA_DATA)).get(address, {})
        return failures >= self.captcha or _integer(entry.get("lock_expiration_date")) > now

    def refused_accounts(self, transaction: Transaction, now: int) -> list[Row]:
        """The accounts that the API or the sign-in form refuses now, by user name: ``id``, ``username``, ``name``,
        ``nb_failed_login``, ``lock_expiration_date``.
        """
        return transaction.all(_REFUSED, now=now, limit=self.api_failures or _UNLIMITED)

    def unlock(self, transaction: Transaction, user_id: int) -> bool:
        """Set the account's counters to 0, whatever they are; False when there is none of that id."""
        return transaction.run(_UNLOCK, user_id=user_id) > 0

    def count_failure(self, transaction: Transaction, user_id: int | None, address: str, now: int) -> bool:
        """Count a failed sign-in of the account (None: there is none of that name) from the address.

        False, and nothing is counted, when the account is gone or refused by now.
        """
        if user_id is not None:
            if not transaction.run(_COUNT_FAILURE, user_id=user_id, now=now, limit=self.api_failures or _UNLIMITED):
                return False
            if transaction.scalar(_FAILURES, user_id=user_id) > self.lockdown:
                transaction.run(_LOCK, user_id=user_id, until=now + self.lockdown_minutes * 60)
        self._count_address(transaction, address, now)
        return True

    def record_success(
        self, transaction: Transaction, user_id: int, *, auth_type: str, address: str, user_agent: str, now: int
    ) -> bool:
        """Reset the account's counters and write its row of ``last_logins``.

        False, and nothing is written, when the account is gone or refused by now.
        """
        if not self.reset(transaction, user_id, address=address, now=now):
            return False
        self.record_login(transaction, user_id, auth_type=auth_type, address=address, user_agent=user_agent, now=now)
        return True

    @staticmethod
    def record_login(
        transaction: Transaction, user_id: int, *, auth_type: str, address: str, user_agent: str, now: int
    ) -> None:
        """Write the account's row of ``last_logins``, and keep the newest ten."""
        ids = transaction.column(_LOGIN_IDS, user_id=user_id)
        if len(ids) >= _KEPT_LOGINS:
            transaction.run(_REMOVE_LOGINS, ids=ids[_KEPT_LOGINS - 1 :])
        transaction.insert(
            _INSERT_LOGIN,
            auth_type=auth_type,
            user_id=user_id,
            ip=address,
            user_agent=_storable(user_agent)[:_USER_AGENT_LENGTH] or "Unknown",
            date_creation=now,
        )

    def reset(self, transaction: Transaction, user_id: int, *, address: str, now: int) -> bool:
        """Set the account's counters to 0 and forget the address's failures.

        False, and nothing is written, when the account is gone or refused by now.
        """
        if not transaction.run(_RESET, user_id=user_id, now=now, limit=self.api_failures or _UNLIMITED):
            return False
        if has_failed(transaction, address):
            addresses = self._addresses_to_change(transaction, now)
            addresses.pop(address, None)
            self._save_addresses(transaction, addresses, now, user_id=user_id)
        return True

    def _count_address(self, transaction: Transaction, address: str, now: int) -> None:
        known = self._addresses_to_change(transaction, now)
        addresses = {name: entry for name, entry in known.items() if not self._outdated(entry, now)}
        failures = _integer(addresses.get(address, {}).get("failed_login")) + 1
        entry = {"failed_login": failures, "expiration_date": 0}
        if failures >= self.captcha:
            entry["lock_expiration_date"] = now + self.lockdown_minutes
        addresses.pop(address, None)
        for oldest in list(addresses)[: len(addresses) + 1 - _KEPT_ADDRESSES]:
            del addresses[oldest]
        addresses[address] = entry
        self._save_addresses(transaction, addresses, now)

    @staticmethod
    def _outdated(entry: dict[str, Any], now: int) -> bool:
        """Whether an address's lock ended a day ago or longer."""
        return 0 < _integer(entry.get("lock_expiration_date")) < now - 86400

    @staticmethod
    def _addresses_to_change(transaction: Transaction, now: int) -> dict[str, dict[str, Any]]:
        """The stored failures by address, which nobody else changes until the transaction ends."""
        row = transaction.one(_CAPTCHA_DATA_TO_CHANGE)
        if row is None:
            with contextlib.suppress(Conflict):  # somebody else has just made the row
                transaction.insert(_INSERT_CAPTCHA_DATA, value=_NO_ADDRESSES, now=now)
            row = transaction.one(_CAPTCHA_DATA_TO_CHANGE)
        return _addresses(row["value"] if row else None)

    @staticmethod
    def _save_addresses(transaction: Transaction, addresses: dict[str, Any], now: int, *, user_id: int = 0) -> None:
        value = json.dumps(addresses, separators=(",", ":")) if addresses else _NO_ADDRESSES
        transaction.run(_UPDATE_CAPTCHA_DATA, value=value, user_id=user_id, now=now)


def calling_account(transaction: Transaction, credentials: Credentials) -> tuple[Row | None, bool]:
    """The account that credentials are about, as :func:`account_named`, and whether its caller's address has failed.

    Nothing is known of the address when there is no account.
    """
    if not names_an_account(credentials.username):
        return None, False
    account = transaction.one(_CALLING, username=credentials.username)
    return account, account is not None and _holds(account.pop("captcha_data"), credentials.address)


def has_failed(transaction: Transaction, address: str) -> bool:
    """Whether there are failures of the address that no success has made forgotten."""
    return _holds(transaction.scalar(_CAPTCHA_DATA), address)


def is_locked(account: dict[str, Any], now: int) -> bool:
    """Whether the account is locked, for the API and the pages. ``now`` in Unix seconds."""
    return bool((account["lock_expiration_date"] or 0) >= now)


def _holds(text: str | None, address: str) -> bool:
    """Whether the text that is stored holds failures of the address; asked by every call, so it isn't decoded."""
    return text is not None and f'"{address}"' in text


def _addresses(text: str | None) -> dict[str, dict[str, Any]]:
    """Failures by address, of the text that is stored; what can't be read counts as none."""
    try:
        stored = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {address: entry for address, entry in stored.items() if isinstance(entry, dict)}


def _storable(header: str) -> str:
    """A header's text without what is no text: bytes that aren't UTF-8 become question marks."""
    return header.encode("utf-8", "replace").decode("utf-8")


def _integer(value: Any) -> int:
    return value if isinstance(value, int) else 0
