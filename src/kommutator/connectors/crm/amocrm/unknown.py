"""A call of a number that the CRM has not got: what the tenant wants of it, then the call again.

/calls drops such a call without a trace, so whoever knows a number first must give it a card.
"""

from __future__ import annotations

from kommutator.connectors.crm.amocrm.calls import (
    RULE_CODE,
    item_of,
    lead_name,
    note_of,
    unsorted_of,
)
from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.config import AmoCrmConfig, CallTo, Unknown
from kommutator.connectors.crm.amocrm.entities import Entities, id_of, may_be_repeat, nameless
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.find_calls import find_in_tray
from kommutator.connectors.crm.amocrm.look_up import Card
from kommutator.connectors.crm.amocrm.schemas import as_int
from kommutator.connectors.crm.amocrm.tasks import call_back_of
from kommutator.domain.commands import CallRecord, CreateUnsorted, Direction
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.outcome import Done, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_map, as_text, maps_in


class UnknownNumbers:
    """Every method raises `AmoCrmError`."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    async def settle(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, record: CallRecord
    ) -> Outcome:
        """A record that /calls had no card for, or that shall be a note of the contact."""
        async with self._entities.lock(client.account, record.client):
            tray = config.unsorted_on and record.direction is Direction.IN
            if tray and (row := await find_in_tray(client, record)) is not None:
                return await self._call_of_tray(client, config, due, record, row)
            wish = config.unknown.get(record.direction, Unknown.CONTACT)
            if wish is Unknown.SKIP:
                return Done(client.last_exchange, note="unknown_number_skipped")
            if wish is Unknown.TASK:
                return await self._task(client, config, due, record)
            if wish is Unknown.UNSORTED and tray:
                return await self._to_tray(client, config, due, record)
            return await self._to_card(
                client, config, due, record, with_lead=wish is Unknown.CONTACT_AND_LEAD
            )

    async def in_tray(
        self, client: AmoCrmClient, config: AmoCrmConfig, record: CallRecord
    ) -> Outcome | None:
        """What an earlier attempt has put there together with the call; None: nothing."""
        wish = config.unknown.get(record.direction)
        if not config.unsorted_on or wish is not Unknown.UNSORTED:
            return None
        row = await find_in_tray(client, record)
        if row is None or as_text(as_map(row.get("metadata")).get("service_code")) == RULE_CODE:
            return None
        return Done(client.last_exchange, as_text(row.get("uid")), note="in_tray")

    async def note_on_contact(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, record: CallRecord
    ) -> Outcome | None:
        """The setting `call_to: contact_note`; None: the number has no card yet."""
        async with self._entities.lock(client.account, record.client):
            card = await self._entities.known(client, record.client)
            if card is None:
                return None
            return await self._write_note(client, config, due, record, card)

    async def unsorted(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, command: CreateUnsorted
    ) -> Outcome:
        """A rule wants the call in the tray; its record comes by itself. No tray: a contact."""
        async with self._entities.lock(client.account, command.client):
            owner = config.owner(extension=command.extension, rang=command.rang, of_client=None)
            if not config.unsorted_on:
                made = await self._entities.contact(client, config, command.client, owner=owner)
                return Done(client.last_exchange, str(made.card.id), note="no_tray_contact")
            if may_be_repeat(due) and (row := await find_in_tray(client, command)) is not None:
                return Done(client.last_exchange, as_text(row.get("uid")), note="found_earlier")
            name = lead_name(config, command.client, command.name)
            item = unsorted_of(
                config, due, command, name=name, place=config.lead, owner=owner, with_call=False
            )
            reply = await client.post("/api/v4/leads/unsorted/sip", [item])
            return Done(reply.exchange, _uid(reply.embedded("unsorted")))

    # --- what may become of a record; under the number's lock --------------------------------

    async def _to_card(
        self,
        client: AmoCrmClient,
        config: AmoCrmConfig,
        due: Due,
        record: CallRecord,
        *,
        with_lead: bool,
    ) -> Outcome:
        owner = config.owner(extension=record.extension, rang=record.rang, of_client=None)
        card = await self._entities.known(client, record.client)
        note = None
        if card is None:
            entities = self._entities
            made = (
                await entities.contact_with_lead(
                    client, config, record.client, due, config.lead, owner=owner
                )
                if with_lead
                else await entities.new_contact(client, config, record.client, owner=owner)
            )
            card, note = made.card, "contact_created"
        return await self._call_again(client, config, due, record, card, note)

    async def _call_again(
        self,
        client: AmoCrmClient,
        config: AmoCrmConfig,
        due: Due,
        record: CallRecord,
        card: Card,
        note: str | None,
    ) -> Outcome:
        """Where the vendor's search does not know the new card yet: as a note of it."""
        if config.call_to is CallTo.CONTACT_NOTE:
            return await self._write_note(client, config, due, record, card, note)
        owner = config.owner(
            extension=record.extension, rang=record.rang, of_client=card.responsible_id
        )
        reply = await client.post("/api/v4/calls", [item_of(config, due, record, "0", owner=owner)])
        written = next(iter(reply.embedded("calls")), None)
        if written is not None:
            return Done(reply.exchange, str(written.get("id")), note=note)
        if not list(maps_in(reply.map.get("errors"))):
            raise nameless(reply)
        return await self._write_note(client, config, due, record, card, note)

    async def _write_note(
        self,
        client: AmoCrmClient,
        config: AmoCrmConfig,
        due: Due,
        record: CallRecord,
        card: Card,
        note: str | None = None,
    ) -> Outcome:
        owner = config.owner(
            extension=record.extension, rang=record.rang, of_client=card.responsible_id
        )
        path = f"/api/v4/{card.kind.value}/notes"
        try:
            reply = await client.post(path, [note_of(config, due, record, card.id, owner=owner)])
        except AmoCrmError as error:
            if error.kind in (ErrorKind.REJECTED, ErrorKind.GONE):
                self._entities.forget(client.account, record.client)
            raise
        return Done(reply.exchange, str(id_of(reply, "notes")), note=note)

    async def _to_tray(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, record: CallRecord
    ) -> Outcome:
        """The tray's card holds the call itself: nothing is to be sent again."""
        owner = config.owner(extension=record.extension, rang=record.rang, of_client=None)
        name = lead_name(config, record.client)
        item = unsorted_of(
            config, due, record, name=name, place=config.lead, owner=owner, with_call=True
        )
        try:
            reply = await client.post("/api/v4/leads/unsorted/sip", [item])
        except AmoCrmError as error:
            if error.kind is not ErrorKind.REJECTED:
                raise
            return await self._to_card(client, config, due, record, with_lead=False)
        return Done(reply.exchange, _uid(reply.embedded("unsorted")), note="in_tray")

    async def _call_of_tray(
        self,
        client: AmoCrmClient,
        config: AmoCrmConfig,
        due: Due,
        record: CallRecord,
        row: dict[str, object],
    ) -> Outcome:
        """A card of the tray that a rule has made gets the call as a note of its contact."""
        uid = as_text(row.get("uid"))
        contacts = maps_in(as_map(row.get("_embedded")).get("contacts"))
        contact = next((as_int(item.get("id")) for item in contacts), None)
        if as_text(as_map(row.get("metadata")).get("service_code")) != RULE_CODE or not contact:
            return Done(client.last_exchange, uid, note="in_tray")
        card = Card(EntityKind.CONTACTS, contact)
        try:
            return await self._write_note(client, config, due, record, card, "in_tray")
        except AmoCrmError as error:
            if error.kind not in (ErrorKind.REJECTED, ErrorKind.GONE):
                raise
        return Done(client.last_exchange, uid, note="in_tray")  # the tray tells of the call anyway

    async def _task(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, record: CallRecord
    ) -> Outcome:
        task = call_back_of(config, due, record)
        outcome = await self._entities.once(client, due, "/api/v4/tasks", "tasks", task)
        if isinstance(outcome, Done) and outcome.note is None:
            return Done(outcome.exchange, outcome.vendor_id, note="task_instead_of_call")
        return outcome


def _uid(rows: list[dict[str, object]]) -> str | None:
    return next((as_text(row.get("uid")) for row in rows), None)
