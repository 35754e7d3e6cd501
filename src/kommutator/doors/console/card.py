"""The call's card: what the story tells, and the picture, the recordings, the choice of phone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from kommutator.domain.calls.memory import Memory, load
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import formats
from kommutator.doors.console.live import acts_of, holders_of, own_extension, shown_route
from kommutator.doors.console.picture import draw
from kommutator.doors.console.picture_words import Say, ShownPicture, describe
from kommutator.doors.console.story import tell
from kommutator.doors.console.visit import Visit
from kommutator.flows.recordings import RecordingView
from kommutator.store.views import AccessViews, CallLine, CallViews, RouteViews

_COMING = ("expected", "stored")
_RETRIED = ("expected", "missing")


@dataclass(frozen=True, slots=True)
class ShownRecording:
    """`tone`: ok, wait or bad. `retry`: asking again may help."""

    name: str
    tone: str
    words: str
    why: str
    url: str | None
    seconds: float | None
    retry: bool


@dataclass(frozen=True, slots=True)
class ShownReport:
    """What a PBX without channel events told."""

    at: datetime
    words: str
    extensions: str


async def tell_card(
    enterprise: EnterpriseNumber, call_id: str, see: Visit
) -> dict[str, Any] | None:
    """What `parts/call_card.html` needs, or None if there is no such call."""
    async with see.house.db.unit() as unit:
        told = await tell(unit.connection, enterprise, call_id, see)
        if told is None:
            return None
        fold = await CallViews(unit.connection).memory(enterprise, call_id)
        routes = await RouteViews(unit.connection).of_calls(enterprise, [call_id])
        access = AccessViews(unit.connection)
        phones = await access.extensions(enterprise)
        own = await own_extension(access, enterprise, see)
    call: CallLine = told["call"]
    memory = read_memory(fold)
    holders = holders_of(phones)
    say = partial(see.house.texts.first, see.locale)
    recordings = [
        shown_recording(view, say)
        for view in await see.house.recordings.of_call(enterprise, call_id)
    ]
    alive = call.phase in ("ringing", "talking")
    return {
        **told,
        "next_visit": await _next_visit(see, enterprise, call.client),
        "holders": holders,
        "phones": phones,
        "acts": acts_of(call, see.actor, own),
        "picture": _picture(memory, call, holders, see),
        "reports": _reports(memory, say),
        "recordings": recordings,
        "route": shown_route(routes.get(call_id), holders, see),
        "alive": alive,
        "waiting": alive or any(r.tone == "wait" for r in recordings),
        "card_mark": mark(call, told["steps"], recordings),
    }


async def _next_visit(see: Visit, enterprise: EnterpriseNumber, phone: str | None) -> str:
    """When this client comes to a salon of ours, in a few words; "": nobody knows of it."""
    if not see.actor.may(Permission.READ_SALON):
        return ""
    found = await see.house.salon_telephony.next_visit(enterprise, phone, see.house.clock.now())
    if found is None:
        return ""
    at = found.starts_at
    weekday = formats.weekdays(see.locale)[at.weekday()]
    moment = f"{weekday}, {formats.day(at.date(), see.locale)}, {at:%H:%M}"
    more = [*found.services, *([found.staff] if found.staff else []), found.salon]
    return ", ".join([moment, *more])


def read_memory(fold: str | None) -> Memory | None:
    """None for rows that hold no memory of ours: they must not take the card down."""
    try:
        return load(fold) if fold else None
    except msgspec.ValidationError:
        return None


def shown_recording(view: RecordingView, say: Say) -> ShownRecording:
    """State, reason and what can be done, in words."""
    why = say(f"recording.why.{view.error}", "recording.why.other", error=view.error)
    tone = "ok" if view.url else "wait" if view.state in _COMING else "bad"
    return ShownRecording(
        name=view.name,
        tone=tone,
        words=say(f"recording.state.{view.state}"),
        why=why if view.error else "",
        url=view.url,
        seconds=view.seconds,
        retry=view.state in _RETRIED or (view.state == "stored" and view.error is not None),
    )


def mark(call: CallLine, steps: Sequence[object], recordings: Sequence[ShownRecording]) -> str:
    """Changes whenever the card would; links of recordings are new each time and do not count."""
    states = [(r.name, r.tone, r.why) for r in recordings]
    return hashlib.sha256(repr((call, steps, states)).encode()).hexdigest()[:16]


def _picture(
    memory: Memory | None, call: CallLine, holders: Mapping[str, str | None], see: Visit
) -> ShownPicture | None:
    drawn = draw(memory, see.house.clock.now().timestamp()) if memory else None
    if drawn is None:
        return None
    client = call.client_name or formats.phone(call.client) or see.t("picture.outer")
    return describe(drawn, client=client, holders=holders, t=see.t)


def _reports(memory: Memory | None, say: Say) -> list[ShownReport]:
    return [
        ShownReport(
            at=datetime.fromtimestamp(report.at, UTC),
            words=say(f"journal.kind.{report.kind.value}"),
            extensions=", ".join(report.extensions),
        )
        for report in (memory.reports if memory else ())
    ]
