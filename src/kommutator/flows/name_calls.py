"""Names for the calls of the last minutes that lack one, as soon as a CRM tells them."""

from __future__ import annotations

from collections.abc import Mapping

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database


async def name_calls(db: Database, enterprise: EnterpriseNumber, names: Mapping[str, str]) -> None:
    """`names` by number. One call at a time: whoever locks two may meet a decider that locks them.

    The live board hears of each.
    """
    if not names:
        return
    async with db.single() as unit:
        nameless = await unit.calls.to_name(enterprise, names)
    for call_id, phone in nameless:
        async with db.single() as unit:
            if await unit.calls.name_client(enterprise, call_id, names[phone]):
                unit.call_changed(enterprise, call_id)
