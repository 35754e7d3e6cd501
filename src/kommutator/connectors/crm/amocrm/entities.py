"""Contacts, leads, tasks, notes: written at most once although there is no idempotency key.

Before any write that might be a repeat we look for its effect:

* contact: by phone, always, because another person or call may have created it meanwhile; one
  that we have just made is remembered, for the vendor's search comes to know it later;
* lead, task, note: they carry a `created_at` of ours, the moment when the command was owed, and
  are known again by it, by their other fields and by their card. A stranger's lead is created
  together with the contact in one request: there is no half of it to be lost;
* a stage: setting it twice is setting it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from weakref import WeakValueDictionary

from kommutator.connectors.crm.amocrm.calls import (
    contact_of,
    lead_name,
    tags_of,
    unix,
)
from kommutator.connectors.crm.amocrm.client import AmoCrmClient, Reply
from kommutator.connectors.crm.amocrm.config import AmoCrmConfig, LeadPlace
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.find_again import find_again, is_same
from kommutator.connectors.crm.amocrm.look_up import Card, card_of
from kommutator.connectors.crm.amocrm.queries import page_pairs
from kommutator.connectors.crm.amocrm.schemas import as_int, tail
from kommutator.connectors.crm.amocrm.tasks import task_of
from kommutator.domain.commands import AddNote, CreateCustomer, CreateOrder, CreateTask, MoveLead
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.outcome import Done, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_map, maps_in

_FRESH_S: Final = 600.0  # for as long the vendor's search may not know what was created
_MOST_FRESH: Final = 2000
_SEARCH_PAGES: Final = 3
_CHANGED_BY_PEOPLE: Final = frozenset({"responsible_user_id", "complete_till", "created_by"})
"""Of tasks, at once; they are known again without."""


@dataclass(frozen=True, slots=True)
class Made:
    """`known`: it was there before."""

    card: Card
    known: bool
    lead_id: int | None = None


class Entities:
    """Serialises look-then-write per number, so that two calls of one make one contact.

    One lane owner per connection makes a lock in memory enough.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._locks: WeakValueDictionary[tuple[object, str], asyncio.Lock] = WeakValueDictionary()
        self._fresh: dict[tuple[object, str], tuple[float, Card]] = {}

    def lock(self, account: Account, phone: str) -> asyncio.Lock:
        return self._locks.setdefault((account.connection_id, tail(phone)), asyncio.Lock())

    # --- what commands ask for -------------------------------------------------------------

    async def customer(
        self, client: AmoCrmClient, config: AmoCrmConfig, command: CreateCustomer
    ) -> Outcome:
        async with self.lock(client.account, command.client):
            made = await self.contact(
                client,
                config,
                command.client,
                name=command.name if command.name != command.client else "",
                owner=config.owner(extension=command.extension, rang=command.rang, of_client=None),
            )
        note = "customer_known" if made.known else None
        return Done(client.last_exchange, str(made.card.id), note=note)

    async def order(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, command: CreateOrder
    ) -> Outcome:
        place = config.place_of(command.method)
        async with self.lock(client.account, command.client):
            card = await self.known(client, command.client)
            owner = config.owner(
                extension=command.extension,
                rang=command.rang,
                of_client=None if card is None else card.responsible_id,
            )
            if card is None:
                made = await self.contact_with_lead(
                    client, config, command.client, due, place, owner=owner
                )
                return Done(client.last_exchange, str(made.lead_id))
            lead = lead_of(config, command.client, due, place, owner=owner) | _tied_to(card, place)
            if may_be_repeat(due) and (found := await _find_lead(client, lead, card)):
                return Done(client.last_exchange, str(found), note="found_earlier")
            reply = await client.post("/api/v4/leads", [lead])
            made_id = id_of(reply, "leads")
            if self._remembered(client.account, command.client) is not None:
                card = replace(card, lead_ids=(*card.lead_ids, made_id))
                self._remember(client.account, command.client, card)
            return Done(reply.exchange, str(made_id))

    async def task(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, command: CreateTask
    ) -> Outcome:
        async with self.lock(client.account, command.client):
            card = None if command.lead_id else await self.known(client, command.client)
            task = await task_of(client, config, due, command, card)
            return await self.once(client, due, "/api/v4/tasks", "tasks", task)

    async def note(self, client: AmoCrmClient, due: Due, command: AddNote) -> Outcome:
        note = {
            "entity_id": command.entity_id,
            "note_type": "common",
            "params": {"text": command.text},
            "created_at": unix(due.created_at),
        }
        path = f"/api/v4/{command.entity}/notes"
        return await self.once(client, due, path, "notes", note)

    async def move(self, client: AmoCrmClient, command: MoveLead) -> Outcome:
        stage = {"pipeline_id": command.pipeline_id, "status_id": command.status_id}
        reply = await client.patch(f"/api/v4/leads/{command.lead_id}", stage)
        return Done(reply.exchange, str(command.lead_id))

    # --- what others build on; under the number's lock ---------------------------------------

    async def known(self, client: AmoCrmClient, phone: str) -> Card | None:
        """Whose card has this number: a contact's, else a company's."""
        if fresh := self._remembered(client.account, phone):
            return fresh
        return await card_of(client, phone)

    async def contact(
        self,
        client: AmoCrmClient,
        config: AmoCrmConfig,
        phone: str,
        *,
        name: str = "",
        owner: int | None = None,
    ) -> Made:
        """The card of a number, created if nobody has it."""
        if card := await self.known(client, phone):
            return Made(card, known=True)
        return await self.new_contact(client, config, phone, name=name, owner=owner)

    async def new_contact(
        self,
        client: AmoCrmClient,
        config: AmoCrmConfig,
        phone: str,
        *,
        name: str = "",
        owner: int | None = None,
    ) -> Made:
        """For a number of which one has just learnt that it is nobody's."""
        item = contact_of(config, phone, name=name, owner=owner)
        reply = await client.post("/api/v4/contacts", [item])
        card = Card(EntityKind.CONTACTS, id_of(reply, "contacts"), owner)
        self._remember(client.account, phone, card)
        return Made(card, known=False)

    async def contact_with_lead(
        self,
        client: AmoCrmClient,
        config: AmoCrmConfig,
        phone: str,
        due: Due,
        place: LeadPlace,
        *,
        owner: int | None,
    ) -> Made:
        """A stranger's contact and lead in one request: both are there, or neither."""
        lead = lead_of(config, phone, due, place, owner=owner)
        embedded = {"contacts": [contact_of(config, phone, owner=owner)]}
        embedded |= tags_of(place).get("_embedded", {})
        reply = await client.post("/api/v4/leads/complex", [{**lead, "_embedded": embedded}])
        row = next(maps_in(reply.body), {})
        lead_id, contact_id = as_int(row.get("id")), as_int(row.get("contact_id"))
        if lead_id is None or contact_id is None:
            raise nameless(reply)
        card = Card(EntityKind.CONTACTS, contact_id, owner, (lead_id,))
        self._remember(client.account, phone, card)
        return Made(card, known=False, lead_id=lead_id)

    async def once(
        self, client: AmoCrmClient, due: Due, path: str, name: str, item: Mapping[str, Any]
    ) -> Outcome:
        """Create one thing; one that an earlier attempt has made is found and left as it is."""
        known = {key: value for key, value in item.items() if key not in _CHANGED_BY_PEOPLE}
        if may_be_repeat(due) and (found := (await find_again(client, path, name, [known])).get(0)):
            return Done(client.last_exchange, str(found), note="found_earlier")
        reply = await client.post(path, [item])
        return Done(reply.exchange, str(id_of(reply, name)))

    def forget(self, account: Account, phone: str) -> None:
        """What was made for this number has vanished since."""
        self._fresh.pop((account.connection_id, tail(phone)), None)

    def _remember(self, account: Account, phone: str, card: Card) -> None:
        if len(self._fresh) >= _MOST_FRESH:
            del self._fresh[next(iter(self._fresh))]
        key = (account.connection_id, tail(phone))
        self._fresh[key] = (self._clock.monotonic() + _FRESH_S, card)

    def _remembered(self, account: Account, phone: str) -> Card | None:
        until, card = self._fresh.get((account.connection_id, tail(phone)), (0.0, None))
        return card if until > self._clock.monotonic() else None


