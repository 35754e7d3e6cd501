"""The wish so far and what a turn adds to it: the last word wins, what still holds stays. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from kommutator.domain.assistant.frame import Expecting, Frame, When
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import BookVisit, MoveVisit, Offer, Talk

_ADDS = re.compile(
    r"\b(ещ[её]|также|тоже|плюс|заодно|добав\w*|ще|також|теж|додай\w*|also|add|plus|too)\b",
    re.IGNORECASE,
)
_AS_USUAL = re.compile(
    r"\b(как (обычно|всегда|в прошлый раз)|як (завжди|зазвичай|минулого разу)|as usual|the usual"
    r"|same as (always|last time))\b",
    re.IGNORECASE,
)
_PARTY = (
    (re.compile(r"\b(нас тро\w+|на троих|three of us|нас троє|на трьох)\b", re.IGNORECASE), 3),
    (
        re.compile(
            r"\b(нас дво\w+|(на|для) (двоих|двух)|двоих|вдво[её]м|нас двоє|(на|для) двох|удвох"
            r"|two of us|for two|me and my|(меня|мне|я|себя) (и|с) (мо\w+ )?"
            r"(до[чн]\w+|сын\w*|муж\w*|жен\w+|мам\w+|пап\w*|сестр\w+|брат\w*|подруг\w+|друг\w*"
            r"|реб[её]нк\w+)|(мене|мені|я|себе) (і|й|та|з) (мо\w+ )?"
            r"(до[чн]\w+|син\w*|чолов\w+|дружин\w+|мам\w+|тат\w*|сестр\w+|брат\w*|подруг\w+))\b",
            re.IGNORECASE,
        ),
        2,
    ),
)


def people_in(text: str) -> int:
    """For how many the client wants visits, as far as the words say so."""
    return next((count for words, count in _PARTY if words.search(text)), 1)


def merged(talk: Talk, frame: Frame, text: str, scene: Scene) -> Talk:
    """What is wished now. What was shown or proposed is not part of it any more."""
    services, choices = _services(talk, frame, text, scene)
    staff, any_staff = _staff(talk, frame, scene)
    return msgspec.structs.replace(
        talk,
        services=services,
        choices=choices,
        staff=staff,
        any_staff=any_staff,
        when=_when(talk, frame),
        name=frame.name or talk.name,
        phone=frame.phone or talk.phone,
    )


def picked(talk: Talk) -> Offer | None:
    """The time that the client has chosen already, if one."""
    if isinstance(talk.proposal, BookVisit | MoveVisit):
        return talk.proposal.offer
    return talk.offered[0] if len(talk.offered) == 1 else None


def exactly(offer: Offer) -> When:
    day = offer.starts_at.date()
    return When(first=day, last=day, at=offer.starts_at.time())


def exact_start(when: When) -> list[datetime]:
    """The one start that is meant, or none."""
    if when.first is None or when.at is None or when.first != (when.last or when.first):
        return []
    return [datetime.combine(when.first, when.at)]


def renamed(talk: Talk, frame: Frame, text: str) -> bool:
    """Whether other services are wished instead of those so far."""
    named = {*frame.services, *frame.maybe_services}
    return bool(named) and not _adds(talk, named, text)


def known(ids: Iterable[int], scene: Scene) -> tuple[int, ...]:
    """Only what the salon has, each once."""
    here = {one.id for one in scene.services}
    return tuple(one for one in dict.fromkeys(ids) if one in here)


def says_something(frame: Frame) -> bool:
    """Whether a turn holds a part of a wish."""
    return bool(
        frame.services
        or frame.maybe_services
        or frame.staff is not None
        or frame.any_staff
        or frame.usual_staff
        or frame.when != When()
    )


def _services(
    talk: Talk, frame: Frame, text: str, scene: Scene
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The services, and those of which one must still be chosen."""
    named, maybe = known(frame.services, scene), known(frame.maybe_services, scene)
    if not named and not maybe:
        if not talk.services and _AS_USUAL.search(text):
            return known(scene.client.usual_services, scene), ()
        return known(talk.services, scene), _still_asked(talk, scene)
    adds = _adds(talk, {*named, *maybe}, text)
    before = known(talk.services, scene) if adds else ()
    usual = [one for one in maybe if one in scene.client.usual_services]
    asked = [one for one in maybe if one in talk.choices]
    still = asked or [one for one in maybe if one in talk.services] or usual
    if maybe and len(still) == 1:
        return known((*before, *named, *still), scene), ()
    return known((*before, *named), scene), maybe


def _still_asked(talk: Talk, scene: Scene) -> tuple[int, ...]:
    """Of which services one must be chosen, though the client spoke of something else."""
    return known(talk.choices, scene) if talk.expecting is Expecting.SERVICE else ()


def _adds(talk: Talk, named: set[int], text: str) -> bool:
    """One more service, or the one that was asked for among several; not another instead."""
    if not talk.services:
        return False
    return bool(named & set(talk.choices)) or _ADDS.search(text) is not None


def _staff(talk: Talk, frame: Frame, scene: Scene) -> tuple[int | None, bool]:
    here = {one.id for one in scene.staff}
    if frame.any_staff:
        return None, True
    named = frame.staff
    if named is None and frame.usual_staff:
        named = scene.client.usual_staff
    if named in here:
        return named, False
    return (talk.staff if talk.staff in here else None), talk.any_staff


def _when(talk: Talk, frame: Frame) -> When:
    """Day and time may come in different turns; a time that was picked stands for its day."""
    said, pick = frame.when, picked(talk)
    if said == When():
        return talk.when if pick is None else exactly(pick)
    if said.soonest and not said.says_day and not said.says_time:
        return said
    day = said if said.says_day else _day_before(talk, pick)
    hours = said if said.says_time else _hours_before(talk, pick, said)
    return When(
        first=day.first,
        last=day.last,
        at=hours.at,
        after=hours.after,
        before=hours.before,
        soonest=said.soonest,
    )


def _day_before(talk: Talk, pick: Offer | None) -> When:
    shown = {one.starts_at.date() for one in talk.offered}
    if pick is not None:
        return exactly(pick)
    if len(shown) == 1:
        day = shown.pop()
        return When(first=day, last=day)
    return talk.when


def _hours_before(talk: Talk, pick: Offer | None, said: When) -> When:
    """Another day keeps the time that was asked for, not one that was merely shown."""
    if said.says_day or pick is None:
        return talk.when
    return exactly(pick)
