"""The client's card on the screens of whoever rings: `POST /api/v2/events`."""

from __future__ import annotations

from kommutator.connectors.crm.amocrm.calls import popup_of
from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.config import AmoCrmConfig
from kommutator.domain.commands import Direction, RingPopup
from kommutator.domain.outcome import Done, Outcome
from kommutator.domain.ports import Due


async def show(client: AmoCrmClient, config: AmoCrmConfig, due: Due, popup: RingPopup) -> Outcome:
    """Show it once: the vendor cannot tell a repeat, and two pop-ups of one call confuse people.

    Raises:
        AmoCrmError: not shown, or nobody knows.
    """
    if popup.direction is Direction.INTERNAL:
        return Done(note="internal_not_shown")
    users = config.users_at(popup.extensions)
    if not users and not config.popup_everybody:
        return Done(note="nobody_to_show")
    if due.unsure:
        return Done(note="popup_not_repeated")
    reply = await client.post("/api/v2/events", popup_of(popup.client, users))
    shown = next(iter(reply.embedded("items")), {})
    return Done(reply.exchange, vendor_id=str(shown.get("uid") or "") or None)
