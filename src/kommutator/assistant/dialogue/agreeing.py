"""Yes and no: to a proposal, to an offer, and to nothing at all."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kommutator.assistant.dialogue import booking, cancelling, choosing, moving, naming, repairs
from kommutator.assistant.dialogue.moment import (
    Moment,
    asking,
    cleared,
    may_be_had,
    reply,
    without_pick,
)
from kommutator.assistant.dialogue.offering import Kept, every, fits
from kommutator.assistant.dialogue.questions import open_question
from kommutator.assistant.dialogue.wish import known, says_something
from kommutator.domain.assistant.frame import Expecting, When
from kommutator.domain.assistant.talk import (
    BookVisit,
    CancelVisit,
    Goal,
    MoveVisit,
    Offer,
    Proposal,
    Turn,
)


async def yes(m: Moment) -> Turn:
    """Do what was proposed, if it still is what the client means and still can be had."""
    talk, proposal = m.talk, m.talk.proposal
    if proposal is not None:
        return await _agreed(m, proposal)
    if says_something(m.frame):
        return await changed(m)
    if len(talk.offered) == 1 and talk.expecting is Expecting.CHOICE:
        return await choosing.time_chosen(m, talk.offered[0])
    if talk.expecting is Expecting.YES_OR_NO and talk.services:
        return await booking.wanted(m)
    return _nothing_to_agree_to(m)


async def no(m: Moment) -> Turn:
    """What was proposed is not done; another wish in the same words goes on at once."""
    talk = m.talk
    if says_something(m.frame):
        return await changed(m)
    if isinstance(talk.proposal, CancelVisit | MoveVisit):
        several = isinstance(talk.proposal, CancelVisit) and talk.proposal.also
        slug = "assistant.visits_stay" if several else "assistant.visit_stays"
        return reply(m, cleared(talk), m.say(slug))
    if talk.expecting is Expecting.CHOICE and talk.offered:
        asked = msgspec.structs.replace(without_pick(talk), expecting=Expecting.DAY)
        return asking(m, asked)
    if talk.proposal is not None:
        waits = msgspec.structs.replace(without_pick(talk), expecting=Expecting.DAY)
        return reply(m, waits, m.say("assistant.not_booked"))
    return reply(m, cleared(talk), m.say("assistant.as_you_wish"))


async def changed(m: Moment) -> Turn:
    """A part of the wish is another now."""
    if m.talk.goal is Goal.MOVE:
        return await moving.wanted(m)
    return await booking.wanted(m)


async def shifted(m: Moment, kept: Kept) -> Turn:
    """Later, earlier, or simply others than those that were shown."""
    when = m.talk.when
    talk = msgspec.structs.replace(
        without_pick(m.talk), when=When(first=when.first, last=when.last)
    )
    if repairs.wants_somebody_else(m.text):
        talk = msgspec.structs.replace(talk, staff=None, any_staff=True, when=when)
    visit = naming.visit_of(m.scene, talk.record_id)
    if talk.goal is Goal.MOVE and visit is not None:
        return await moving.go_on(m, talk, visit, kept=kept)
    return await booking.go_on(m, msgspec.structs.replace(talk, goal=Goal.BOOK), kept=kept)


def _nothing_to_agree_to(m: Moment) -> Turn:
    """Politeness may say yes as often as it likes: nobody is called for it."""
    question = open_question(m.scene, m.talk, m.words)
    if m.talk.expecting in {Expecting.CHOICE, Expecting.SERVICE}:
        return reply(m, m.talk, f"{m.say('assistant.which_one')}\n{question}")
    if question:
        return reply(m, m.talk, question)
    return reply(m, m.talk, f"{m.say('assistant.yes_to_what')}\n{m.say('assistant.menu')}")


async def _agreed(m: Moment, proposal: Proposal) -> Turn:
    if not _is_meant(m, proposal):
        return await changed(m)
    gone = await _gone(m, proposal)
    if gone is not None:
        return gone
    talk = msgspec.structs.replace(m.talk, proposal=None, expecting=Expecting.NOTHING)
    return reply(m, talk, act=proposal)


def _is_meant(m: Moment, proposal: Proposal) -> bool:
    """Whether "yes, but at four" says anything else than what was proposed."""
    frame = m.frame
    if isinstance(proposal, CancelVisit):
        return True
    if frame.unclear:
        return False
    if isinstance(proposal, BookVisit):
        if not set(known(frame.services, m.scene)) <= set(proposal.service_ids):
            return False
        if frame.name is not None and frame.name != proposal.name:
            return False
    if frame.staff not in {None, proposal.offer.staff_id}:
        return False
    return fits(proposal.offer, frame.when)


async def _gone(m: Moment, proposal: Proposal) -> Turn | None:
    """What is said instead, if it cannot be done any more."""
    if isinstance(proposal, CancelVisit):
        left = [one for one in proposal.records if naming.visit_of(m.scene, one)]
        if left and len(left) < len(proposal.records):
            return cancelling.propose(m, m.talk, *left)
    if isinstance(proposal, CancelVisit | MoveVisit):
        visit = naming.visit_of(m.scene, proposal.record_id)
        if visit is None:
            return reply(m, cleared(m.talk), m.say("assistant.gone"))
    if isinstance(proposal, CancelVisit):
        return None
    if may_be_had(m, proposal.offer):
        return None
    past = proposal.offer.starts_at <= m.scene.now
    if not past and proposal.offer in await _free_now(m, proposal):
        return None
    return await look_again(m, proposal)


async def look_again(m: Moment, proposal: BookVisit | MoveVisit, *, kept: Kept = every) -> Turn:
    """That time may not be free any more: it again, or the nearest others."""
    day, at = proposal.offer.starts_at.date(), proposal.offer.starts_at.time()
    talk = without_pick(msgspec.structs.replace(m.talk, when=When(first=day, last=day, at=at)))
    if isinstance(proposal, BookVisit):
        talk = msgspec.structs.replace(talk, services=proposal.service_ids, goal=Goal.BOOK)
        return await booking.go_on(m, talk, kept=kept)
    visit = naming.visit_of(m.scene, proposal.record_id)
    if visit is None:
        return reply(m, cleared(m.talk), m.say("assistant.gone"))
    talk = msgspec.structs.replace(talk, record_id=visit.id, goal=Goal.MOVE)
    return await moving.go_on(m, talk, visit, kept=kept)


async def _free_now(m: Moment, proposal: BookVisit | MoveVisit) -> Sequence[Offer]:
    day, staff = proposal.offer.starts_at.date(), proposal.offer.staff_id
    if isinstance(proposal, BookVisit):
        return await m.times.starts(proposal.service_ids, staff, day, day)
    return await m.times.moves(proposal.record_id, day, day)
