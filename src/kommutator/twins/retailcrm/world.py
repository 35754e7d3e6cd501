"""All accounts of one running twin, and how they come and go."""

from __future__ import annotations

import re
from typing import Any

from kommutator.twins.core import TwinCore
from kommutator.twins.retailcrm.account import Account, ApiKey
from kommutator.twins.retailcrm.gate import Gate
from kommutator.twins.retailcrm.routes import ALL_SCOPES
from kommutator.twins.retailcrm.seed import open_account
from kommutator.twins.retailcrm.switches import Switches

Json = dict[str, Any]

DEFAULT_ACCOUNT = "demo"
# More than a page of users, to catch clients that read only the first.
LARGE_ACCOUNT, LARGE_ACCOUNT_USERS = "large", 45
LIMITED_SCOPES = frozenset({"telephony_read", "telephony_write", "user_read", "reference_read"})
LIMITED_SITES = ("shop-main",)
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,39}$")


class World:
    """The twin's whole state."""

    def __init__(self, core: TwinCore, api_key: str | None, limited_api_key: str | None) -> None:
        self.core = core
        self.switches = Switches()
        self.accounts: dict[str, Account] = {}
        self.gate = Gate(core, self.switches, self.accounts)
        self._keys = {DEFAULT_ACCOUNT: _keys(core, api_key, limited_api_key)}
        self._build_standing()

    def add(
        self,
        name: str,
        *,
        zone: str = "Europe/Moscow",
        users: int = 0,
        api_key: str | None = None,
        limited_api_key: str | None = None,
    ) -> Account:
        """Open one more account.

        Raises:
            ValueError: a bad or taken name, an unknown time zone.
        """
        if not _NAME.match(name):
            raise ValueError("name: small letters, digits, - and _, at most 40")
        if name in self.accounts:
            raise ValueError(f"account {name!r} exists")
        self._keys[name] = _keys(self.core, api_key, limited_api_key)
        return self._open(name, zone, users)

    def account(self, name: str | None) -> Account:
        """An account by name; the default one for None.

        Raises:
            ValueError: there is none.
        """
        found = self.accounts.get(name or DEFAULT_ACCOUNT)
        if found is None:
            raise ValueError(f"no account {name!r}")
        return found

    def standing_keys(self, name: str) -> tuple[ApiKey, ApiKey]:
        """The full and the limited key an account was opened with."""
        full, limited = self._keys[name]
        return full, limited

    def reset(self, name: str | None = None) -> None:
        """One account, or the whole twin, as it was at the start; standing keys stay."""
        if name is not None:
            old = self.account(name)
            self._open(name, old.zone.key, old.users_at_start)
        else:
            self.accounts.clear()
            self.switches.change(Switches().dump())
            self.core.faults.clear()
            self.core.traffic.clear()
            self.gate.buckets.clear()
            self._build_standing()
        self.core.bell.ring()

    def _build_standing(self) -> None:
        self._open(DEFAULT_ACCOUNT, "Europe/Moscow", 0)
        self._keys.setdefault(LARGE_ACCOUNT, _keys(self.core, None, None))
        self._open(LARGE_ACCOUNT, "Asia/Yekaterinburg", LARGE_ACCOUNT_USERS)

    def _open(self, name: str, zone: str, users: int) -> Account:
        base_url = self.core.base_url
        if name != DEFAULT_ACCOUNT:
            base_url = f"{base_url}/a/{name}"
        account = open_account(name, base_url, zone, users)
        account.keys = list(self._keys[name])
        self.accounts[name] = account
        return account


def _keys(core: TwinCore, api_key: str | None, limited_api_key: str | None) -> list[ApiKey]:
    """The full key and the limited one, in this order."""
    return [
        ApiKey(api_key or core.ids.token(24), ALL_SCOPES),
        ApiKey(limited_api_key or core.ids.token(24), LIMITED_SCOPES, LIMITED_SITES),
    ]
