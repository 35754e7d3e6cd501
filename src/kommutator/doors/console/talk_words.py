"""What the assistant understood and did, in words for whoever reads over its shoulder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from babel.dates import format_date

from kommutator.domain.assistant.frame import Frame, When
from kommutator.domain.assistant.talk import (
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    MoveVisit,
    Offer,
    Rate,
)
from kommutator.doors.console import formats
from kommutator.store.views.inbox import TurnLine

_TONES = {"done": "ok", "taken": "wait", "refused": "bad", "unclear": "wait", "failed": "bad"}


@dataclass(frozen=True, slots=True)
class Told:
    """How to tell it: `say` translates; services and staff by the vendor's id."""

    say: Callable[..., str]
    locale: str
    services: Mapping[int, str] = field(default_factory=dict)
    staff: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn of the assistant.

    Attributes:
        understood: the wish first, then every part of it that was named.
        done: what was done at the salon and what came of it; "": nothing.
        tone: of `done`: ok, wait or bad.
    """

    turn: TurnLine
    understood: Sequence[str]
    done: str
    tone: str


def shown_turn(turn: TurnLine, told: Told) -> ShownTurn:
    """What no version of ours wrote is left out."""
    frame = _read(turn.understood, Frame)
    act = _read(turn.act, AnyAct)
    state = str((turn.acted or {}).get("state") or "done")
    done = ""
    if act is not None:
        done = f"{act_in_words(act, told)} — {told.say(f'acted.{state}')}"
    return ShownTurn(
        turn=turn,
        understood=understood_in_words(frame, told) if frame is not None else (),
        done=done,
        tone=_TONES.get(state, "wait"),
    )


def understood_in_words(frame: Frame, told: Told) -> list[str]:
    return [told.say(f"understood.{frame.intent.value}"), *_parts(frame, told)]


def act_in_words(act: AnyAct, told: Told) -> str:
    """As in: Запись: Стрижка женская, Анна, 27 ноября 18:00."""
    tag = str(msgspec.to_builtins(act)["act"])
    what = ", ".join(part for part in _of_act(act, told) if part)
    return told.say(f"act.{tag}") + (f": {what}" if what else "")


def moment(at: datetime, locale: str) -> str:
    """The salon's time, without a zone."""
    return f"{formats.day(at.date(), locale)} {at:%H:%M}"


def _parts(frame: Frame, told: Told) -> Iterator[str]:
    yield from (_name(told.services, one) for one in frame.services)
    if frame.maybe_services:
        names = ", ".join(_name(told.services, one) for one in frame.maybe_services)
        yield told.say("understood.maybe", names=names)
    if frame.staff is not None:
        yield _name(told.staff, frame.staff)
    if frame.any_staff:
        yield told.say("understood.any_staff")
    if frame.usual_staff:
        yield told.say("understood.usual_staff")
    yield from when_in_words(frame.when, told)
    if frame.choice is not None:
        last = frame.choice < 0
        yield told.say("understood.last" if last else "understood.number", number=frame.choice)
    if frame.stars is not None:
        yield told.say("understood.stars", stars=frame.stars)
    yield from (one for one in (frame.name, formats.phone(frame.phone)) if one)
    if frame.unclear:
        yield told.say("understood.unclear", words=", ".join(frame.unclear))


def when_in_words(when: When, told: Told) -> Iterator[str]:
    days = [one for one in dict.fromkeys((when.first, when.last)) if one is not None]
    if days:
        yield " – ".join(format_date(day, "EEE d MMM", locale=told.locale) for day in days)
    if when.at is not None:
        yield f"{when.at:%H:%M}"
    if when.after is not None:
        yield told.say("understood.after", time=f"{when.after:%H:%M}")
    if when.before is not None:
        yield told.say("understood.before", time=f"{when.before:%H:%M}")
    if when.soonest:
        yield told.say("understood.soonest")


def _of_act(act: AnyAct, told: Told) -> Iterator[str]:
    match act:
        case BookVisit():
            yield from (_name(told.services, one) for one in act.service_ids)
            yield _offer(act.offer, told)
            yield act.name
            yield formats.phone(act.phone)
        case MoveVisit():
            yield told.say("act.record", id=act.record_id)
            yield f"→ {_offer(act.offer, told)}"
        case CancelVisit() | ConfirmVisit():
            yield from (told.say("act.record", id=one) for one in act.records)
        case Rate():
            yield told.say("understood.stars", stars=act.stars)
            yield act.words


def _offer(offer: Offer, told: Told) -> str:
    return f"{_name(told.staff, offer.staff_id)}, {moment(offer.starts_at, told.locale)}"


def _name(names: Mapping[int, str], id_: int) -> str:
    return names.get(id_) or f"№ {id_}"


def _read(stored: Mapping[str, Any] | None, kind: Any) -> Any:
    if stored is None:
        return None
    try:
        return msgspec.convert(stored, kind)
    except msgspec.ValidationError:
        return None
