"""Telling the salon's people that a client waits for one of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from kommutator.domain.assistant.talk import HandOver
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.notices.wishes import Wishes, read_wishes
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.notices.hear import set_alarm, why_not
from kommutator.kit.clock import Clock
from kommutator.kit.texts import Texts
from kommutator.store.notice_receivers import ReceiverRow
from kommutator.store.notices import NewNotice

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

NEWS: Final = "handover"
INBOX: Final = "/console/inbox"
_WORTH: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Handed:
    """What is told. `once` tells this hand-over from all others; `client`: name, phone or chat."""

    conversation_id: int
    once: str
    reason: HandOver
    client: str
    summary: str


class TellStaff:
    """By the same receivers that hear of visits, unless they do not want hand-overs."""

    def __init__(self, texts: Texts, *, clock: Clock, public_url: str) -> None:
        self._texts = texts
        self._clock = clock
        self._public_url = public_url

    async def __call__(self, unit: Unit, salon: Account, zone: str, handed: Handed) -> None:
        """In the transaction that hands the talk over; `zone`: the salon's."""
        told = [
            (receiver, wishes)
            for receiver in await unit.notice_receivers.listening(salon.enterprise)
            if (wishes := read_wishes(receiver.wishes)).handovers
            and (not wishes.salons or salon.account_key in {str(one) for one in wishes.salons})
        ]
        for receiver, wishes in told:
            await self._tell(unit, salon, zone, handed, receiver, wishes)

    async def _tell(
        self,
        unit: Unit,
        salon: Account,
        zone: str,
        handed: Handed,
        receiver: ReceiverRow,
        wishes: Wishes,
    ) -> None:
        now = self._clock.now()
        quiet_until = wishes.quiet_until(now, zone)
        reason, state = why_not(receiver), "owed"
        if reason is not None:
            state = "skipped"
        elif quiet_until is not None:
            state, reason = "held", "quiet_hours"
        notice = NewNotice(
            receiver=receiver.id,
            salon=salon.connection_id,
            record_id=0,
            fingerprint=hashlib.sha256(f"{NEWS}:{handed.once}".encode()).digest(),
            news=NEWS,
            text=self._text(wishes.language, handed),
            state=state,
            reason=reason,
            due_at=quiet_until if state == "held" else None,
        )
        made = await unit.notices.add(salon.enterprise, [notice])
        for notice_id in made.values():
            if state == "owed":
                await self._owe(unit, salon, receiver, notice.text, notice_id)
            elif state == "held" and quiet_until is not None:
                await set_alarm(unit, salon.enterprise, receiver.id, quiet_until)

    async def _owe(
        self, unit: Unit, salon: Account, receiver: ReceiverRow, text: str, notice_id: int
    ) -> None:
        saying = Saying(
            receiver.connection_id,
            ConnectionKind(receiver.kind),
            receiver.chat_id or "",
            text,
            once=f"notice:{notice_id}",
            about=NEWS,
            not_after=self._clock.now() + _WORTH,
        )
        (row,) = await speak(unit, salon.enterprise, [saying])
        await unit.notices.owed(salon.enterprise, [(notice_id, row)])

    def _text(self, language: str, handed: Handed) -> str:
        lines = [
            self._texts.translate(language, "handover.notice", client=handed.client),
            self._texts.translate(language, f"handover.{handed.reason.value}"),
            handed.summary,
            f"{self._public_url}{INBOX}/{handed.conversation_id}",
        ]
        return "\n".join(line for line in lines if line)
