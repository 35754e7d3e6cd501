"""The call that requirement 002's HTTP messages tell, where no channel events exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.calls.memory import Memory
from kommutator.domain.calls.recordings import recordings_of
from kommutator.domain.calls.reports import Report, ReportKind
from kommutator.domain.commands import CallResult, Direction


def read_reports(memory: Memory) -> Call:
    """Conclude from what was told; a bridge proves an answer, whatever the hang-up says not."""
    reports = memory.reports
    told = [report for report in reports if report.kind is not ReportKind.DOWNLOAD]
    hangup = _last(told, ReportKind.HANGUP)
    direction = next((r.direction for r in reports if r.direction), None)
    started = min(at for r in told for at in (r.started_at, r.at) if at is not None)
    answered = _answered(told, hangup)
    ended = (hangup.ended_at or hangup.at) if hangup else memory.lost
    rang = _extensions(r for r in told if r.kind is ReportKind.DIAL)
    by = _extensions(r for r in told if r.kind is ReportKind.BRIDGE)
    result = None if ended is None else _result(hangup, direction, answered=answered is not None)
    if result is CallResult.ANSWERED and not by and hangup:
        by = hangup.extensions[:1]
    call = Call(
        id=memory.id,
        direction=direction,
        client=next((r.client for r in told if r.client), None),
        line=next((r.line for r in told if r.line), None),
        phase=_phase(answered, ended),
        started_at=_time(started),
        answered_at=None if answered is None else _time(answered),
        ended_at=None if ended is None else _time(ended),
        result=result,
        reason=_reason(hangup, result),
        ringing=() if ended else rang,
        rang=rang or (hangup.extensions if hangup else ()),
        answered_by=by,
        dialler=next(iter(rang), None) if direction is Direction.OUT else None,
        client_dialled=True,
        wait_s=None if ended is None else round((answered or ended) - started),
        talk_s=_talk(hangup, answered, ended),
        record_url=next((r.record_url for r in reports if r.record_url), None),
        recordings=recordings_of(memory),
    )
    click = memory.click
    if click is None:
        return call
    return replace(
        call,
        direction=Direction.OUT,
        client=click.client,
        line=call.line or click.line,
        dialler=click.extension,
        requested_by=click.requested_by,
    )


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _last(reports: Iterable[Report], kind: ReportKind) -> Report | None:
    return next((r for r in reversed(list(reports)) if r.kind is kind), None)


def _extensions(reports: Iterable[Report]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(extension for r in reports for extension in r.extensions))


def _phase(answered: float | None, ended: float | None) -> Phase:
    if ended is not None:
        return Phase.ENDED
    return Phase.RINGING if answered is None else Phase.TALKING


def _answered(told: list[Report], hangup: Report | None) -> float | None:
    """When they began to talk: told outright, or by the bridge, or reckoned from the end."""
    outright = next((r.answered_at for r in told if r.answered_at), None)
    bridge = next((r.at for r in told if r.kind is ReportKind.BRIDGE), None)
    if outright or bridge:
        return outright or bridge
    if hangup and (hangup.result is CallResult.ANSWERED or _only_talk_is_told(hangup)):
        return (hangup.ended_at or hangup.at) - (hangup.talk_s or 0)
    return None


def _result(hangup: Report | None, direction: Direction | None, *, answered: bool) -> CallResult:
    if answered:
        return CallResult.ANSWERED
    if hangup is None or hangup.result is None or direction is not Direction.OUT:
        return CallResult.NO_ANSWER
    return hangup.result


def _reason(hangup: Report | None, result: CallResult | None) -> str | None:
    """The finer truth behind a missed call; a missed inbound one is always NO_ANSWER."""
    if result in {None, CallResult.ANSWERED}:
        return None
    return "lost" if hangup is None else str(hangup.result or result)


def _only_talk_is_told(hangup: Report) -> bool:
    """No result that we understand, but seconds of conversation."""
    return hangup.result is None and (hangup.talk_s or 0) > 0


def _talk(hangup: Report | None, answered: float | None, ended: float | None) -> int | None:
    if ended is None:
        return None
    if answered is None:
        return 0
    told = hangup.talk_s if hangup else None
    return told if told is not None else max(0, round(ended - answered))
