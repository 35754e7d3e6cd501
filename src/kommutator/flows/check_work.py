"""Check-up of an enterprise's work: lanes, dead letters, recordings, phone book, dialing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.finding import Finding, failed, fine, skipped, warned
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views import ConnectionLine, HealthViews
from kommutator.store.views.check_up import CheckUpViews

if TYPE_CHECKING:
    from kommutator.store.database import Database

_LATE = timedelta(minutes=5)
_RECORDING_LATE_S = 600.0
_STALE = timedelta(days=2)


def lanes(lines: Sequence[ConnectionLine], now: datetime) -> Sequence[Finding]:
    """Whether what we owe goes out."""
    if not lines:
        return [skipped("lanes", "nothing"), skipped("dead", "nothing")]
    return [_lanes(lines, now), _dead(lines)]


async def journal(db: Database, enterprise: EnterpriseNumber, now: datetime) -> Sequence[Finding]:
    """Whether what we heard is decided upon."""
    async with db.single() as unit:
        state = await HealthViews(unit.connection).journal(enterprise)
    if state.failed:
        return [warned("journal", "failed", n=state.failed)]
    if state.oldest is not None and now - state.oldest > _LATE:
        return [
            failed("journal", "late", waiting=state.waiting, minutes=_minutes(now, state.oldest))
        ]
    return [fine("journal", waiting=state.waiting)]


async def recordings(db: Database, enterprise: EnterpriseNumber) -> Sequence[Finding]:
    async with db.single() as unit:
        found = await CheckUpViews(unit.connection).recordings(enterprise, _RECORDING_LATE_S)
    if found["missing"]:
        return [warned("recordings", "missing", n=found["missing"])]
    if found["late"]:
        return [warned("recordings", "late", n=found["late"])]
    return [fine("recordings")]


async def phone_book(
    db: Database, enterprise: EnterpriseNumber, crm: Account | None, now: datetime
) -> Sequence[Finding]:
    """How old our copy of the CRM's clients is: routing answers from it alone."""
    if crm is None:
        return [skipped("phone_book", "not_connected")]
    async with db.single() as unit:
        read = await CheckUpViews(unit.connection).phone_book(enterprise, crm.connection_id)
    if read is None or (read.finished_at is None and not read.error):
        word = "never" if read is None or not read.page else "reading"
        return [skipped("phone_book", word)]
    if read.error:
        return [warned("phone_book", "failed", reason=read.error)]
    assert read.finished_at is not None
    hours = round((now - read.finished_at) / timedelta(hours=1))
    if now - read.finished_at > _STALE:
        return [warned("phone_book", "old", hours=hours)]
    return [fine("phone_book", clients=read.clients, hours=hours)]


async def dialing(db: Database, enterprise: EnterpriseNumber) -> Sequence[Finding]:
    """Whether a person chose what clicks may call; the built-in choice is a cautious guess."""
    async with db.single() as unit:
        settings = (await unit.enterprises.get(enterprise)).settings
    chosen = settings.get("dialing")
    if not chosen:
        return [warned("dialing", "usual")]
    if chosen.get("premium"):
        return [warned("dialing", "premium")]
    return [fine("dialing", countries=", ".join(chosen.get("countries") or ()) or "—")]


def _lanes(lines: Sequence[ConnectionLine], now: datetime) -> Finding:
    """A phone's lane stands while nobody is linked: the check-up of phones tells that, and why."""
    for line in lines:
        if line.parked_reason is not None and line.kind != ConnectionKind.WHATSAPP.value:
            return failed("lanes", "parked", kind=line.kind, reason=line.parked_reason)
    for line in lines:
        if line.breaker != "closed":
            return warned("lanes", "breaker", kind=line.kind, reason=line.last_error or "")
    late = [line for line in lines if line.oldest is not None and now - line.oldest > _LATE]
    if late:
        line = late[0]
        assert line.oldest is not None
        facts = {"kind": line.kind, "waiting": line.waiting, "minutes": _minutes(now, line.oldest)}
        return warned("lanes", "late", **facts)
    return fine("lanes", waiting=sum(line.waiting for line in lines))


def _dead(lines: Sequence[ConnectionLine]) -> Finding:
    dead = sum(line.dead for line in lines)
    return warned("dead", "some", n=dead) if dead else fine("dead")


def _minutes(now: datetime, since: datetime) -> int:
    return round((now - since) / timedelta(minutes=1))
