"""Whose number it is, in amoCRM: the look-ups that writing needs."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.connectors.crm.amocrm.calls import tail
from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.manifest import LOST, WON
from kommutator.connectors.crm.amocrm.queries import page_pairs
from kommutator.connectors.crm.amocrm.schemas import as_int, spellings
from kommutator.domain.crm_data import EntityKind
from kommutator.kit.plain_json import as_map, maps_in

_LOOKED_AT = 50  # cards of one answer; a number belongs to one or two


@dataclass(frozen=True, slots=True)
class Card:
    """A contact or a company. `lead_ids`: all it is tied to, open or not."""

    kind: EntityKind
    id: int
    responsible_id: int | None = None
    lead_ids: tuple[int, ...] = ()


async def card_of(client: AmoCrmClient, phone: str) -> Card | None:
    """The oldest contact with this number, else the oldest company.

    How the vendor's search takes spellings is not documented: the last ten digits are asked for,
    of contacts the whole number too, and every find is compared digit by digit.

    Raises:
        AmoCrmError: nobody knows, then.
    """
    short = tail(phone)
    for kind, text in (
        (EntityKind.CONTACTS, short),
        (EntityKind.CONTACTS, phone),
        (EntityKind.COMPANIES, short),
    ):
        if (found := await _search(client, kind, text, short)) is not None:
            return found
    return None


async def _search(client: AmoCrmClient, kind: EntityKind, text: str, short: str) -> Card | None:
    pairs = [("query", text), ("with", "leads"), *page_pairs(1, _LOOKED_AT)]
    reply = await client.get(f"/api/v4/{kind.value}", pairs)
    found = []
    for row in reply.embedded(kind.value):
        card_id = as_int(row.get("id"))
        if card_id is None or row.get("is_deleted") is True or row.get("is_unsorted") is True:
            continue
        if any(tail(number) == short for number in spellings(row)):
            leads = maps_in(as_map(row.get("_embedded")).get("leads"))
            numbers = (as_int(lead.get("id")) for lead in leads)
            owner = as_int(row.get("responsible_user_id")) or None
            found.append(Card(kind, card_id, owner, tuple(n for n in numbers if n is not None)))
    return min(found, key=lambda card: card.id, default=None)


async def open_lead(client: AmoCrmClient, card: Card) -> int | None:
    """The card's only open lead; with several the vendor itself does not choose either [D]."""
    if not card.lead_ids:
        return None
    wanted = [("filter[id][]", str(lead)) for lead in card.lead_ids[:_LOOKED_AT]]
    reply = await client.get("/api/v4/leads", [*wanted, *page_pairs(1)])
    still = [
        lead
        for row in reply.embedded("leads")
        if (lead := as_int(row.get("id"))) in card.lead_ids
        and as_int(row.get("status_id")) not in (WON, LOST)
        and row.get("is_deleted") is not True
    ]
    return still[0] if len(still) == 1 else None
