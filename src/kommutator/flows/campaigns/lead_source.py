"""Leads of a CRM, with the numbers of their contacts, through the CRM's reading port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kommutator.domain.campaigns.leads import LeadPage
from kommutator.domain.campaigns.numbers import Wanted
from kommutator.domain.campaigns.plan import Source
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.crm_data import Entity, EntityKind
from kommutator.domain.crm_ports import CrmReader, EntityQuery
from kommutator.kit.zones import is_zone

_PAGE = 100


class CrmLeads:
    """Implements `LeadSource`.

    The CRM filters what it can; the tag and whether a lead is closed are looked at here.
    """

    def __init__(self, kind: ConnectionKind, reader: CrmReader) -> None:
        self.kind = kind
        self._reader = reader

    async def leads(self, account: Account, source: Source, page: int) -> LeadPage:
        found = await self._reader.entities(account, EntityKind.LEADS, _query(source, page))
        leads = [lead for lead in found.items if _is_meant(lead, source)]
        contacts = await self._contacts(account, leads)
        wanted: list[Wanted] = []
        unwanted: list[str] = []
        numberless = 0
        for lead in leads:
            cards = [lead, *(contacts[one] for one in lead.contact_ids if one in contacts)]
            phones = [phone for card in cards for phone in card.phones]
            if source.dont_call_tag and any(source.dont_call_tag in tags_of(c) for c in cards):
                unwanted += phones
            elif phones:
                wanted.append(Wanted(phones[0], _name(cards), lead.id, _zone(lead, source)))
            else:
                numberless += 1
        return LeadPage(tuple(wanted), tuple(dict.fromkeys(unwanted)), numberless, found.more)

    async def _contacts(self, account: Account, leads: list[Entity]) -> dict[int, Entity]:
        ids = tuple(dict.fromkeys(one for lead in leads for one in lead.contact_ids))
        found: dict[int, Entity] = {}
        for start in range(0, len(ids), _PAGE):
            query = EntityQuery(ids=ids[start : start + _PAGE], limit=_PAGE)
            page = await self._reader.entities(account, EntityKind.CONTACTS, query)
            found |= {contact.id: contact for contact in page.items}
        return found


def _query(source: Source, page: int) -> EntityQuery:
    stages: tuple[tuple[int, int], ...] = ()
    pipelines: tuple[int, ...] = ()
    if source.pipeline_id is not None:
        stages = tuple((source.pipeline_id, stage) for stage in source.stage_ids)
        pipelines = () if stages else (source.pipeline_id,)
    return EntityQuery(
        page=page,
        limit=_PAGE,
        text=source.text or None,
        responsible_ids=source.responsible_ids,
        pipeline_ids=pipelines,
        stages=stages,
    )


def _is_meant(lead: Entity, source: Source) -> bool:
    open_ = not lead.closed and not lead.deleted
    return open_ and (not source.tag or source.tag in tags_of(lead))


def tags_of(card: Entity) -> set[str]:
    """Names of the card's tags, as amoCRM embeds them."""
    tags = (card.raw.get("_embedded") or {}).get("tags") or ()
    return {str(tag.get("name")) for tag in tags if isinstance(tag, Mapping)}


def _name(cards: list[Entity]) -> str | None:
    """The contact's, who is called; else the lead's."""
    return (cards[1] if len(cards) > 1 else cards[0]).name[:200] or None


def _zone(lead: Entity, source: Source) -> str | None:
    return next((v for v in _values(lead, source.zone_field) if is_zone(v)), None)


def _values(lead: Entity, field: int | None) -> Iterator[str]:
    filled: Any = lead.raw.get("custom_fields_values") or ()
    for one in filled if field is not None else ():
        if isinstance(one, Mapping) and one.get("field_id") == field:
            yield from (str(value.get("value")) for value in one.get("values") or ())
