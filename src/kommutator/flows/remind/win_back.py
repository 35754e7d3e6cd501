"""A word to whoever has not come for long: once a day, a few, by the salon's clock.

Advertising: off until a salon wants it, never to whoever wants no messages, and taken back when
somebody books meanwhile.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

import structlog

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.outreach.wanted import OutreachKind, Wanted
from kommutator.domain.remind.rules import Rules
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.salon.facts import Salon, Visit
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.outreach.owe import Outreach
from kommutator.flows.outreach.ports import Drop, Later, Send, Verdict
from kommutator.flows.remind.plan import SWITCHED_ON, rules_of
from kommutator.flows.remind.wording import Wording
from kommutator.flows.salon.source import local
from kommutator.kit.clock import Clock
from kommutator.kit.errors import NotFound
from kommutator.store.reviews import Absent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kommutator.store.database import Database
    from kommutator.store.outreach import OutreachRow
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
_WINDOW: Final = timedelta(hours=2)
"""A salon whose hour passed while nobody looked waits for the next day."""
_TOO_LONG: Final = timedelta(days=365)
"""Whoever has not come for longer than that is nobody's client any more."""
_WORTH: Final = timedelta(days=2)
_IN_TALK: Final = timedelta(hours=24)
"""Whoever wrote so lately is talking with us: they are missed by nobody."""
CAME_BACK: Final = "came_back"


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...
    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]: ...
    async def active_enterprises(self) -> Sequence[EnterpriseNumber]: ...


class WinBack:
    """Implements `flows.outreach.ports.Recheck` for its own messages."""

    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        outreach: Outreach,
        wording: Wording,
        *,
        clock: Clock,
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._outreach = outreach
        self._wording = wording
        self._clock = clock

    async def __call__(self, unit: Unit, row: OutreachRow) -> Verdict:
        rules = await rules_of(unit, row.enterprise, row.salon)
        kept = await unit.salons.get(row.enterprise, row.salon)
        if rules is None or kept is None or not rules.win_back.on:
            return Drop(SWITCHED_ON)
        now = self._clock.now()
        if await unit.outreach_ways.wrote_since(row.enterprise, row.phone, now - _IN_TALK):
            return Later(now + _IN_TALK)
        since = local(now, kept.salon) - timedelta(days=rules.win_back.after_days)
        key = row.enterprise, row.salon
        lately = await unit.salon_visits.next_of_phone(*key, row.phone, since)
        return Send() if lately is None else Drop(CAME_BACK)

    async def round(self) -> int:
        """Look at every salon whose hour it is; returns how many are to be written to."""
        found = 0
        for enterprise in await self._accounts.active_enterprises():
            for account in await self._accounts.accounts(enterprise):
                if account.kind in SALONS and account.status is ConnectionStatus.ACTIVE:
                    found += await self._salon(account)
        return found

    async def _salon(self, account: Account) -> int:
        """Whoever comes twice on one day finds that all are written to already."""
        key = account.enterprise, account.connection_id
        try:
            async with self._db.unit() as unit:
                rules = await rules_of(unit, *key)
                if rules is None or not rules.win_back.on:
                    return 0
                await unit.salons.lock(*key)
                kept = await unit.salons.get(*key)
                if kept is None or not self._is_time(kept.salon, rules):
                    return 0
                return await self._owe(unit, account, kept.salon, rules)
        except NotFound:
            return 0

    def _is_time(self, salon: Salon, rules: Rules) -> bool:
        now = local(self._clock.now(), salon)
        begin = datetime.combine(now.date(), time.fromisoformat(rules.win_back.at))
        return begin <= now < begin + _WINDOW

    async def _owe(self, unit: Unit, account: Account, salon: Salon, rules: Rules) -> int:
        rule, now = rules.win_back, self._clock.now()
        there = local(now, salon)
        key = account.enterprise, account.connection_id
        today = now - (there - datetime.combine(there.date(), time(0)))
        room = rule.per_day - await unit.reviews.written_to_since(*key, today)
        if room <= 0:
            return 0
        absent = await unit.reviews.absent(
            *key,
            here_after=there - _TOO_LONG - timedelta(days=rule.after_days),
            here_before=there - timedelta(days=rule.after_days),
            not_told_since=now - timedelta(days=rule.every_days),
            limit=room,
        )
        words = await self._wording.of(unit, account, salon, rules)
        wanted = [
            Wanted(
                enterprise=account.enterprise,
                salon=account.connection_id,
                phone=one.phone,
                client_name=one.name,
                kind=OutreachKind.WIN_BACK,
                text=words.text(OutreachKind.WIN_BACK, [_as_visit(one)]),
                about=f"client:{one.phone}",
                once=f"win_back:{account.connection_id.hex}:{one.phone}:{there:%Y-%m-%d}",
                due_at=now,
                not_after=now + _WORTH,
                service=False,
            )
            for one in absent
        ]
        await self._outreach.owe(unit, wanted)
        if wanted:
            _log.info("win_back.planned", salon=account.connection_id.hex, clients=len(wanted))
        return len(wanted)


def _as_visit(absent: Absent) -> Visit:
    """Of the last one only who came, and when, is told."""
    return Visit(
        id=0,
        staff_id=0,
        starts_at=absent.last,
        seance_s=0,
        client_name=absent.name,
        client_phone=absent.phone,
    )
