"""Whose card a number opens: for calls, pop-ups and everything telephony (contract §1.5).

The last ten digits decide. A contact's or company's only active lead wins over the card itself;
customers (the purchases module) are not part of this twin, so their rule never applies.
"""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import LOST, WON, Account

Json = dict[str, Any]
Side = tuple[str, int]

# Legacy `element_type` of the v2 API.
ELEMENT_TYPES = {"contacts": 1, "leads": 2, "companies": 3, "customers": 12}
ENTITY_TYPES = {"contacts": "contact", "leads": "lead", "companies": "company"}


def card_of(account: Account, phone: str) -> Side | None:
    """The card to show and to hang a call on; None for a stranger."""
    people = [
        side
        for side in account.phones.find(phone, "contacts", "companies")
        if account.live(*side) is not None
    ]
    if not people:
        return None
    active = active_leads(account, people[0])
    return ("leads", active[0]) if len(active) == 1 else people[0]


def active_leads(account: Account, side: Side) -> list[int]:
    """Leads of a contact or company that are neither won, lost nor deleted."""
    found = []
    for number in account.links.ids(side, "leads"):
        lead = account.live("leads", number)
        if lead is not None and lead.get("status_id") not in (WON, LOST):
            found.append(number)
    return found
