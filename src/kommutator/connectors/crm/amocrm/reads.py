"""Look-ups that take more than one request or a second glance."""

from __future__ import annotations

from kommutator.connectors.crm.amocrm.api import region_of
from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.manifest import COMPARED, LIST_SHARE, PACE, PAGE
from kommutator.connectors.crm.amocrm.queries import page_pairs
from kommutator.connectors.crm.amocrm.schemas import read_entities, spellings, tail
from kommutator.domain.crm_data import Entity, EntityKind
from kommutator.domain.ports import Person, PersonPage
from kommutator.kit.phones import same_number

_CARDS = (EntityKind.CONTACTS, EntityKind.COMPANIES)


async def cards_of_phone(
    client: AmoCrmClient, kind: EntityKind, phone: str, region: str = "RU"
) -> list[Entity]:
    """Cards with this very number, the oldest first.

    How `query` matches is not documented (text or digits?): the last ten digits are part of
    every spelling that is stored as digits, the whole number is the second thing to ask for,
    and every find is compared number by number.

    Raises:
        AmoCrmError: refused, or no answer.
    """
    for text in dict.fromkeys((tail(phone), phone)):
        reply = await client.get(
            f"/api/v4/{kind.value}", [("query", text), ("with", "leads"), *page_pairs(1, 50)]
        )
        found = [
            entity
            for entity in read_entities(kind, reply.embedded(kind.value), region)
            if not entity.deleted and has_phone(entity, phone, region)
        ]
        if found:
            return sorted(found, key=lambda entity: entity.id)
    return []


def has_phone(entity: Entity, phone: str, region: str = "RU") -> bool:
    """By the number it means, or by its last ten digits as the vendor compares."""
    end = tail(phone)
    return any(
        same_number(phone, text, region) or (len(end) == COMPARED and tail(text) == end)
        for text in spellings(entity.raw)
    )


async def person(client: AmoCrmClient, phone: str) -> Person | None:
    """Who has this number and whose client that is: a contact first, else a company."""
    region = region_of(client.account)
    for kind in _CARDS:
        found = await cards_of_phone(client, kind, phone, region)
        if found:
            return person_of(phone, found[0], client.account.base_url)
    return None


def person_of(phone: str, card: Entity, base_url: str) -> Person:
    """AmoCRM knows no extensions: whose phone the owner has, our own mapping says."""
    owner = card.responsible_id
    return Person(
        phone=phone,
        name=card.name or None,
        customer_id=str(card.id),
        responsible_id=None if owner is None else str(owner),
        links={"customerLink": f"{base_url}/{card.kind.value}/detail/{card.id}"},
    )


async def people(client: AmoCrmClient, number: int) -> PersonPage:
    """One page of contacts and one of companies. There are no totals: one more, as long as any.

    Raises:
        AmoCrmError: refused, or no answer.
    """
    account, region = client.account, region_of(client.account)
    cards: list[Entity] = []
    more = False
    for kind in _CARDS:
        reply = await client.get(f"/api/v4/{kind.value}", page_pairs(number, PAGE))
        cards += read_entities(kind, reply.embedded(kind.value), region)
        more = more or reply.more
    found = [
        person_of(phone, card, account.base_url)
        for card in cards
        if not card.deleted
        for phone in card.phones
    ]
    pages = number + 1 if more and cards else number
    return PersonPage(found, pages, len(cards), len(_CARDS) / (PACE * LIST_SHARE))
