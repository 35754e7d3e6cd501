"""Set-up and people at amoCRM: test, subscribe, users, look-ups."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

from kommutator.connectors.crm.amocrm import reads
from kommutator.connectors.crm.amocrm.api import AmoCrmReader
from kommutator.connectors.crm.amocrm.board import AmoCrmBoard
from kommutator.connectors.crm.amocrm.budgets import budgets_of
from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.config import read_config
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.crm_data import CrmUser, EntityKind, Hook
from kommutator.domain.crm_ports import EntityQuery
from kommutator.domain.finding import Trial
from kommutator.domain.ports import (
    Difference,
    Employee,
    Person,
    PersonPage,
    Probe,
    Registration,
    RegistrationReport,
)

T = TypeVar("T")


class AmoCrmDesk:
    """Implements `domain.ports.CrmDesk`: everything that is not the delivery of commands."""

    kind = ConnectionKind.AMOCRM

    def __init__(self, clients: AmoCrmClients) -> None:
        self._clients = clients
        self._reader = AmoCrmReader(clients)
        self._board = AmoCrmBoard(clients)

    def allowances(self, account: Account) -> Sequence[str]:
        return [budget.key for budget in budgets_of(account)]

    async def probe(self, account: Account) -> Probe:
        """Whether the grant opens the account, and what it may see there. Changes nothing.

        `details`: `account_id`, `account_name`, `subdomain`; `users` is the number of users, or
        None where the grant may not see them (external integrations never may, people without an
        administrator's rights neither: users are then mapped by their numbers); `admin` whether
        the one who granted is an administrator, None if that cannot be seen; `hooks` whether
        notices can be subscribed (they want an administrator and a paid tariff); `unsorted`
        whether there is a tray for unknown callers; `filters` whether lists can be filtered.

        Raises:
            VendorError: the account does not open.
        """
        facts = await self._reader.facts(account)
        users = await _unless_denied(self._reader.users(account))
        hooks = await _unless_denied(self._board.hooks(account))
        zone = facts.details.get("time_zone")
        return Probe(
            ok=True,
            message="amocrm_ready" if hooks is not None else "amocrm_ready_without_hooks",
            time_zone=zone if isinstance(zone, str) else None,
            details={
                "account_id": facts.id,
                "account_name": facts.name,
                "subdomain": facts.subdomain,
                "users": None if users is None else len(users),
                "admin": _is_admin(users, facts.user_id),
                "hooks": hooks is not None,
                "unsorted": facts.details.get("is_unsorted_on") is True,
                "filters": facts.details.get("is_api_filter_enabled") is not False,
                "country": facts.details.get("country"),
            },
        )

    async def register(self, account: Account, registration: Registration) -> RegistrationReport:
        """Subscribe our address to what the connection wants to hear, then read back.

        There is nothing else to register: extensions, lines and the address of a click are ours
        alone. Without `hook_url` nothing is asked of amoCRM at all.

        Raises:
            VendorError: refused; for want of rights or tariff with hint `amocrm_rights`.
        """
        mapping = self._mapping(account)
        if not registration.hook_url:
            return RegistrationReport(verified=True, codes=mapping)
        wanted = read_config(account.config).hook_settings
        await self._board.subscribe(account, registration.hook_url, wanted)
        held = await self._board.hooks(account, registration.hook_url)
        unlike = _differences(wanted, held[0] if held else None)
        return RegistrationReport(
            verified=not unlike,
            codes=mapping,
            differences=unlike,
            request={"settings": list(wanted)},
            response={"settings": list(held[0].settings) if held else []},
        )

    async def deactivate(self, account: Account, registration: Registration) -> RegistrationReport:
        """Take every address of this connection off the account's list.

        Raises:
            VendorError: the vendor was not reached.
        """
        ours = f"/{account.connection_id.hex}."  # how the addresses we give out are made
        for hook in await _unless_denied(self._board.hooks(account)) or ():
            if hook.destination == registration.hook_url or ours in hook.destination:
                await self._board.unsubscribe(account, hook.destination)
        return RegistrationReport(verified=True, codes={})

    async def read_codes(self, account: Account) -> Mapping[str, str]:
        """Our own mapping: amoCRM keeps no extensions, so none of them can differ."""
        return self._mapping(account)

    async def employees(self, account: Account) -> Sequence[Employee]:
        """Every user; nobody where the grant may not see them (`Probe.details["users"]`)."""
        users = await _unless_denied(self._reader.users(account))
        return [
            Employee(id=str(user.id), name=user.name, email=user.email, active=user.active)
            for user in users or ()
        ]

    async def set_status(self, account: Account, user_id: str, status: str) -> None:
        """AmoCRM has no statuses of its users: nothing to tell it."""

    async def person(self, account: Account, phone: str) -> Person | None:
        """Who has this number and who is responsible: contacts first, then companies.

        Raises:
            VendorError: refused, or no answer.
        """
        return await reads.person(self._clients.of(account), phone)

    async def people(self, account: Account, page: int) -> PersonPage:
        """250 contacts and 250 companies. Where a copy is kept, it feeds the phone book instead.

        Raises:
            VendorError: refused, or no answer.
        """
        return await reads.people(self._clients.of(account), page)

    async def try_record(self, account: Account, text: str) -> Trial:  # noqa: ARG002  nothing is written that would carry it
        """Give a contact to the one who has it: proves the right to write and changes nothing.

        The API deletes neither cards nor notes, so nothing new is written.

        Raises:
            VendorError: refused, or no answer.
        """
        page = await self._reader.entities(account, EntityKind.CONTACTS, EntityQuery(limit=1))
        owned = [card for card in page.items if card.responsible_id is not None]
        if not owned:
            return Trial(written=False, removed=False)
        same = {"responsible_user_id": owned[0].responsible_id}
        await self._clients.of(account).patch(f"/api/v4/contacts/{owned[0].id}", same)
        return Trial(written=True, removed=True, where=owned[0].name or str(owned[0].id))

    def _mapping(self, account: Account) -> dict[str, str]:
        return {str(user): code for user, code in read_config(account.config).users.items()}


def _differences(wanted: Sequence[str], held: Hook | None) -> tuple[Difference, ...]:
    if held is None:
        return (Difference("hook", True, False),)
    missing = sorted(set(wanted) - set(held.settings))
    found = [Difference("hook_settings", name, None) for name in missing]
    return (*found, Difference("hook_enabled", True, False)) if held.disabled else tuple(found)


def _is_admin(users: Sequence[CrmUser] | None, user_id: str | None) -> bool | None:
    mine = next((user for user in users or () if str(user.id) == user_id), None)
    return None if mine is None else mine.admin


async def _unless_denied(reading: Awaitable[T]) -> T | None:
    """A fact worth having, but not worth failing for when the grant may not see it."""
    try:
        return await reading
    except AmoCrmError as error:
        if error.hint in ("amocrm_rights", "amocrm_method_unknown"):
            return None
        raise
