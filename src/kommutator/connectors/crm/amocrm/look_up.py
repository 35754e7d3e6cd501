"""Whose number it is, in amoCRM: the look-ups that writing needs."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.connectors.crm.amocrm.api import region_of
from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.manifest import LOST, WON
from kommutator.connectors.crm.amocrm.queries import page_pairs
from kommutator.connectors.crm.amocrm.reads import cards_of_phone
from kommutator.connectors.crm.amocrm.schemas import as_int
from kommutator.domain.crm_data import EntityKind
from kommutator.kit.plain_json import as_map, maps_in

_LOOKED_AT = 50  # leads of one card; open ones are few


@dataclass(frozen=True, slots=True)
class Card:
    """A contact or a company. `lead_ids`: all it is tied to, open or not."""

    kind: EntityKind
    id: int
    responsible_id: int | None = None
    lead_ids: tuple[int, ...] = ()


async def card_of(client: AmoCrmClient, phone: str) -> Card | None:
    """The oldest contact with this number, else the oldest company; cards of the tray are none.

    Raises:
        AmoCrmError: nobody knows, then.
    """
    for kind in (EntityKind.CONTACTS, EntityKind.COMPANIES):
        for entity in await cards_of_phone(client, kind, phone, region_of(client.account)):
            if entity.raw.get("is_unsorted") is not True:
                leads = maps_in(as_map(entity.raw.get("_embedded")).get("leads"))
                numbers = tuple(n for lead in leads if (n := as_int(lead.get("id"))) is not None)
                return Card(kind, entity.id, entity.responsible_id, numbers)
    return None


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


async def owner_of_lead(client: AmoCrmClient, lead_id: int) -> int | None:
    """Whose a lead is; None also for one that is not there: writing to it will tell."""
    reply = await client.get(f"/api/v4/leads/{lead_id}")
    return as_int(reply.map.get("responsible_user_id")) or None
