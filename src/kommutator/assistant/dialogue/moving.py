"""A visit that is to be at another time: which one, when; then the proposal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from kommutator.assistant.dialogue import naming, picking
from kommutator.assistant.dialogue.booking import offer_times
from kommutator.assistant.dialogue.moment import Moment, asking, reply, without_pick
from kommutator.assistant.dialogue.offering import Kept, Read, Wish, every, find
from kommutator.assistant.dialogue.wish import merged
from kommutator.domain.assistant.frame import Expecting, When
from kommutator.domain.assistant.talk import Goal, HandOver, MoveVisit, Offer, Talk, Turn
from kommutator.domain.salon.facts import Visit

_TWO_WEEKS = timedelta(days=13)


async def wanted(m: Moment, among: Sequence[int] = ()) -> Turn:
    """A wish to move, or another time for one.

    Args:
        among: visits that we asked about.
    """
    goes_on = m.talk.goal is Goal.MOVE and (not among or m.talk.record_id in among)
    before = m.talk if goes_on else _begun(m.talk, among)
    talk = merged(before, m.frame, m.text, m.scene)
    talk = msgspec.structs.replace(talk, goal=Goal.MOVE, services=(), choices=())
    talk = without_pick(talk)
    if picking.several_meant(m, Goal.MOVE, among):
        return several(m, talk)
    visit = picking.visit_meant(m, talk, among)
    if visit is None:
        return picking.ask_which(m, talk, among)
    wished = before.when if _only_names(m, visit) else talk.when
    talk = msgspec.structs.replace(
        talk, record_id=visit.id, visits=(), when=_where_to(wished, visit)
    )
    return await go_on(m, talk, visit)


async def go_on(m: Moment, talk: Talk, visit: Visit, note: str = "", *, kept: Kept = every) -> Turn:
    """Where it can go; the employee stays unless another one is wished."""
    staff = None if talk.any_staff else talk.staff or _still_here(m, visit)
    found = await find(m.scene, Wish(_around(talk.when, visit), staff), _reader(m, visit, kept))
    if found.exact is not None:
        return take(m, talk, found.exact, note)
    if talk.when == When():
        note = note or m.say(
            "assistant.move_from", visit=naming.visit_in_words(m.scene, visit, m.words.language)
        )
    return offer_times(m, msgspec.structs.replace(talk, staff=staff), found, note)


def several(m: Moment, talk: Talk) -> Turn:
    """Where one goes decides where the other can: a person sees the whole day."""
    talk = msgspec.structs.replace(talk, record_id=None, visits=())
    said = m.say("assistant.hand_over.several")
    return reply(m, talk, said, hand_over=HandOver.ASKED)


def take(m: Moment, talk: Talk, offer: Offer, note: str = "") -> Turn:
    assert talk.record_id is not None  # a time is offered only for a visit that is known
    talk = msgspec.structs.replace(
        without_pick(talk),
        offered=(offer,),
        proposal=MoveVisit(talk.record_id, offer),
        expecting=Expecting.YES_OR_NO,
    )
    return asking(m, talk, note)


def _begun(talk: Talk, among: Sequence[int]) -> Talk:
    asked = among[0] if len(among) == 1 else None
    return Talk(
        record_id=asked if among else talk.record_id,
        name=talk.name,
        phone=talk.phone,
        language=talk.language,
    )


def _only_names(m: Moment, visit: Visit) -> bool:
    """Whether the day that is named is the visit's own, and nothing says where to."""
    day, when = visit.starts_at.date(), m.frame.when
    return when == When(first=day, last=day) and picking.by_its_day(m, visit)


def _where_to(when: When, visit: Visit) -> When:
    """An hour without a day is on the day of the visit."""
    if when.says_day or not when.says_time:
        return when
    day = visit.starts_at.date()
    return msgspec.structs.replace(when, first=day, last=day)


def _around(when: When, visit: Visit) -> When:
    """Without any wish: from the day of the visit on."""
    if when != When():
        return when
    day = visit.starts_at.date()
    return When(first=day, last=day + _TWO_WEEKS)


def _still_here(m: Moment, visit: Visit) -> int | None:
    return visit.staff_id if naming.staff_of(m.scene, visit.staff_id) else None


def _reader(m: Moment, visit: Visit, kept: Kept) -> Read:
    async def read(staff: int | None, first: date, last: date) -> Sequence[Offer]:
        starts = await m.times.moves(visit.id, first, last)
        return [
            one
            for one in starts
            if kept(one)
            if one.starts_at != visit.starts_at or one.staff_id != visit.staff_id
            if staff in {None, one.staff_id} and naming.staff_of(m.scene, one.staff_id)
        ]

    return read
