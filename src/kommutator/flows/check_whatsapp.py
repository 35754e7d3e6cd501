"""Check-up of WhatsApp by QR: what the bridge needs here, how an enterprise's phones stand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from kommutator.domain.finding import Finding, failed, fine, skipped, warned
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.states import TALKS, WAITS_FOR_PERSON, SessionState
from kommutator.kit.errors import VendorError

if TYPE_CHECKING:
    from kommutator.store.database import Database

FindBridge = Callable[[], str]
"""Which Node would run the bridge on this machine. Raises VendorError: something is missing."""
_NEVER: Final = frozenset({SessionState.NEW, SessionState.QR_EXPIRED})
_LINKING: Final = frozenset(
    {SessionState.STARTING, SessionState.QR, SessionState.CODE, SessionState.PAIRING}
)


async def bridge(db: Database, find: FindBridge) -> Sequence[Finding]:
    """Node and the bridge's packages, on the machine that looks; idle where nobody has a phone."""
    async with db.single() as unit:
        phones = sum((await unit.whatsapp.count_everywhere()).values())
    try:
        node = await asyncio.to_thread(find)
    except VendorError as error:
        if not phones:
            return [skipped("whatsapp_bridge", "not_needed")]
        return [failed("whatsapp_bridge", "missing", reason=error.message, phones=phones)]
    return [fine("whatsapp_bridge", node=node, phones=phones)]


async def phones(db: Database, enterprise: EnterpriseNumber) -> Sequence[Finding]:
    """The worst of the enterprise's phones; one that was never linked is no trouble."""
    async with db.single() as unit:
        rows = list((await unit.whatsapp.of(enterprise)).values())
    known = [row for row in rows if row.state not in _NEVER | _LINKING]
    if not known:
        return [skipped("whatsapp", "not_linked" if rows else "not_connected")]
    for row in known:
        if row.state in WAITS_FOR_PERSON:
            return [failed("whatsapp", row.state.value, phone=row.phone or "—")]
    for row in known:
        if row.state is SessionState.RESTRICTED:
            until = f"{row.restricted_until:%d.%m %H:%M} UTC" if row.restricted_until else "—"
            return [warned("whatsapp", "restricted", phone=row.phone or "—", until=until)]
    away = [row for row in known if row.state not in TALKS]
    if away:
        return [warned("whatsapp", "away", phone=away[0].phone or "—", n=len(away))]
    return [fine("whatsapp", n=len(known))]
