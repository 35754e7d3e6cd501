"""A visit came to be, moved or went: what its client is to be reminded of follows.

Everything is written in the transaction that writes the change down. What was planned for an
earlier look of the visit is taken back, as far as it has not left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from kommutator.domain.connection import Account
from kommutator.domain.outreach.wanted import OutreachKind, Wanted
from kommutator.domain.remind.plan import Planned, reminders, review, to_come
from kommutator.domain.remind.rules import Rules, read_rules
from kommutator.domain.salon.changes import VisitChange, VisitNews
from kommutator.domain.salon.facts import Attendance, Salon, Visit
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.outreach.owe import Outreach
from kommutator.flows.remind.wording import Wording
from kommutator.kit.clock import Clock

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

MOVED, CANCELLED, OVER, SWITCHED_ON = (
    "visit_moved",
    "visit_cancelled",
    "visit_over",
    "rules_changed",
)
AGAIN: Final = frozenset({MOVED, CANCELLED, OVER, SWITCHED_ON})
"""Reasons of taking back after which the same message may be wanted once more."""
_Message = tuple[Visit, Planned]


def about(record_id: int) -> str:
    return f"visit:{record_id}"


class PlanMessages:
    """Implements `flows.salon.news.HearVisits`."""

    def __init__(self, outreach: Outreach, wording: Wording, *, clock: Clock) -> None:
        self._outreach = outreach
        self._wording = wording
        self._clock = clock

    async def __call__(
        self, unit: Unit, account: Account, salon: Salon, changes: Sequence[VisitChange]
    ) -> None:
        rules = await rules_of(unit, account.enterprise, account.connection_id)
        planned: list[_Message] = []
        for change in changes:
            await self._take_back(unit, account, change)
            if rules is not None:
                planned += self._planned(account, salon, change, rules)
        await self._owe(unit, account, salon, rules, planned)

    async def plan(
        self, unit: Unit, account: Account, salon: Salon, visits: Sequence[Visit], rules: Rules
    ) -> None:
        """Owe what is ahead of these; what is owed already stays as it is."""
        planned = [one for visit in visits for one in self._ahead(account, salon, visit, rules)]
        await self._owe(unit, account, salon, rules, planned)

    async def _take_back(self, unit: Unit, account: Account, change: VisitChange) -> None:
        enterprise, record_id = account.enterprise, change.after.id
        if (reason := _taken_back(change)) is not None:
            await self._outreach.drop(unit, enterprise, about(record_id), reason)
        if change.before is not None and _answered(change):
            now = self._clock.now()
            salon = account.connection_id
            await unit.questions.close(enterprise, salon, [record_id], "reminder", now)

    def _planned(
        self, account: Account, salon: Salon, change: VisitChange, rules: Rules
    ) -> Sequence[_Message]:
        visit = change.after
        if to_come(visit):
            return self._ahead(account, salon, visit, rules)
        if VisitNews.CAME not in change.news or change.first_read:
            return ()
        asked = review(visit, rules, now=self._clock.now())
        return () if asked is None else [(visit, asked)]

    def _ahead(
        self, account: Account, salon: Salon, visit: Visit, rules: Rules
    ) -> Sequence[_Message]:
        found = reminders(
            visit, rules, salon.time_zone, salon=account.connection_id, now=self._clock.now()
        )
        return [(visit, one) for one in found]

    async def _owe(
        self,
        unit: Unit,
        account: Account,
        salon: Salon,
        rules: Rules | None,
        planned: Sequence[_Message],
    ) -> None:
        if rules is None or not planned:
            return
        words = await self._wording.of(unit, account, salon, rules)
        wanted = [
            Wanted(
                enterprise=account.enterprise,
                salon=account.connection_id,
                phone=visit.client_phone or "",
                client_name=visit.client_name or "",
                kind=one.kind,
                text=words.text(one.kind, [visit]),
                about=about(visit.id),
                once=once(account.connection_id, visit, one.kind),
                due_at=one.due_at,
                not_after=one.not_after,
                service=True,
            )
            for visit, one in planned
        ]
        await self._outreach.owe(unit, wanted, again=AGAIN)


def once(salon: UUID, visit: Visit, kind: OutreachKind) -> str:
    """A reminder is of one start; a review of the visit, whenever it was."""
    start = "" if kind is OutreachKind.REVIEW else f":{visit.starts_at:%Y-%m-%dT%H:%M}"
    return f"{kind.value}:{salon.hex}:{visit.id}{start}"


async def rules_of(unit: Unit, enterprise: EnterpriseNumber, salon: UUID) -> Rules | None:
    """What holds in this salon; None: nothing is sent."""
    found: Mapping[str, Any] = (await unit.enterprises.get(enterprise)).settings
    return read_rules(found).of(salon)


def _taken_back(change: VisitChange) -> str | None:
    """Why what was planned for it is true no more, slug; None: it is."""
    before, after = change.before, change.after
    if after.deleted:
        return CANCELLED
    if before is None or before.deleted:
        return None
    if after.attendance in (Attendance.CAME, Attendance.NO_SHOW):
        return OVER if before.attendance is not after.attendance else None
    if before.attendance is Attendance.CAME:
        return OVER  # noted by mistake: nobody is asked how it was
    moved = (before.starts_at, before.client_phone) != (after.starts_at, after.client_phone)
    return MOVED if moved else None


def _answered(change: VisitChange) -> bool:
    """Whether "are you coming?" is no question any more."""
    gone = change.after.deleted or not to_come(change.after)
    return gone or bool({VisitNews.CONFIRMED, VisitNews.MOVED} & set(change.news))
