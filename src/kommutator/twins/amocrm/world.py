"""All accounts of one running twin, its integrations and tokens, and who listens to changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.changes import Change, Listener
from kommutator.twins.amocrm.integrations import Integration
from kommutator.twins.amocrm.pace import Pace
from kommutator.twins.amocrm.seed import fill
from kommutator.twins.amocrm.switches import Switches
from kommutator.twins.amocrm.tokens import TokenBook
from kommutator.twins.amocrm.widgets import Widget
from kommutator.twins.clock import ShiftedClock
from kommutator.twins.core import TwinCore

Json = dict[str, Any]

DEFAULT_ACCOUNT = "demo"
# More than a page of users, to catch clients that read only the first.
LARGE_ACCOUNT, LARGE_ACCOUNT_USERS = "large", 45
FIRST_ACCOUNT_ID = 31_000_001
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")


class World:
    """The twin's whole state."""

    def __init__(self, core: TwinCore, clock: ShiftedClock, standing: Integration) -> None:
        self.core = core
        self.clock = clock
        self.switches = Switches()
        self.accounts: dict[str, Account] = {}
        self.addresses: dict[str, Account] = {}
        self.integrations: dict[str, Integration] = {}
        # (account, client_id) -> {"at", "by"}
        self.installed: dict[tuple[str, str], Json] = {}
        self.tokens = TokenBook(core.ids)
        self.pace = Pace(core.traffic, self.switches)
        self.outbound: list[Json] = []
        self._standing = standing
        self._listeners: list[Listener] = []
        # Uploaded widgets by client_id.
        self.widgets: dict[str, Widget] = {}
        # Called with the account's name, or None for all, after a reset.
        self.on_reset: list[Callable[[str | None], None]] = []
        self._build_standing()

    def now(self) -> int:
        """Epoch seconds of the twin, skew included."""
        return int(self.core.clock.now().timestamp()) + self.switches.clock_skew_seconds

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(account, change)` on every change from now on, in order."""
        self._listeners.append(listener)

    def changed(self, account: Account, change: Change) -> None:
        """Tell everybody what happened. Called for every change, whoever made it."""
        for listener in self._listeners:
            listener(account, change)
        self.core.bell.ring()

    def account(self, name: str | None) -> Account:
        """An account by name; the default one for None.

        Raises:
            ValueError: there is none.
        """
        found = self.accounts.get(name or DEFAULT_ACCOUNT)
        if found is None:
            raise ValueError(f"no account {name!r}")
        return found

    def integration(self, client_id: Any) -> Integration:
        """A registered integration; the standing one for None.

        Raises:
            ValueError: there is none.
        """
        found = self.integrations.get(str(client_id or self._standing.client_id))
        if found is None:
            raise ValueError(f"no integration {client_id!r}")
        return found

    def add(self, name: str, *, users: int = 0) -> Account:
        """Open one more account.

        Raises:
            ValueError: a bad or taken name.
        """
        if not _NAME.match(name):
            raise ValueError("name: small letters, digits and -, at most 40")
        if name in self.accounts or name in self.addresses:
            raise ValueError(f"account {name!r} exists")
        return self._open(name, users, self._next_account_id())

    def move(self, account: Account, address: str) -> None:
        """Give an account another subdomain; the old one stops answering.

        Raises:
            ValueError: a bad or taken address.
        """
        if not _NAME.match(address):
            raise ValueError("address: small letters, digits and -, at most 40")
        if address in self.addresses:
            raise ValueError(f"address {address!r} is taken")
        del self.addresses[account.address]
        account.address = address
        self.addresses[address] = account
        self.core.bell.ring()

    def reset(self, name: str | None = None) -> None:
        """One account, or the whole twin, as it was at the start; listeners stay."""
        if name is not None:
            old = self.account(name)
            del self.addresses[old.address]
            self.tokens.revoke(name)
            self.installed = {k: v for k, v in self.installed.items() if k[0] != name}
            self._open(name, old.users_at_start, old.id)
        else:
            for book in (self.accounts, self.addresses, self.integrations, self.installed):
                book.clear()
            self.switches.change(Switches().dump())
            self.tokens = TokenBook(self.core.ids)
            self.outbound.clear()
            self.core.faults.clear()
            self.core.traffic.clear()
            self._build_standing()
        self.pace.clear(name)
        for forget in self.on_reset:
            forget(name)
        self.core.bell.ring()

    def _build_standing(self) -> None:
        self.integrations[self._standing.client_id] = self._standing
        self._open(DEFAULT_ACCOUNT, 0, FIRST_ACCOUNT_ID)
        self._open(LARGE_ACCOUNT, LARGE_ACCOUNT_USERS, FIRST_ACCOUNT_ID + 1)

    def _next_account_id(self) -> int:
        return max(account.id for account in self.accounts.values()) + 1

    def _open(self, name: str, users: int, number: int) -> Account:
        address = "" if name == DEFAULT_ACCOUNT else name
        account = Account(number, name, address, self.core.base_url, users_at_start=users)
        fill(account, now=self.now(), users=users)
        self.accounts[name] = account
        self.addresses[address] = account
        return account
