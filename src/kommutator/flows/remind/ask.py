"""A message that asks something went out: the next words in its chat may answer it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from kommutator.domain.assistant.talk import Question
from kommutator.domain.outreach.wanted import REMINDERS, OutreachKind
from kommutator.domain.remind.plan import start_of
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.outreach.ports import Place
from kommutator.kit.clock import Clock
from kommutator.store.questions import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kommutator.store.outreach import OutreachRow
    from kommutator.store.unit import Unit

ANSWERED_WITHIN: Final = timedelta(hours=48)
"""A rating that comes later is a message like any other."""


class OpenQuestion:
    """Implements `flows.outreach.ports.SentHearer`."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def __call__(
        self, unit: Unit, row: OutreachRow, place: Place, about: Sequence[str]
    ) -> None:
        """Asks about every visit that the message names, and about no other."""
        reminds = row.kind in REMINDERS
        if not reminds and row.kind is not OutreachKind.REVIEW:
            return
        records = [int(one.rpartition(":")[2]) for one in about]
        visits = await unit.salon_visits.some(row.enterprise, row.salon, records)
        salon = await unit.salons.get(row.enterprise, row.salon)
        now = self._clock.now()
        for visit in (kept.visit for kept in visits.values()):
            closes = now + ANSWERED_WITHIN
            if reminds:
                closes = row.not_after if salon is None else start_of(visit, salon.salon.time_zone)
            asked = Asked(
                connection_id=place.connection_id,
                chat_id=place.chat_id,
                kind="reminder" if reminds else "review",
                salon=row.salon,
                record_id=visit.id,
                phone=row.phone,
                visit_start=visit.starts_at,
                asked_at=now,
                open_until=closes,
                message=row.id,
            )
            await unit.questions.ask(row.enterprise, asked)


class ReadQuestions:
    """Implements `flows.converse.ports.OpenQuestions`."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def __call__(
        self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str
    ) -> Sequence[Question]:
        now = self._clock.now()
        return await unit.questions.open_of(enterprise, connection_id, chat_id, now)