def may_be_repeat(due: Due) -> bool:
    return due.unsure or due.attempt > 1


def lead_of(
    config: AmoCrmConfig, phone: str, due: Due, place: LeadPlace, *, owner: int | None
) -> dict[str, Any]:
    """A new lead without what it is tied to."""
    lead: dict[str, Any] = {"name": lead_name(config, phone), "created_at": unix(due.created_at)}
    given = {
        "pipeline_id": place.pipeline_id,
        "status_id": place.status_id,
        "responsible_user_id": owner,
    }
    return lead | {key: value for key, value in given.items() if value is not None}


def id_of(reply: Reply, name: str) -> int:
    """Of the one thing that was created.

    Raises:
        AmoCrmError: UNSURE: the vendor says that it did it and does not say what.
    """
    made = next((as_int(row.get("id")) for row in reply.embedded(name)), None)
    if made is None:
        raise nameless(reply)
    return made


def nameless(reply: Reply) -> AmoCrmError:
    return AmoCrmError(
        ErrorKind.UNSURE,
        "created, but the answer has no id",
        status=reply.status,
        exchange=reply.exchange,
    )


def _tied_to(card: Card, place: LeadPlace) -> dict[str, Any]:
    tied: dict[str, Any] = dict(tags_of(place).get("_embedded", {}))
    if card.kind is EntityKind.CONTACTS:
        tied["contacts"] = [{"id": card.id, "is_main": True}]
    else:
        tied["companies"] = [{"id": card.id}]
    return {"_embedded": tied}


async def _find_lead(client: AmoCrmClient, lead: Mapping[str, Any], card: Card) -> int | None:
    """Somebody may have moved or given it away meanwhile; its name and its time stay."""
    known = {key: lead[key] for key in ("name", "created_at")}
    at = str(lead["created_at"])
    pairs = [("with", "contacts"), ("order[id]", "desc")]
    pairs += [("filter[created_at][from]", at), ("filter[created_at][to]", at)]
    for number in range(1, _SEARCH_PAGES + 1):
        reply = await client.get("/api/v4/leads", [*pairs, *page_pairs(number)])
        for row in reply.embedded("leads"):
            tied = maps_in(as_map(row.get("_embedded")).get(card.kind.value))
            if is_same(known, row) and card.id in {as_int(other.get("id")) for other in tied}:
                return as_int(row.get("id"))
        if not reply.more:
            break
    return None
