"""Just before a message about a visit goes out: is it still true, and in these words?

The visit is read anew at the booking system. If that is away, our copy counts while it is fresh.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.plan import FRESH, start_of, to_come
from kommutator.domain.remind.rules import Rules
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.flows.outreach.ports import Drop, Later, Send, Verdict
from kommutator.flows.remind.plan import CANCELLED, MOVED, OVER, SWITCHED_ON, once, rules_of
from kommutator.flows.remind.wording import Wording
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.clock import Clock
from kommutator.kit.errors import NotFound, UserError, VendorError

if TYPE_CHECKING:
    from kommutator.store.outreach import OutreachRow
    from kommutator.store.salons import KeptSalon
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
TOGETHER, LATELY, JUST_BOOKED = "told_together", "asked_lately", "just_booked"
_COPY_COUNTS: Final = timedelta(hours=1)
_ASK_AGAIN: Final = timedelta(minutes=5)
_ONE_VISIT: Final = timedelta(hours=3)
"""Visits of one client that are nearer to each other than that are reminded of together."""


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...


class StillTrue:
    """Implements `flows.outreach.ports.Recheck` for reminders and reviews."""

    def __init__(
        self, accounts: Accounts, shelf: SalonShelf, wording: Wording, *, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._shelf = shelf
        self._wording = wording
        self._clock = clock

    async def __call__(self, unit: Unit, row: OutreachRow) -> Verdict:
        try:
            account = await self._accounts.account(row.salon)
        except NotFound:
            return Drop("salon_gone")
        rules = await rules_of(unit, row.enterprise, row.salon)
        salon = await unit.salons.get(row.enterprise, row.salon)
        if rules is None or salon is None or not rules.wants(row.kind):
            return Drop(SWITCHED_ON)
        visit = await self._now(unit, account, int(row.about.rpartition(":")[2]))
        if isinstance(visit, Later):
            return visit
        if visit is None or visit.deleted:
            return Drop(CANCELLED)
        if row.kind is OutreachKind.REVIEW:
            return await self._review(unit, row, visit, rules)
        return await self._reminder(unit, row, account, salon, visit, rules)

    async def _review(self, unit: Unit, row: OutreachRow, visit: Visit, rules: Rules) -> Verdict:
        if visit.attendance is not Attendance.CAME:
            return Drop(OVER)
        since = self._clock.now() - timedelta(days=rules.review.every_days)
        if await unit.questions.reviewed_since(row.enterprise, row.phone, since):
            return Drop(LATELY)
        return Send()

    async def _reminder(
        self,
        unit: Unit,
        row: OutreachRow,
        account: Account,
        salon: KeptSalon,
        visit: Visit,
        rules: Rules,
    ) -> Verdict:
        now = self._clock.now()
        zone_name = salon.salon.time_zone
        if not to_come(visit) or start_of(visit, zone_name) <= now:
            return Drop(OVER)
        if row.once != once(account.connection_id, visit, row.kind):
            return Drop(MOVED)
        if visit.created_at is not None and now - visit.created_at < FRESH:
            return Drop(JUST_BOOKED)
        day = await self._that_day(unit, account, visit)
        if row.kind is OutreachKind.REMINDER_DAY:
            if day[0].id != visit.id:
                return Drop(TOGETHER)
        else:
            day = [one for one in day if abs(one.starts_at - visit.starts_at) < _ONE_VISIT]
            if day[0].id != visit.id:
                return Drop(TOGETHER)
        words = await self._wording.of(unit, account, salon.salon, rules)
        return Send(words.text(row.kind, day))

    async def _that_day(self, unit: Unit, account: Account, visit: Visit) -> list[Visit]:
        """All visits of this client on that day that are still to come, in order of time."""
        assert visit.client_phone is not None
        mine = await unit.salon_visits.of_phone(
            account.enterprise, account.connection_id, visit.client_phone, limit=50
        )
        now = await self._shelf.now(account)
        found = {
            one.id: one
            for one in [*mine, visit]
            if one.starts_at.date() == visit.starts_at.date()
            and to_come(one)
            and one.starts_at > now
        }
        return sorted(found.values(), key=lambda one: (one.starts_at, one.id)) or [visit]

    async def _now(self, unit: Unit, account: Account, record_id: int) -> Visit | Later | None:
        try:
            return await self._shelf.reread(account, record_id)
        except (VendorError, UserError) as error:
            _log.info("reminder_not_reread", reason=type(error).__name__)
        kept = await unit.salon_visits.some(account.enterprise, account.connection_id, [record_id])
        now = self._clock.now()
        if record_id in kept and now - kept[record_id].read_at < _COPY_COUNTS:
            return kept[record_id].visit
        return Later(now + _ASK_AGAIN)
