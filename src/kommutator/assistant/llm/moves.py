"""What the model may do with a turn: each move is carried out by the dialogue, in its words."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

import msgspec

from kommutator.assistant.dialogue import (
    agreeing,
    answering,
    booking,
    cancelling,
    choosing,
    moving,
    reminding,
    repairs,
)
from kommutator.assistant.dialogue.moment import Moment, cleared, reply, without_pick
from kommutator.assistant.dialogue.offering import SHOWN
from kommutator.assistant.dialogue.offering import Found as Shown
from kommutator.assistant.dialogue.questions import open_question
from kommutator.assistant.dialogue.wish import exactly
from kommutator.assistant.llm.desk import Desk, Found, WrongError
from kommutator.assistant.llm.facts import proved
from kommutator.domain.assistant.frame import Frame, Intent, When
from kommutator.domain.assistant.guard import permitted
from kommutator.domain.assistant.talk import ConfirmVisit, Goal, HandOver, Talk, Turn

Topic = Literal["price", "services", "staff", "address", "hours", "visits", "thanks", "greeting"]
Reason = Literal["asked", "complaint", "sensitive", "late"]
_NAME: Final = re.compile(r"[^\W\d_][^\W\d_'’ -]{0,60}(?:[ '’-][^\W\d_]+){0,3}")
_SAYS: Final[Mapping[Topic, tuple[Intent, Callable[[Moment], Awaitable[Turn]]]]] = {
    "price": (Intent.PRICE, answering.price),
    "services": (Intent.SERVICES, answering.services),
    "staff": (Intent.STAFF, answering.staff),
    "address": (Intent.ADDRESS, answering.address),
    "hours": (Intent.HOURS, answering.hours),
    "visits": (Intent.MY_VISIT, answering.my_visit),
    "thanks": (Intent.THANKS, answering.thanks),
    "greeting": (Intent.GREETING, answering.greeting),
}


class Wish(msgspec.Struct, frozen=True):
    """Parts of a wish as the model understood them. Raises nothing: `heard` checks them."""

    service_ids: Sequence[int] = ()
    maybe_service_ids: Sequence[int] = ()
    staff_id: int | None = None
    any_staff: bool = False
    usual_staff: bool = False
    when: When = When()
    name: str | None = None

    def heard(self, desk: Desk, intent: Intent) -> Moment:
        """The turn as if the rules had understood it so. Raises WrongError."""
        read = desk.m.frame
        frame = Frame(
            intent,
            services=desk.services(self.service_ids),
            maybe_services=desk.services(self.maybe_service_ids),
            staff=desk.staff(self.staff_id),
            any_staff=self.any_staff,
            usual_staff=self.usual_staff,
            when=desk.demand_hours(self.when),
            name=_own_name(desk, self.name) or read.name,
            phone=read.phone,
            repaired=read.repaired,
            language=read.language,
        )
        return replace(desk.m, frame=frame)


# --- a visit that is to be -----------------------------------------------------------------------


async def wish(desk: Desk, parts: Wish, remark: str = "") -> Turn:
    """A visit is wished, or a part of one is said: the dialogue looks for times and asks on."""
    turn = await booking.wanted(parts.heard(desk, Intent.BOOK))
    return _with(desk, turn, remark)


async def wish_move(desk: Desk, visit_id: int | None, parts: Wish, remark: str = "") -> Turn:
    """A visit is to be at another time; None: which one is not clear."""
    among = () if visit_id is None else (desk.visit(visit_id).id,)
    turn = await moving.wanted(parts.heard(desk, Intent.MOVE), among)
    return _with(desk, turn, remark)


async def offer_times(desk: Desk, offer_ids: Sequence[str], remark: str = "") -> Turn:
    """Let the client choose among times that were found in this turn."""
    found = [desk.offer(one) for one in dict.fromkeys(offer_ids)][:SHOWN]
    if not found:
        raise WrongError("name one to three times")
    first = found[0]
    if any((one.services, one.record_id) != (first.services, first.record_id) for one in found):
        raise WrongError("these times are for different visits")
    offers = tuple(sorted((one.offer for one in found), key=lambda one: one.starts_at))
    turn = booking.offer_times(desk.m, _wished(desk, first), Shown(offers=offers))
    return _with(desk, turn, remark)


async def propose_booking(desk: Desk, offer_id: str, name: str | None = None) -> Turn:
    """Put this very time to the client; they must agree to it in a later turn."""
    found = desk.offer(offer_id)
    if found.record_id is not None:
        raise WrongError("that time is for moving a visit: use propose_move")
    m = Wish(name=name).heard(desk, Intent.CHOICE)
    talk = msgspec.structs.replace(
        m.talk if found.earlier else _wished(desk, found),
        name=m.frame.name or m.talk.name,
        phone=m.frame.phone or m.talk.phone,
    )
    if found.earlier:
        return await choosing.time_chosen(m.having(talk), found.offer)
    return await booking.take(
        m, msgspec.structs.replace(talk, when=exactly(found.offer)), found.offer
    )


async def propose_move(desk: Desk, offer_id: str) -> Turn:
    """Put it to the client that their visit goes to this time."""
    found = desk.offer(offer_id)
    if found.record_id is None:
        raise WrongError("that time is for a new visit: use propose_booking, or find_moves first")
    desk.visit(found.record_id)
    if found.earlier:
        return await choosing.time_chosen(desk.m, found.offer)
    return moving.take(desk.m, _wished(desk, found), found.offer)


async def propose_cancel(desk: Desk, visit_id: int | None) -> Turn:
    """Put it to the client that their visit is cancelled; None: which one is not clear."""
    if visit_id is None:
        return await cancelling.wanted(replace(desk.m, frame=_bare(desk, Intent.CANCEL)))
    return cancelling.propose(desk.m, _begun(desk, Goal.CANCEL), desk.visit(visit_id).id)


# --- yes and no ----------------------------------------------------------------------------------


async def agree(desk: Desk) -> Turn:
    """The client agrees to what was proposed. Their own words must say so, not the model."""
    m = desk.m
    if m.talk.proposal is None:
        raise WrongError("nothing was proposed: propose first, the client agrees in a later turn")
    if not permitted(m.talk, m.frame, m.talk.proposal):
        raise WrongError("the client's words do not plainly agree: ask, or make another move")
    return await agreeing.yes(m)


async def decline(desk: Desk) -> Turn:
    """The client does not want what was offered or proposed, and says nothing else."""
    return await agreeing.no(replace(desk.m, frame=_bare(desk, Intent.NO)))


async def confirm_visit(desk: Desk, visit_id: int) -> Turn:
    """The client says that they come to a visit that they have."""
    visit = desk.visit(visit_id)
    if not permitted(desk.m.talk, desk.m.frame, ConfirmVisit(visit.id)):
        raise WrongError("the client's words do not say that they come: ask, or make another move")
    return await reminding.confirmed(desk.m, [visit.id])


# --- words ---------------------------------------------------------------------------------------


async def answer(desk: Desk, topics: Sequence[Topic], parts: Wish, remark: str = "") -> Turn:
    """Answer questions from what is known; what was open is asked again after the last."""
    if not topics:
        raise WrongError("name one topic at least, or use not_understood")
    says: list[str] = []
    turn = Turn(desk.m.talk)
    for topic in dict.fromkeys(topics):
        intent, room = _SAYS[topic]
        m = replace(parts.heard(desk, intent), talk=turn.talk)
        before = open_question(m.scene, m.talk, m.words)
        turn = await room(m)
        says = [*(one for one in says if one != before), *turn.says]
    turn = msgspec.structs.replace(turn, says=tuple(dict.fromkeys(says)))
    return _with(desk, turn, remark)


async def hand_over(desk: Desk, reason: Reason) -> Turn:
    """A person goes on."""
    if reason == "late":
        return reply(desk.m, desk.m.talk, desk.m.say("assistant.late"), hand_over=HandOver.ASKED)
    why = HandOver(reason)
    return reply(desk.m, desk.m.talk, desk.m.say(f"assistant.hand_over.{why}"), hand_over=why)


async def not_understood(desk: Desk) -> Turn:
    """The words make no sense here; after the second turn of this kind a person goes on."""
    return repairs.not_understood(desk.m)


# --- how -----------------------------------------------------------------------------------------


def _wished(desk: Desk, found: Found) -> Talk:
    """The talk as it is when this time is shown or proposed."""
    m = desk.m
    if found.record_id is not None:
        talk = _begun(desk, Goal.MOVE)
        return msgspec.structs.replace(talk, record_id=found.record_id)
    talk = m.talk if m.talk.goal in {Goal.BOOK, Goal.NONE} else cleared(m.talk)
    return msgspec.structs.replace(
        without_pick(talk), goal=Goal.BOOK, services=found.services, choices=()
    )


def _begun(desk: Desk, goal: Goal) -> Talk:
    return msgspec.structs.replace(cleared(desk.m.talk), goal=goal)


def _bare(desk: Desk, intent: Intent) -> Frame:
    return Frame(intent, language=desk.m.frame.language)


def _own_name(desk: Desk, name: str | None) -> str | None:
    """Only one that the client has written: nobody is booked under an invented name."""
    name = desk.mask.restore(name or "").strip()
    if not _NAME.fullmatch(name):
        return None
    written = desk.m.text.casefold()
    return name if name.casefold() in written else None


def _with(desk: Desk, turn: Turn, remark: str) -> Turn:
    """A sentence of the model's own before ours, if the salon wants that and it is proved."""
    remark = desk.mask.restore(remark).strip()
    if not remark or not desk.settings.free_words:
        return turn
    scene = desk.m.scene
    names = [*(one.name for one in scene.staff), *(one.title for one in scene.services)]
    if not proved(remark, [*desk.known, *turn.says], names):
        desk.left_out += 1
        return turn
    return msgspec.structs.replace(turn, says=(remark, *turn.says))
