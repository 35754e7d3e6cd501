"""Visits changed: whoever wants to hear of it is told, once.

All is written in the transaction that writes the changes down. A row of `notices` for each
receiver and change, unique, is what makes a change go out once, however it came to be known: by
our own API, by a hook, by reconciliation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from kommutator.domain.chats import EDITING
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.notices.template import fill
from kommutator.domain.notices.wishes import Wishes, read_wishes
from kommutator.domain.notices.words import fingerprint, values_of
from kommutator.domain.salon.changes import VisitChange, VisitNews
from kommutator.domain.salon.facts import Salon
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.notices.templates import Templates
from kommutator.kit.clock import Clock
from kommutator.kit.texts import Texts
from kommutator.store.notice_receivers import ReceiverRow
from kommutator.store.notices import Earlier, NewNotice
from kommutator.store.unit import Unit

DIGEST: Final = "notice_digest"
EDITED_FOR: Final = timedelta(minutes=5)
"""A messenger does not ring for what is put otherwise: only what was just read may be."""
_WORTHLESS_AFTER: Final = timedelta(hours=24)
_ALWAYS_RINGS: Final = frozenset({VisitNews.CANCELLED})


@dataclass(frozen=True, slots=True)
class _Draft:
    """One receiver's notice of one change."""

    receiver: ReceiverRow
    notice: NewNotice
    edits: str | None

    @property
    def key(self) -> tuple[UUID, int, bytes]:
        return self.receiver.id, self.notice.record_id, self.notice.fingerprint


class TellOfVisits:
    """Implements `flows.salon.news.HearVisits`."""

    def __init__(self, texts: Texts, *, clock: Clock) -> None:
        self._texts = texts
        self._clock = clock

    async def __call__(
        self, unit: Unit, account: Account, salon: Salon, changes: Sequence[VisitChange]
    ) -> None:
        told = [change for change in changes if change.news and not change.first_read]
        if not told:
            return
        receivers = await unit.notice_receivers.listening(account.enterprise)
        wanted = _wanted(receivers, salon, told)
        if not wanted:
            return
        drafts = await self._drafts(unit, account, salon, wanted)
        made = await unit.notices.add(account.enterprise, [draft.notice for draft in drafts])
        new = [(draft, made[draft.key]) for draft in drafts if draft.key in made]
        await self._owe(unit, account.enterprise, new)
        await _wake_later(unit, account.enterprise, [draft for draft, _ in new])

    async def _drafts(
        self, unit: Unit, account: Account, salon: Salon, wanted: Sequence[_Wanted]
    ) -> Sequence[_Draft]:
        templates = await Templates.of(unit, account.enterprise, self._texts)
        known = await unit.salon_lists.staff(account.enterprise, account.connection_id, gone=True)
        staff = {one.id: one.name for one in known}
        earlier = await unit.notices.earlier(
            account.enterprise,
            account.connection_id,
            [one.receiver.id for one in wanted],
            [one.change.after.id for one in wanted],
        )
        now = self._clock.now()
        return [
            _draft(one, account, salon, now, templates, staff, earlier.get(one.key))
            for one in wanted
        ]

    async def _owe(
        self, unit: Unit, enterprise: EnterpriseNumber, new: Sequence[tuple[_Draft, int]]
    ) -> None:
        owed = [(draft, notice) for draft, notice in new if draft.notice.state == "owed"]
        not_after = self._clock.now() + _WORTHLESS_AFTER
        sayings = [
            Saying(
                draft.receiver.connection_id,
                ConnectionKind(draft.receiver.kind),
                draft.receiver.chat_id or "",
                draft.notice.text,
                once=f"notice:{notice}",
                about=f"visit:{draft.notice.record_id}",
                not_after=not_after,
                edits=draft.edits,
            )
            for draft, notice in owed
        ]
        rows = await speak(unit, enterprise, sayings)
        pairs = zip((notice for _, notice in owed), rows, strict=True)
        await unit.notices.owed(enterprise, list(pairs))


@dataclass(frozen=True, slots=True)
class _Wanted:
    receiver: ReceiverRow
    wishes: Wishes
    change: VisitChange
    news: VisitNews

    @property
    def key(self) -> tuple[UUID, int]:
        return self.receiver.id, self.change.after.id


def why_not(receiver: ReceiverRow) -> str | None:
    """Why this receiver cannot be told anything, as a slug; None: it can."""
    if receiver.status == ConnectionStatus.REMOVED:
        return "channel_gone"
    if receiver.chat_id is None:
        return "nobody_came"
    if receiver.closed_reason is not None:
        return f"chat_{receiver.closed_reason}"
    return None


def _wanted(
    receivers: Sequence[ReceiverRow], salon: Salon, changes: Sequence[VisitChange]
) -> list[_Wanted]:
    read = [(receiver, read_wishes(receiver.wishes)) for receiver in receivers]
    return [
        _Wanted(receiver, wishes, change, news)
        for change in changes
        for receiver, wishes in read
        if (news := wishes.of(salon.id, change)) is not None
    ]


def _draft(
    one: _Wanted,
    account: Account,
    salon: Salon,
    now: datetime,
    templates: Templates,
    staff: Mapping[int, str],
    earlier: Earlier | None,
) -> _Draft:
    language = one.wishes.language
    text = fill(templates.text(language, one.news), values_of(one.change, salon, staff, language))
    state, reason, due_at = "owed", None, None
    edits = _edits(one, earlier, now)
    if (reason := why_not(one.receiver)) is not None:
        state = "skipped"
    elif (due_at := one.wishes.quiet_until(now, salon.time_zone)) is not None:
        state, reason = "held", "quiet_hours"
    edits = edits if state == "owed" else None
    notice = NewNotice(
        receiver=one.receiver.id,
        salon=account.connection_id,
        record_id=one.change.after.id,
        fingerprint=fingerprint(one.change, one.news),
        news=one.news.value,
        text=text,
        state=state,
        reason=reason,
        due_at=due_at,
        edited=edits is not None,
    )
    return _Draft(one.receiver, notice, edits)


def _edits(one: _Wanted, earlier: Earlier | None, now: datetime) -> str | None:
    """The message that this one may take the place of."""
    if earlier is None or earlier.message_id is None or not one.wishes.edits:
        return None
    if one.news in _ALWAYS_RINGS or ConnectionKind(one.receiver.kind) not in EDITING:
        return None
    return earlier.message_id if now - earlier.created_at <= EDITED_FOR else None


async def _wake_later(unit: Unit, enterprise: EnterpriseNumber, drafts: Sequence[_Draft]) -> None:
    """Each receiver's quiet hours end once, however much they hold back."""
    ends = {
        draft.receiver.id: draft.notice.due_at
        for draft in drafts
        if draft.notice.state == "held" and draft.notice.due_at is not None
    }
    # Always in one order: another salon's changes may set the same alarms meanwhile.
    for receiver, run_at in sorted(ends.items()):
        await set_alarm(unit, enterprise, receiver, run_at)


async def set_alarm(
    unit: Unit, enterprise: EnterpriseNumber, receiver: UUID, run_at: datetime
) -> None:
    """Have what is held back told at this moment; moves an alarm that is set already."""
    await unit.timers.set(
        enterprise,
        f"{DIGEST}:{receiver}",
        run_at=run_at,
        kind=DIGEST,
        key=f"{DIGEST}:{receiver}",
        body=msgspec.json.encode({"receiver": str(receiver)}),
    )
