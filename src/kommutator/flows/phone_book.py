"""Who a number belongs to, for calls: from our own table, whatever the CRM does.

Asking never waits: what nobody knows yet, or knew long ago, is wanted, in the same transaction,
and a worker asks the CRM aside (`flows.ask_crm`). So a call goes its way while the CRM is slow or
down, and every process sees what any of them learnt.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import Clock
from kommutator.store.phone_book import BookEntry, fits
from kommutator.store.unit import Unit

FRESH = timedelta(hours=12)
"""A client may change hands during the day; older knowledge is asked for anew at their call."""

FRESH_STRANGER = timedelta(minutes=10)
"""Clients are made all day, often because they have just called."""

_ASKED_JUST_NOW = timedelta(seconds=10)


class PhoneBook:
    """The book as a call's story needs it. `kinds` are the CRMs that can be asked."""

    def __init__(self, kinds: Collection[ConnectionKind], *, clock: Clock) -> None:
        self._kinds = frozenset(kinds)
        self._clock = clock

    async def knows(self, unit: Unit, account: Account, phone: str) -> bool | None:
        """Whether this CRM has the client; None while nobody has looked, or looked lately.

        Who was a client stays one for as long as the CRM is silent; a stranger may be one by now.
        """
        if not fits(phone):
            return None
        if account.kind in SALONS:
            return await unit.salon_book.knows(account.enterprise, account.connection_id, phone)
        entry = await unit.phone_book.get(account.enterprise, phone)
        if entry is None or not _told_by(account, entry):
            return None
        return None if entry.known is False and self._is_old(entry) else entry.known

    async def attend(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        call: Call,
        before: Call | None,
        crms: Sequence[Account],
    ) -> None:
        """Have the client looked up, show the name with the call, learn who talked.

        Args:
            call: as it is now, already saved.
            before: the same call as it was; None: it is new.
            crms: the tenant's connections that hear of calls.
        """
        phone = call.client
        if phone is None or not fits(phone) or call.direction == "internal":
            return
        if _appears(call, before):
            await self._recognise(unit, enterprise, call.id, phone, crms)
        if call.answered_by and (before is None or _spoke(before) != _spoke(call)):
            extension, at = _spoke(call)
            await unit.phone_book.talked(enterprise, phone, extension, at)

    async def _recognise(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        call_id: str,
        phone: str,
        crms: Sequence[Account],
    ) -> None:
        entry = await unit.phone_book.get(enterprise, phone)
        if any(self._should_ask(crm, entry) for crm in crms):
            await unit.phone_book.want(enterprise, phone)
        name = entry.name if entry is not None else None
        if not name:  # a salon may know them, beside a CRM that does not
            cards = await unit.salon_clients.by_phone(enterprise, phone)
            name = next((card.name for _, card in cards if card.name), None)
        if name and await unit.calls.name_client(enterprise, call_id, name):
            unit.call_changed(enterprise, call_id)

    def _should_ask(self, crm: Account, entry: BookEntry | None) -> bool:
        if crm.kind not in self._kinds:
            return False
        if entry is None:
            return True
        if entry.wanted_at and self._clock.now() - entry.wanted_at < _ASKED_JUST_NOW:
            return False
        return not _told_by(crm, entry) or self._is_old(entry)

    def _is_old(self, entry: BookEntry) -> bool:
        if entry.crm_at is None:
            return True
        return self._clock.now() - entry.crm_at > (FRESH if entry.known else FRESH_STRANGER)


def _appears(call: Call, before: Call | None) -> bool:
    """Whether the client is new in this call.

    Of a click only when a phone rings: the click itself is waited for, and needs no name.
    """
    if call.requested_by and call.phase is Phase.RINGING:
        return bool(call.rang) and not (before and before.rang)
    was_click = before is not None and before.requested_by and not before.rang
    return before is None or before.client != call.client or bool(was_click)


def _told_by(account: Account, entry: BookEntry) -> bool:
    """Another account's clients and users are not this one's, though the number is the same."""
    return entry.connection_id == account.connection_id


def _spoke(call: Call) -> tuple[str, datetime]:
    """Who talked last, and when that was."""
    talker = call.answered_by[-1] if call.answered_by else ""
    return talker, call.ended_at or call.answered_at or call.started_at
