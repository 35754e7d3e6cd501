"""What is said after an act was tried: done, taken, refused, no answer, or nobody there."""

from __future__ import annotations

import msgspec

from kommutator.assistant.dialogue import booking, naming
from kommutator.assistant.dialogue.agreeing import look_again
from kommutator.assistant.dialogue.dates import moment_in_words
from kommutator.assistant.dialogue.moment import (
    Moment,
    answering,
    asking,
    cleared,
    reply,
    without_pick,
)
from kommutator.assistant.dialogue.offering import SHOWN, Found, Kept, Why
from kommutator.assistant.dialogue.reminding import LOW
from kommutator.domain.assistant.frame import Expecting, When
from kommutator.domain.assistant.talk import (
    Acted,
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    Goal,
    HandOver,
    MoveVisit,
    Offer,
    OptOut,
    Rate,
    Talk,
    Turn,
)

_TIME_GONE = frozenset({"taken", "nobody", "overlap"})


async def told(m: Moment, act: AnyAct, acted: Acted) -> Turn:
    """The talk goes on, ends well, or goes to a person."""
    if acted.state == "done":
        return await _done(m, act)
    reason = (acted.reason or "").removeprefix("booking_")
    if isinstance(act, BookVisit | MoveVisit):
        if acted.state == "taken" or (acted.state == "refused" and reason in _TIME_GONE):
            return await _taken(m, act, acted)
        if acted.state == "refused" and isinstance(act, BookVisit):
            return _refused(m, act, reason)
    return reply(m, m.talk, m.say(f"assistant.told.{acted.state}"), hand_over=HandOver.FAILED)


async def _done(m: Moment, act: AnyAct) -> Turn:
    if isinstance(act, BookVisit):
        return await _booked(m, act)
    if isinstance(act, MoveVisit):
        to = naming.offer_in_words(m.scene, act.offer, m.words.language)
        return reply(m, cleared(m.talk), m.say("assistant.done.move", to=to))
    if isinstance(act, CancelVisit):
        slug = "assistant.done.cancel_all" if act.also else "assistant.done.cancel"
        return reply(m, cleared(m.talk), m.say(slug))
    if isinstance(act, ConfirmVisit):
        return _confirmed(m, act)
    if isinstance(act, Rate):
        return _rated(m, act)
    slug = "assistant.done.opt_out" if isinstance(act, OptOut) else "assistant.done.opt_in"
    return reply(m, cleared(m.talk), m.say(slug))


async def _booked(m: Moment, act: BookVisit) -> Turn:
    visit = naming.listed(
        naming.titles(naming.services_of(m.scene, act.service_ids)),
        naming.name_of(m.scene, act.offer.staff_id),
        moment_in_words(act.offer.starts_at, m.scene.now.date(), m.words.language),
    )
    said = m.say("assistant.done.book", visit=visit)
    if m.scene.salon.address:
        said += "\n" + m.say("assistant.our_address", address=m.scene.salon.address)
    if not m.talk.queue:
        return reply(m, _who(m, act), said)
    turn = await _next_in_queue(m, act)
    return msgspec.structs.replace(turn, says=(said, *turn.says))


async def _next_in_queue(m: Moment, act: BookVisit) -> Turn:
    """The visit of the next person, or the next service: rather on the same day."""
    day = act.offer.starts_at.date()
    talk = msgspec.structs.replace(
        _who(m, act),
        goal=Goal.BOOK,
        services=m.talk.queue[0],
        queue=m.talk.queue[1:],
        when=When(first=day, last=day),
    )
    return await booking.go_on(m, talk, m.say("assistant.next_one"), kept=_not(act.offer))


def _confirmed(m: Moment, act: ConfirmVisit) -> Turn:
    """Every visit by its time; what was open before is asked again."""
    visits = [naming.visit_of(m.scene, one) for one in act.records]
    if not all(visits):
        return answering(m, m.say("assistant.done.confirm_any"))
    if m.talk.goal in {Goal.MOVE, Goal.CANCEL} and m.talk.record_id in act.records:
        m = m.having(cleared(m.talk))  # who comes to it neither moves nor cancels it
    today = m.scene.now.date()
    shown = [moment_in_words(one.starts_at, today, m.words.language) for one in visits if one]
    return answering(m, m.say("assistant.done.confirm", when="; ".join(shown)))


def _rated(m: Moment, act: Rate) -> Turn:
    if act.stars > LOW:
        return reply(m, m.talk, m.say("assistant.done.rated_high"))
    slug = "assistant.done.rated_low_words" if act.words else "assistant.done.rated_low"
    return reply(m, m.talk, m.say(slug), hand_over=HandOver.LOW_RATING)


async def _taken(m: Moment, act: BookVisit | MoveVisit, acted: Acted) -> Turn:
    """The nearest other times, those that the salon itself named first."""
    others = _not(act.offer)
    shown = [
        one
        for one in acted.alternatives
        if others(one) and one.starts_at > m.scene.now and naming.staff_of(m.scene, one.staff_id)
    ]
    if not shown:
        return await look_again(m, act, kept=others)
    talk = _again(m, act)
    found = Found(offers=tuple(shown[:SHOWN]), why=Why.BUSY)
    return booking.offer_times(m, talk, found)


def _refused(m: Moment, act: BookVisit, reason: str) -> Turn:
    """What the client can put right is asked for; else a person goes on."""
    talk = msgspec.structs.replace(_again(m, act), offered=(act.offer,))
    if reason == "bad_phone" and not m.scene.client.phone:
        talk = msgspec.structs.replace(talk, phone=None, expecting=Expecting.PHONE)
        return asking(m, talk, m.say("assistant.bad_phone"))
    if reason == "no_name" and not m.scene.client.name:
        talk = msgspec.structs.replace(talk, name=None, expecting=Expecting.NAME)
        return asking(m, talk)
    said = m.say("assistant.service_gone" if reason == "gone" else "assistant.told.refused")
    return reply(m, m.talk, said, hand_over=HandOver.FAILED)


def _again(m: Moment, act: BookVisit | MoveVisit) -> Talk:
    """The wish as it was, at that very time."""
    day, at = act.offer.starts_at.date(), act.offer.starts_at.time()
    talk = msgspec.structs.replace(without_pick(m.talk), when=When(first=day, last=day, at=at))
    if isinstance(act, BookVisit):
        return msgspec.structs.replace(talk, goal=Goal.BOOK, services=act.service_ids)
    return msgspec.structs.replace(talk, goal=Goal.MOVE, record_id=act.record_id)


def _who(m: Moment, act: BookVisit) -> Talk:
    """Nothing is wished any more; the name and number that the salon took are kept."""
    phone = m.talk.phone if m.scene.client.phone else act.phone
    return msgspec.structs.replace(cleared(m.talk), name=act.name, phone=phone)


def _not(gone: Offer) -> Kept:
    def others(offer: Offer) -> bool:
        return (offer.starts_at, offer.staff_id) != (gone.starts_at, gone.staff_id)

    return others
