"""What begins when a phone is linked: the assistant answers, the salon's connection is finished.

In the transaction that says that the session is open: it happens once, or not at all and then
again. Implements `flows.whatsapp.follow.HearSession`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.assistant.settings import KEY, read_settings
from kommutator.domain.connection import Account
from kommutator.domain.whatsapp.states import SessionState
from kommutator.flows.whatsapp.of_salon import salon_of

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

_WHO = "whatsapp"


async def begin_talking(unit: Unit, account: Account, state: SessionState, *, first: bool) -> None:
    """Nothing, unless a phone was just linked that speaks for a salon.

    Where somebody chose already whether the assistant answers in this salon, so it stays.
    """
    if not first:
        return
    enterprise = account.enterprise
    record = await unit.connections.get(enterprise, account.connection_id)
    salon = salon_of(record, await unit.connections.list(enterprise))
    began = False
    if salon is not None:
        began = await _switch_on(unit, account, salon)
        await unit.salon_messengers.connect_now(enterprise, salon)
    await unit.audit.add(
        enterprise,
        actor=_WHO,
        action="whatsapp.linked",
        target=str(account.connection_id),
        detail={"state": state.value, "assistant": began},
    )


async def _switch_on(unit: Unit, account: Account, salon: UUID) -> bool:
    stored = (await unit.enterprises.lock(account.enterprise)).settings
    salons = read_settings(stored).salons
    if str(salon) in salons:
        return False
    chosen = {**(stored.get(KEY) or {}), "salons": {**salons, str(salon): True}}
    await unit.enterprises.update(account.enterprise, settings={KEY: chosen})
    return True
