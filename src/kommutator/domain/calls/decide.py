"""What a CRM connection is owed for a call, given what it was told already.

Decided from the state of the call, not from single messages: whatever was lost, doubled or
reordered on the way, each card is shown once, taken down once and each call recorded once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.calls.memory import Told
from kommutator.domain.calls.policy import Policy
from kommutator.domain.calls.recordings import RecordingState
from kommutator.domain.commands import (
    CallRecord,
    CallResult,
    Command,
    Direction,
    HangupPopup,
    RingPopup,
)
from kommutator.domain.rules import CallFacts, apply_rules

_ASK_SOON = timedelta(seconds=2)
_ASK_SELDOM = timedelta(minutes=15)
_ASK_FOR = timedelta(hours=72)
_UNPLACED = frozenset(
    {
        "manager_no_answer",
        "manager_busy",
        "manager_unreachable",
        "cancelled_by_clicker",
        "not_placed",
        "untold",
    }
)


@dataclass(frozen=True, slots=True)
class Owed:
    """A command and the name under which it is owed only once."""

    once: str
    command: Command


@dataclass(frozen=True, slots=True)
class Decision:
    """Attributes: `look_again` is when the call must be decided upon once more."""

    owed: tuple[Owed, ...] = ()
    look_again: datetime | None = None


def decide(
    call: Call,
    told: Told,
    policy: Policy,
    now: datetime,
    *,
    known: bool | None = None,
    link: str | None = None,
) -> Decision:
    """Return what `told` shows missing, and note it there.

    Args:
        call: its client and line already in E.164.
        told: what this connection was told before; filled with what it is told now.
        policy: what this connection wants.
        now: when the message that led here reached us.
        known: whether the CRM knows the client; None if nobody has looked.
        link: where the call's recordings play, once they are here; None: nowhere of ours.
    """
    if call.direction in {None, Direction.INTERNAL} or not call.client:
        return Decision()
    if call.phase is not Phase.ENDED:
        return Decision(tuple(_show(call, call.client, told, policy)))
    owed = _take_down(call, call.client, told, policy)
    again = _ask_again(call, told, policy, now, known=known)
    if again is None:
        owed += _rule(call, told, policy, now, known=known)
    wait = _wait_for_recording(call, told, policy, here=_is_here(call, link))
    if wait is not None and wait > now:
        return Decision(tuple(owed), look_again=min(wait, again or wait))
    return Decision((*owed, *_record(call, told, policy, _playable(call, link))), look_again=again)


def _show(call: Call, client: str, told: Told, policy: Policy) -> list[Owed]:
    extensions = _to_show(call, told)
    if not extensions or not policy.shows(call):
        return []
    assert call.direction is not None
    popup = RingPopup(
        call_id=call.id,
        direction=call.direction,
        client=client,
        extensions=extensions,
        line=call.line,
        site=policy.site_of(call.line),
    )
    once = f"{call.id}:ring_popup:{told.rings}"
    told.shown += extensions
    told.rings += 1
    return [Owed(once, popup)]


def _to_show(call: Call, told: Told) -> tuple[str, ...]:
    """Extensions whose card is missing, all those of one group ring in one go.

    Until a phone really rings nobody is shown anything: a group's dead phones come along
    with the first that rings, but not alone. Who talks without having rung sees it too: he
    picked the call up, fetched it, or took it over from a colleague.
    """
    asked: list[str] = []
    if call.direction is Direction.OUT and call.client_dialled and call.dialler:
        asked = [call.dialler, *call.rang]
    elif call.direction is Direction.IN and set(call.ringing) & set(call.rang) - set(told.shown):
        asked = [*call.ringing]
    asked += call.answered_by
    return tuple(e for e in dict.fromkeys(asked) if e not in told.shown)


def _take_down(call: Call, client: str, told: Told, policy: Policy) -> list[Owed]:
    if told.hung_up or not told.shown or not policy.hangup:
        return []
    assert call.direction is not None
    told.hung_up = True
    popup = HangupPopup(
        call_id=call.id,
        direction=call.direction,
        client=client,
        extensions=tuple(told.shown),
        result=call.result or CallResult.FAILED,
        line=call.line,
        site=policy.site_of(call.line),
    )
    return [Owed(f"{call.id}:hangup_popup:0", popup)]


def _is_here(call: Call, link: str | None) -> bool:
    """Whether no more is to be waited for."""
    if link is None or not call.recordings:
        return call.record_url is not None
    return all(r.state is not RecordingState.EXPECTED for r in call.recordings)


def _playable(call: Call, link: str | None) -> str | None:
    """What the CRM is given: our link, which plays as soon as the recording is here.

    Where nothing can come any more, and nothing came, the address that the PBX told stays.
    """
    answered = call.result is CallResult.ANSWERED
    comes = [
        r
        for r in call.recordings
        if r.state is RecordingState.ARRIVED
        or (r.state is RecordingState.EXPECTED and (answered or r.source_url))
    ]
    return link if link is not None and comes else call.record_url


def _wait_for_recording(call: Call, told: Told, policy: Policy, *, here: bool) -> datetime | None:
    """Until when the record is held back. CRMs do not update a record that they have."""
    talked = call.result is CallResult.ANSWERED
    if told.recorded or not policy.record or not talked or here or not call.ended_at:
        return None
    if not policy.recording_wait_s:
        return None  # not even until our own clock reaches the PBX's
    return call.ended_at + timedelta(seconds=policy.recording_wait_s)


def _ask_again(
    call: Call, told: Told, policy: Policy, now: datetime, *, known: bool | None
) -> datetime | None:
    """When to ask again whether the CRM knows the client, while the rules depend on it.

    A CRM that is down for the night must not make all its clients strangers.
    """
    if told.ruled or known is not None or not call.ended_at or not policy.asks_who:
        return None
    age = now - call.ended_at
    if age >= _ASK_FOR:
        return None
    return now + min(max(_ASK_SOON, age), _ASK_SELDOM)


def _record(call: Call, told: Told, policy: Policy, record_url: str | None) -> list[Owed]:
    if told.recorded or not policy.record or (call.reason in _UNPLACED and not policy.unplaced):
        return []
    assert call.direction is not None
    assert call.client is not None
    told.recorded = True
    record = CallRecord(
        call_id=call.id,
        direction=call.direction,
        client=call.client,
        extension=call.extension,
        result=call.result or CallResult.FAILED,
        started_at=call.started_at,
        wait_s=call.wait_s or 0,
        talk_s=call.talk_s or 0,
        line=call.line,
        site=policy.site_of(call.line),
        record_url=record_url,
        rang=_missed_by(call),
    )
    return [Owed(f"{call.id}:call_record:0", record)]


def _missed_by(call: Call) -> tuple[str, ...]:
    """Whom an inbound call did not find; an outbound one is of who dialled, though his rang."""
    missed = call.direction is Direction.IN and call.result is not CallResult.ANSWERED
    return call.rang if missed else ()


def _rule(
    call: Call, told: Told, policy: Policy, now: datetime, *, known: bool | None
) -> list[Owed]:
    if told.ruled or not policy.rules or call.reason in _UNPLACED:
        return []
    assert call.direction is not None
    assert call.client is not None
    told.ruled = True
    facts = CallFacts(
        direction=call.direction,
        client=call.client,
        answered=call.result is CallResult.ANSWERED,
        line=call.line,
        extension=call.extension,
        known=known,
        site=policy.site_of(call.line),
        default_performer=policy.default_performer,
        at=now,
        started_at=call.started_at,
        talk_s=call.talk_s or 0,
        rang=_missed_by(call),
    )
    commands = apply_rules(policy.rules, facts).commands
    return [
        Owed(f"{call.id}:rule:{number}", msgspec.structs.replace(command, call_id=call.id))
        for number, command in enumerate(commands)
    ]
