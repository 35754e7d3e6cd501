"""An answer out of what was shown: by its number, or by a time that is on the list."""

from __future__ import annotations

import re

import msgspec

from kommutator.assistant.dialogue import booking, cancelling, moving, naming, picking, repairs
from kommutator.assistant.dialogue.moment import Moment, asking, may_be_had, without_pick
from kommutator.assistant.dialogue.offering import fits
from kommutator.assistant.dialogue.wish import exactly, merged
from kommutator.domain.assistant.frame import Expecting, When
from kommutator.domain.assistant.talk import Goal, Offer, Talk, Turn

_ANY = re.compile(
    r"\W*((давайте |в |на )?(любое|любой|любая)( время| вариант)?|вс[её] равно|без разницы"
    r"|не важно|неважно|будь-як\w+( час)?|байдуже|any( of them| time)?|whatever|either)\W*",
    re.IGNORECASE,
)


async def chosen(m: Moment) -> Turn:
    """A number; one that was not shown is asked for again."""
    talk, place = m.talk, m.frame.choice or 0
    options = _options(talk)
    if not options:
        return repairs.not_understood(m)
    place = len(options) if place == -1 else place
    if not 1 <= place <= len(options):
        return repairs.not_understood(m, m.say("assistant.out_of_range", last=len(options)))
    if talk.expecting is Expecting.SERVICE:
        return await _service(m, talk.choices[place - 1])
    if talk.visits:
        return await _visit(m, talk.visits[place - 1])
    return await time_chosen(m, talk.offered[place - 1])


async def time_chosen(m: Moment, offer: Offer) -> Turn:
    """Proposed; out of a list that was shown long ago only if it is still free."""
    if not may_be_had(m, offer):
        return await _looked_at_again(m, offer)
    if m.talk.goal is Goal.MOVE:
        return moving.take(m, m.talk, offer)
    return await booking.take(m, m.talk, offer)


async def any_of_the_shown(m: Moment) -> Turn | None:
    """The first of the shown times, where the client leaves the choice to us."""
    talk = m.talk
    if talk.expecting is not Expecting.CHOICE or not talk.offered or not _ANY.fullmatch(m.text):
        return None
    return await time_chosen(m, talk.offered[0])


async def several_of_the_shown(m: Moment) -> Turn | None:
    """As in "обе" and "1 и 2", where one visit of a list was asked for."""
    if m.talk.expecting is not Expecting.CHOICE or not m.talk.visits:
        return None
    if not picking.several_meant(m, m.talk.goal):
        return None
    return await (moving.wanted if m.talk.goal is Goal.MOVE else cancelling.wanted)(m)


def time_named(m: Moment) -> Offer | None:
    """The only one of the shown times that the words fit."""
    frame, talk = m.frame, m.talk
    if talk.expecting is not Expecting.CHOICE or not (frame.when.says_day or frame.when.says_time):
        return None
    if frame.services or frame.maybe_services:
        return None
    when = msgspec.structs.replace(frame.when, soonest=False)
    fitting = [
        one for one in talk.offered if fits(one, when) and frame.staff in {None, one.staff_id}
    ]
    return fitting[0] if len(fitting) == 1 else None


def _options(talk: Talk) -> tuple[object, ...]:
    if talk.expecting is Expecting.SERVICE:
        return talk.choices
    if talk.expecting is Expecting.CHOICE:
        return talk.visits or talk.offered
    # A proposal of the only time that was there: "1" means it, too.
    return talk.offered


async def _looked_at_again(m: Moment, offer: Offer) -> Turn:
    talk = msgspec.structs.replace(without_pick(m.talk), when=exactly(offer))
    visit = naming.visit_of(m.scene, talk.record_id)
    if talk.goal is not Goal.MOVE:
        return await booking.go_on(m, talk, rather=offer.staff_id)
    if visit is None:
        return picking.ask_which(m, talk)
    return await moving.go_on(m, msgspec.structs.replace(talk, staff=offer.staff_id), visit)


async def _service(m: Moment, service_id: int) -> Turn:
    talk = merged(m.talk, m.frame, m.text, m.scene)
    talk = msgspec.structs.replace(
        booking.without_pick_but_choices(talk),
        services=(*talk.services, service_id),
        choices=(),
        goal=Goal.BOOK,
    )
    return await booking.go_on(m, talk)


async def _visit(m: Moment, record_id: int) -> Turn:
    talk = msgspec.structs.replace(
        m.talk, record_id=record_id, visits=(), expecting=Expecting.NOTHING
    )
    visit = naming.visit_of(m.scene, record_id)
    if visit is None:
        return asking(m, msgspec.structs.replace(talk, record_id=None), m.say("assistant.gone"))
    if talk.goal is Goal.CANCEL:
        return cancelling.propose(m, talk, record_id)
    if m.frame.when != When():
        return await moving.wanted(m.having(talk))
    return await moving.go_on(m, talk, visit)
