"""Conclude a past period anew, from what reached us then, and correct the books.

For when the rules by which calls are understood have changed, or when the PBX's own ledgers know
what we did not hear. The rows of the period are read again in memory; nothing changes until it
is applied. Then each call is saved in a transaction of its own, and each CRM is owed only the
record that it never got: no cards and no rules, for these belong to the moment of the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from kommutator.domain.calls.compare import Difference, differences, facts_of
from kommutator.domain.calls.events import PbxEvent
from kommutator.domain.connection import Account
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.past_board import Concluded, PastBoards, ReadRow
from kommutator.flows.put_right import PutRight
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput
from kommutator.store.database import Database
from kommutator.store.past import PastCall, PastStore

_MARGIN = timedelta(hours=4)
"""A call that began or ends outside the period is understood only with the rows around it."""

_STEP = timedelta(days=1)
_STUCK = timedelta(hours=1)
_MOST_SHOWN = 500
_LEDGER_SLACK_S = 1.0


class Outcome(StrEnum):
    """What became of one call of the period."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    VANISHED = "vanished"  # its rows are there, but they make no call of their own any more
    LIVING = "living"  # left alone: it may still be going on
    BEFORE = "before"  # left alone: it began before the period
    NO_EVENTS = "no_events"  # left alone: nothing is kept of what it was concluded from
    MOVED = "moved"  # left alone: somebody else changed it in the meantime


@dataclass(frozen=True, slots=True)
class Finding:
    """A call that is not the same. `into`: of which call it is a part now."""

    call_id: str
    outcome: Outcome
    client: str | None
    started_at: datetime
    differences: tuple[Difference, ...] = ()
    into: str | None = None


@dataclass(slots=True)
class Report:
    """Attributes: `owed` counts records that CRMs had not got; `findings` are the first 500."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    applied: int = 0
    owed: int = 0

    def note(self, finding: Finding) -> None:
        self.counts[finding.outcome.value] += 1
        if len(self.findings) < _MOST_SHOWN:
            self.findings.append(finding)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the PBX's own books tell: CEL in detail, CDR coarsely."""

    kind: Literal["cel", "cdr"]
    events: Sequence[PbxEvent]


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]: ...


class Reprocess:
    def __init__(
        self, db: Database, accounts: Accounts, read: ReadRow, put_right: PutRight, *, clock: Clock
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._read = read
        self._put_right = put_right
        self._clock = clock

    async def span(
        self,
        enterprise: EnterpriseNumber,
        since: datetime,
        until: datetime,
        *,
        actor: str,
        apply: bool = False,
        ledger: Ledger | None = None,
    ) -> Report:
        """Calls that began in [since, until).

        Args:
            apply: correct the books; otherwise nothing changes.
            ledger: calls are taken from it where no row of ours tells of them.

        Raises:
            InvalidInput: `range_reversed`.
        """
        if since >= until:
            raise InvalidInput("range_reversed")
        report = Report()
        accounts = await self._accounts.accounts(enterprise)
        first = since
        while first < until:
            last = min(first + _STEP, until)
            await self._step(enterprise, (first, last), accounts, ledger, report, apply=apply)
            first = last
        if apply:
            await self._audit(enterprise, since, until, actor, report)
        return report

    async def _step(
        self,
        enterprise: EnterpriseNumber,
        span: tuple[datetime, datetime],
        accounts: Sequence[Account],
        ledger: Ledger | None,
        report: Report,
        *,
        apply: bool,
    ) -> None:
        since, until = span
        boards = PastBoards(accounts, self._read)
        async with self._db.unit() as unit:
            past = PastStore(unit.connection)
            async for row in past.rows(enterprise, since - _MARGIN, until + _MARGIN):
                boards.feed(row)
            stored = {call.id: call for call in await past.calls(enterprise, since, until)}
        if ledger is not None:
            boards.consult(ledger.kind, ledger.events, stored)
        concluded = boards.concluded(stored)
        right = [
            one
            for one in concluded.values()
            if self._judge(one, stored.get(one.call.id), span, report)
        ]
        self._missing(stored, boards, concluded, report)
        if apply:
            await self._apply(enterprise, right, stored, accounts, report)

    def _judge(
        self,
        one: Concluded,
        stored: PastCall | None,
        span: tuple[datetime, datetime],
        report: Report,
    ) -> bool:
        """Count the call; True if the books have to be corrected."""
        since, until = span
        call, found = one.call, Outcome.SAME
        if stored is None and not since <= call.started_at < until:
            if call.started_at < since and (call.ended_at or until) >= since:
                report.counts[Outcome.BEFORE] += 1
            return False
        if stored is None and not one.whole:
            report.counts[Outcome.BEFORE] += 1
            return False
        if self._is_living(one, stored):
            report.counts[Outcome.LIVING] += 1
            return False
        slack = _LEDGER_SLACK_S if one.source in {"cel", "cdr"} else 0.0
        changes: tuple[Difference, ...] = ()
        if stored is None:
            found = Outcome.NEW
        elif changes := differences(stored.facts, facts_of(call), slack_s=slack):
            found = Outcome.CHANGED
        if found is Outcome.SAME:
            report.counts[found] += 1
            return False
        report.note(Finding(call.id, found, call.client, call.started_at, changes))
        return True

    def _is_living(self, one: Concluded, stored: PastCall | None) -> bool:
        if one.call.ended_at is None:
            return True
        fresh = one.call.ended_at > self._clock.now() - _STUCK
        return fresh and stored is not None and stored.facts["phase"] != "ended"

    def _missing(
        self,
        stored: Mapping[str, PastCall],
        boards: PastBoards,
        concluded: Mapping[str, Concluded],
        report: Report,
    ) -> None:
        """Calls in the books that were not concluded again."""
        for call in stored.values():
            if call.id in concluded:
                continue
            into = boards.part_of(call.id)
            if into is None and not boards.heard_of(call.id):
                report.counts[Outcome.NO_EVENTS] += 1
                continue
            facts = call.facts
            report.note(
                Finding(call.id, Outcome.VANISHED, facts["client"], facts["started_at"], into=into)
            )

    async def _apply(
        self,
        enterprise: EnterpriseNumber,
        right: Sequence[Concluded],
        stored: Mapping[str, PastCall],
        accounts: Sequence[Account],
        report: Report,
    ) -> None:
        async with self._db.unit() as unit:
            since = await PastStore(unit.connection).connected_since(enterprise)
        for one in right:
            done = await self._put_right.call(
                enterprise, one, stored.get(one.call.id), _listeners(accounts, since, one)
            )
            if done is None:
                report.counts[Outcome.MOVED] += 1
            else:
                report.applied += 1
                report.owed += done

    async def _audit(
        self,
        enterprise: EnterpriseNumber,
        since: datetime,
        until: datetime,
        actor: str,
        report: Report,
    ) -> None:
        async with self._db.unit() as unit:
            await unit.audit.add(
                enterprise,
                actor=actor,
                action="calls.reprocess",
                detail={
                    "since": since.isoformat(),
                    "until": until.isoformat(),
                    "applied": report.applied,
                    "owed": report.owed,
                },
            )


def _listeners(
    accounts: Sequence[Account], since: Mapping[UUID, datetime], one: Concluded
) -> list[Account]:
    """CRMs that were connected when the call ended, and so should have heard of it."""
    ended = one.call.ended_at
    assert ended is not None
    return [
        account
        for account in accounts
        if account.connection_id in since and since[account.connection_id] <= ended
    ]
