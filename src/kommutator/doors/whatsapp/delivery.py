"""Messages → WhatsApp, over the line that this process holds open.

Unlike other messengers WhatsApp takes an id of ours: the same id again is the same message for
whoever reads it. The id is made of the outbox row, so a message whose answer was lost, or whose
sender died, is simply sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from kommutator.connectors.speaking import Speaking
from kommutator.domain.chats import LONGEST, pieces
from kommutator.domain.commands import Command, SendMessage
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Done, Exchange, Failed, Outcome, Patience
from kommutator.domain.whatsapp.jids import jid_of, phone_of
from kommutator.domain.whatsapp.ports import WhatsAppLine
from kommutator.doors.whatsapp.lines import Lines, OpenLine
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.store.whatsapp_sent import Receiver

_PATIENCE: Final = Patience(
    first=timedelta(seconds=1),
    longest=timedelta(minutes=5),
    give_up=timedelta(hours=72),
    timeout=60.0,
    repeatable=True,
)
_AT_ONCE: Final = 8  # chats of one number that are written to together
_SOON_S: Final = 2.0
_REMEMBERED: Final = 1000
_LOOK_AGAIN_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a person would be (contract messaging §5); zeros: as fast as it goes.

    Attributes:
        typing_s: shortest and longest time of typing; `per_char_s`: for each character.
        gap_s: between two messages in one chat.
    """

    typing_s: tuple[float, float] = (1.0, 4.0)
    per_char_s: float = 0.03
    gap_s: float = 1.5

    def typing(self, text: str, jitter: float) -> float:
        """Seconds; `jitter` in [0, 1)."""
        shortest, longest = self.typing_s
        wanted = len(text) * self.per_char_s * (0.75 + jitter / 2)
        return min(longest, max(shortest, wanted))


NO_PACE: Final = Pace((0.0, 0.0), 0.0, 0.0)


class WhatsAppDelivery(Speaking):
    """Implements `domain.ports.Delivery` for `SendMessage`."""

    kind = ConnectionKind.WHATSAPP

    def __init__(
        self, db: Database, lines: Lines, *, clock: Clock, ids: Ids, pace: Pace | None = None
    ) -> None:
        super().__init__(clock=clock, concurrency=_AT_ONCE, patience=_PATIENCE)
        self._db = db
        self._lines = lines
        self._ids = ids
        self._pace = pace or Pace()
        self._said_at: dict[tuple[UUID, str], float] = {}

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:  # noqa: ARG002  all
        """None: answers wait for nobody; what nobody asked for is paced before it is owed."""
        return ()

    async def _spoken(self, account: Account, message: SendMessage, row: int) -> Outcome:
        held = self._lines.of(account.connection_id)
        if held is None:
            return _later("the line is not open", _SOON_S)
        try:
            to = await self._receiver(account, held.line, message.chat_id)
            if isinstance(to, Failed):
                return to
            return await self._sent(account, held, to, row, message)
        except VendorError as error:
            return _failed(error, error.stage)

    async def _receiver(
        self, account: Account, line: WhatsAppLine, chat_id: str
    ) -> Receiver | Failed:
        """Whom it goes to; strangers are looked for first, and left alone while restricted."""
        whose = (account.enterprise, account.connection_id)
        async with self._db.single() as unit:
            to = await unit.whatsapp_sent.receiver(*whose, chat_id)
            until = await unit.whatsapp.restricted_until(*whose)
            phone = phone_of(to.jid if to else chat_id)
            if to is not None and (to.wrote or phone is None):
                return to
            known = await unit.whatsapp_sent.known(*whose, [phone]) if phone else {}
        left = (until - self._clock.now()).total_seconds() if until else 0.0
        if left > 0:
            return _later("strangers may not be written to yet", min(left, _LOOK_AGAIN_S))
        if phone is None:
            return Failed(ErrorKind.GONE, Stage.BEFORE_SENDING, "no such chat", hint="chat_gone")
        found = known.get(phone)
        if found is None:
            answers = await line.find([phone])
            async with self._db.single() as unit:
                await unit.whatsapp_sent.learn(*whose, answers)
            found = next((one for one in answers if one.phone == phone), None)
        if found is None or found.jid is None:
            words = "nobody has WhatsApp under this number"
            return Failed(ErrorKind.REJECTED, Stage.ANSWERED, words, hint="not_on_whatsapp")
        jid = found.jid or jid_of(phone)
        return replace(to, jid=jid) if to else Receiver(chat_id, jid, wrote=False, last_heard=())

    async def _sent(
        self, account: Account, held: OpenLine, to: Receiver, row: int, message: SendMessage
    ) -> Outcome:
        parts = pieces(message.text, LONGEST[self.kind])
        ids = [message_id(account.connection_id, row, n) for n in range(len(parts))]
        whose = (account.enterprise, account.connection_id)
        async with self._db.single() as unit:
            await unit.whatsapp_sent.leaving(*whose, ids, row)
        started = self._clock.monotonic()
        for part, number in zip(parts, ids, strict=True):
            await self._as_a_person(held.line, account.connection_id, to, part)
            try:
                sent = await held.line.send(to.jid, part, number)
            except VendorError as error:
                # Whatever becomes of the rest: what is said already is not said again elsewhere.
                return _failed(error, Stage.SENT if number != ids[0] else error.stage)
            self._note(account.connection_id, to.chat_id)
            await held.keys.keep_sent(sent)
        took_ms = (self._clock.monotonic() - started) * 1000
        request = {"to": to.jid, "message_id": ids[-1], "parts": len(parts)}
        return Done(Exchange(request=request, duration_ms=took_ms), vendor_id=ids[-1])

    def _note(self, connection_id: UUID, chat_id: str) -> None:
        """When we spoke there last; only of who may still be too soon for the next word."""
        now = self._clock.monotonic()
        if len(self._said_at) >= _REMEMBERED:
            fresh = now - self._pace.gap_s
            self._said_at = {key: at for key, at in self._said_at.items() if at > fresh}
        self._said_at[connection_id, chat_id] = now

    async def _as_a_person(
        self, line: WhatsAppLine, connection_id: UUID, to: Receiver, text: str
    ) -> None:
        """Read, wait a little, type. None of it is worth failing for."""
        now = self._clock.monotonic()
        earlier = self._said_at.pop((connection_id, to.chat_id), None)
        gap = 0.0 if earlier is None else earlier + self._pace.gap_s - now
        typing = self._pace.typing(text, self._ids.uniform())
        with suppress(VendorError):
            if earlier is None and to.last_heard:
                await line.read(to.jid, to.last_heard)
            if typing > 0:
                await line.typing(to.jid, on=True)
        if (wait := max(gap, typing)) > 0:
            await self._clock.sleep(wait)


def message_id(connection_id: UUID, outbox_id: int, part: int) -> str:
    """Always the same for one part of one outbox row; in the shape that WhatsApp Web has."""
    told = f"{connection_id.hex}:{outbox_id}:{part}".encode()
    return "3EB0" + hashlib.sha256(told).hexdigest()[:18].upper()


def _failed(error: VendorError, stage: Stage) -> Failed:
    return Failed(
        error.kind, stage, error.message, retry_after=error.retry_after, hint=error.hint
    )  # fmt: skip


def _later(words: str, seconds: float) -> Failed:
    """No trouble of WhatsApp's: no breaker counts it."""
    return Failed(ErrorKind.RATE_LIMITED, Stage.BEFORE_SENDING, words, retry_after=seconds)
