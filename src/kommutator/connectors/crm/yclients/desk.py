"""Set-up and people at YClients: test, telephony on and off, employees, look-ups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kommutator.connectors.crm.yclients import voip
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.manifest import CLIENTS_PAGE, LIST_SHARE, MINUTE_PACE
from kommutator.connectors.crm.yclients.permissions import WORTH_LESS
from kommutator.connectors.crm.yclients.reads import YClientsReader
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.ports import (
    Employee,
    Person,
    PersonPage,
    Probe,
    Registration,
    RegistrationReport,
)
from kommutator.domain.salon.facts import SalonClient
from kommutator.domain.salon.ports import Licence, Rights
from kommutator.kit.plain_json import as_map


class YClientsDesk:
    """Implements `domain.ports.CrmDesk`: everything that is not the delivery of commands."""

    kind = ConnectionKind.YCLIENTS

    def __init__(self, clients: YClientsClients) -> None:
        self._clients = clients
        self._reader = YClientsReader(clients)

    def allowances(self, account: Account) -> Sequence[str]:  # noqa: ARG002  all salons share them
        return [budget.key for budget in self._clients.budgets()]

    async def probe(self, account: Account) -> Probe:
        """Whether the salon opens, what our user may do there, and its licence. Changes nothing.

        Ready also where rights are missing that the rest works without.

        `details`: `salon_id`, `title`, `phones` whether clients' numbers can be seen,
        `licence_until` as an ISO date or None, `telephony` whether a key of the chain's telephony
        is kept. `missing_scopes` are slugs `salon_right.<slug>`.

        Raises:
            VendorError: the salon does not open; also where its licence is over.
        """
        salon = await self._reader.salon(account)
        rights, licence = await self._reader.rights(account), await self._reader.licence(account)
        until = licence.until
        return Probe(
            ok=licence.active and set(rights.missing) <= WORTH_LESS,
            message=_message(rights, licence),
            missing_scopes=rights.missing,
            time_zone=salon.time_zone,
            details={
                "salon_id": salon.id,
                "title": salon.title,
                "phones": rights.phones,
                "licence_until": None if until is None else until.isoformat(),
                "telephony": voip.voip_token(account) is not None,
            },
        )

    async def register(self, account: Account, registration: Registration) -> RegistrationReport:  # noqa: ARG002  nothing of it is told
        """Let the chain's telephony take our calls, where its key is kept.

        The vendor shows no setting back: it is verified by its word alone.

        Raises:
            VendorError: refused, or no answer.
        """
        return await self._switch(account, enable=True)

    async def deactivate(self, account: Account, registration: Registration) -> RegistrationReport:  # noqa: ARG002  likewise
        """The telephony off. Hooks and the application are `YClientsHooks`, `YClientsMarketplace`.

        Raises:
            VendorError: refused, or no answer.
        """
        return await self._switch(account, enable=False)

    async def read_codes(self, account: Account) -> Mapping[str, str]:
        """Our own mapping: the chain's telephony has one, but no method shows it."""
        kept = as_map(account.config.get("user_extensions"))
        return {str(user): str(code) for user, code in kept.items() if code}

    async def employees(self, account: Account) -> Sequence[Employee]:
        """The salon's staff, dismissed ones too if the vendor tells of them."""
        codes = await self.read_codes(account)
        return [
            Employee(
                id=str(one.id), name=one.name, active=not one.fired, code=codes.get(str(one.id))
            )
            for one in await self._reader.staff(account)
        ]

    async def set_status(self, account: Account, user_id: str, status: str) -> None:
        """A salon keeps no statuses of people: nothing to tell it."""

    async def person(self, account: Account, phone: str) -> Person | None:
        """Who has this number: of several cards the one that came most often.

        Raises:
            VendorError: refused, or no answer.
        """
        found = await self._reader.clients_by_phone(account, phone)
        if not found:
            return None
        return _person(max(found, key=lambda client: (client.visits, -client.id)), phone)

    async def people(self, account: Account, page: int) -> PersonPage:
        """200 clients. Where a copy of the salon is kept, it feeds the phone book instead.

        Raises:
            VendorError: refused, or no answer.
        """
        found = await self._reader.clients(account, page, background=True)
        people = [
            _person(client, client.phone)
            for client in found.items
            if client.phone is not None and not client.deleted
        ]
        pages = max(-(-found.total // CLIENTS_PAGE), page + 1) if found.more else page
        return PersonPage(people, pages, len(found.items), 1 / (MINUTE_PACE * LIST_SHARE))

    async def _switch(self, account: Account, *, enable: bool) -> RegistrationReport:
        token = voip.voip_token(account)
        if token is None:
            return RegistrationReport(verified=True, codes={})
        client = self._clients.of(account)
        try:
            reply = await voip.setup(client, token, enable=enable)
        except YClientsError as error:
            if enable or error.hint != "yclients_voip_refused":
                raise
            return RegistrationReport(verified=True, codes={})  # nothing there to switch off
        exchange = reply.exchange
        return RegistrationReport(
            verified=True, codes={}, request=exchange.request, response=exchange.response
        )


def _message(rights: Rights, licence: Licence) -> str:
    if not licence.active:
        return "yclients_licence_over"
    return "yclients_ready_partly" if rights.missing else "yclients_ready"


def _person(client: SalonClient, phone: str) -> Person:
    return Person(phone=phone, name=client.name or None, customer_id=str(client.id))
