"""Just before a message about a visit goes out: is it still true, and in these words?

The visit is read anew at the booking system. If that is away, our copy counts while it is fresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.plan import FRESH, moment_of, start_of, to_come
from kommutator.domain.remind.rules import Rules
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.flows.outreach.look import leaves_until
from kommutator.flows.outreach.ports import Drop, Later, Send, Verdict
from kommutator.flows.remind.plan import (
    CANCELLED,
    MOVED,
    OVER,
    SWITCHED_ON,
    about,
    once,
    rules_of,
)
from kommutator.flows.remind.together import TellTogether
from kommutator.flows.remind.wording import Wording
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.clock import Clock
from kommutator.kit.errors import NotFound, UserError, VendorError

if TYPE_CHECKING:
    from kommutator.store.outreach import OutreachRow
    from kommutator.store.salons import KeptSalon
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
LATELY, JUST_BOOKED, IN_TALK = "asked_lately", "just_booked", "in_talk"
_COPY_COUNTS: Final = timedelta(hours=1)
_ASK_AGAIN: Final = timedelta(minutes=5)
_TALKS: Final = timedelta(minutes=10)
"""Whoever wrote so lately, and is asked something, would take a reminder for the next question."""
_LOOK_AGAIN: Final = timedelta(minutes=2)
_WAITS_FOR_A_TALK: Final = timedelta(minutes=30)
_BEFORE_QUIET: Final = timedelta(minutes=15)


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
        self._together = TellTogether(shelf, clock=clock)
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
        visit = await self._seen(unit, row, account, salon, rules)
        if isinstance(visit, Drop | Later):
            return visit
        if row.kind is OutreachKind.REVIEW:
            return await self._review(unit, row, visit, rules)
        return await self._reminder(unit, row, account, salon, visit, rules)

    async def _seen(
        self, unit: Unit, row: OutreachRow, account: Account, salon: KeptSalon, rules: Rules
    ) -> Visit | Drop | Later:
        """Read anew, unless its message waits anyway."""
        record_id = int(row.about.rpartition(":")[2])
        if await self._interrupts(unit, row, record_id, rules, salon):
            return Later(self._clock.now() + _LOOK_AGAIN, IN_TALK)
        visit = await self._now(unit, account, record_id)
        if visit is None or (isinstance(visit, Visit) and visit.deleted):
            return Drop(CANCELLED)
        return visit

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
        named = await self._named(unit, row, account, visit)
        if isinstance(named, Drop | Later):
            return named
        words = await self._wording.of(unit, account, salon.salon, rules)
        return Send(words.text(row.kind, named), [about(one.id) for one in named])

    async def _named(
        self, unit: Unit, row: OutreachRow, account: Account, visit: Visit
    ) -> Sequence[Visit] | Drop | Later:
        """The others that it would name are read anew, too."""
        named = await self._together(unit, row, account, visit)
        if isinstance(named, Drop | Later) or len(named) == 1:
            return named
        for other in named:
            if other.id == visit.id:
                continue
            seen = await self._now(unit, account, other.id)
            if isinstance(seen, Later):
                return seen
        return await self._together(unit, row, account, visit)

    async def _interrupts(
        self, unit: Unit, row: OutreachRow, record_id: int, rules: Rules, salon: KeptSalon
    ) -> bool:
        """Whether it would ask something in the middle of another question, and still can wait."""
        now, until = self._clock.now(), row.not_after
        if row.kind is not OutreachKind.REVIEW:
            visit = await unit.salon_visits.get(row.enterprise, row.salon, record_id)
            if visit is None:
                return False
            due_at = moment_of(row.kind, visit, rules, salon.salon.time_zone, salon=row.salon)
            until = due_at + _WAITS_FOR_A_TALK
        closes = await leaves_until(unit, row, now)
        if now >= min(until, closes - _BEFORE_QUIET):
            return False
        return await unit.outreach_ways.talking(row.enterprise, row.phone, now - _TALKS)

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
