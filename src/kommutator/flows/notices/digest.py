"""Quiet hours are over: what was held back goes out in as few messages as possible."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from kommutator.domain.chats import LONGEST
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.notices.digest import Bundle, Held, bundled
from kommutator.domain.notices.wishes import read_wishes
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.notices.hear import DIGEST, why_not
from kommutator.kit.errors import NotFound
from kommutator.kit.plain_json import as_map, as_text, read_json
from kommutator.kit.texts import Texts
from kommutator.store.notice_receivers import ReceiverRow
from kommutator.store.timers import SOURCE as TIMER

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


class Decide(Protocol):
    """Gives a journal row its effect."""

    def __call__(self, unit: Unit, row: JournalRow) -> Awaitable[Verdict]: ...


class EndQuiet:
    """Decides upon alarms that `TellOfVisits` set; every other row goes on to `follow`."""

    def __init__(self, texts: Texts, follow: Decide) -> None:
        self._texts = texts
        self._follow = follow

    async def decide(self, unit: Unit, row: JournalRow) -> Verdict:
        """Give the row its effect, inside the caller's transaction."""
        if row.source != TIMER or row.kind != DIGEST:
            return await self._follow(unit, row)
        try:
            receiver = await unit.notice_receivers.get(row.enterprise, _receiver_of(row), lock=True)
        except NotFound:
            return Ignored("receiver_removed")
        told = 0
        while held := await unit.notices.held(row.enterprise, receiver.id):
            told += len(held)
            await self._tell(unit, row, receiver, held)
        return Decided() if told else Ignored("nothing_was_held")

    async def _tell(
        self, unit: Unit, row: JournalRow, receiver: ReceiverRow, held: Sequence[Held]
    ) -> None:
        reason = why_not(receiver) or (None if receiver.active else "receiver_off")
        if reason is not None:
            await unit.notices.skip(row.enterprise, [one.id for one in held], reason)
            return
        kind = ConnectionKind(receiver.kind)
        head = self._texts.translate(read_wishes(receiver.wishes).language, "notice.digest.head")
        bundles = bundled(held, head, LONGEST[kind])
        rows = await speak(
            unit,
            row.enterprise,
            [_saying(receiver, kind, bundle) for bundle in bundles],
            journal_id=row.id,
        )
        await unit.notices.owed(row.enterprise, _pairs(bundles, rows))


def _saying(receiver: ReceiverRow, kind: ConnectionKind, bundle: Bundle) -> Saying:
    return Saying(
        receiver.connection_id,
        kind,
        receiver.chat_id or "",
        bundle.text,
        once=f"digest:{bundle.ids[0]}",
        about="digest",
    )


def _pairs(bundles: Sequence[Bundle], rows: Sequence[int]) -> list[tuple[int, int]]:
    return [
        (notice, row) for bundle, row in zip(bundles, rows, strict=True) for notice in bundle.ids
    ]


def _receiver_of(row: JournalRow) -> UUID:
    return UUID(as_text(as_map(read_json(row.body)).get("receiver")) or "")
