"""The whole machine on one page: which room answers which turn.

A turn is tried in this order: an answer to either of two questions; a rating that we asked for;
what a machine must not answer; what the client may always demand; an answer to a reminder; an
answer out of what was shown; then by intent. Whatever none of them takes was not understood.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from kommutator.assistant.dialogue import (
    agreeing,
    answering,
    booking,
    cancelling,
    choosing,
    coming,
    doubting,
    moving,
    picking,
    reminding,
    repairs,
)
from kommutator.assistant.dialogue.moment import Moment, cleared, noted, reply
from kommutator.assistant.dialogue.sensitive import is_sensitive
from kommutator.assistant.dialogue.wish import says_something
from kommutator.domain.assistant.frame import Expecting, Intent
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import (
    Goal,
    HandOver,
    OptIn,
    OptOut,
    Talk,
    Turn,
)

FORGOTTEN: Final = timedelta(hours=24)
"""After so long a silence nobody remembers what was wished."""

_NOD = re.compile(
    r"\W*(ок|окей|ага|угу|хорошо|понятно|понял\w?|поняла|ясно|супер|отлично|класс|добре|гаразд"
    r"|зрозуміл\w+|ok|okay|k|fine|great|cool|👍|👌|❤️|🙏)?\W*",
    re.IGNORECASE,
)

Step = Callable[[Moment], Awaitable[Turn]]
Rule = Callable[[Moment], Awaitable[Turn | None]]
"""Takes a turn, or leaves it to the next one."""


async def answer(m: Moment) -> Turn:
    """One turn: what is said, done, or handed over, and how the talk stands then."""
    return greeted(m, await _answer(m))


async def settled(m: Moment) -> Turn | None:
    """What the rules alone answer, whichever brain is asked; None: it is open to all."""
    return await _first(_ALWAYS, m)


def greeted(m: Moment, turn: Turn) -> Turn:
    """A first answer begins with hello."""
    greets = m.scene.greet or m.frame.intent is Intent.GREETING
    # Who complains, or wants a person, is not told how glad we are.
    if not turn.says or not greets or turn.hand_over is not None:
        return turn
    name = m.talk.name or m.scene.client.name
    hello = m.say("assistant.hello_name", name=name) if name else m.say("assistant.hello")
    gap = "\n" if turn.says[0].startswith("•") else " "
    return msgspec.structs.replace(turn, says=(f"{hello}{gap}{turn.says[0]}", *turn.says[1:]))


def remembered(talk: Talk, scene: Scene) -> Talk:
    """As it is taken up: nothing of it after a long silence but who the client is."""
    if talk.told_at is None or scene.now - talk.told_at <= FORGOTTEN:
        return talk
    return cleared(talk)


async def _answer(m: Moment) -> Turn:
    return await _first(_FIRST, m) or await _BY_INTENT[m.frame.intent](m)


async def _first(rules: Sequence[Rule], m: Moment) -> Turn | None:
    for rule in rules:
        turn = await rule(m)
        if turn is not None:
            return turn
    return None


# --- before anything else ------------------------------------------------------------------------


async def _rating(m: Moment) -> Turn | None:
    return reminding.rated(m)


async def _sensitive(m: Moment) -> Turn | None:
    if not is_sensitive(m.text, _offered(m.scene)):
        return None
    return _to_a_person(m, HandOver.SENSITIVE)


async def _demand(m: Moment) -> Turn | None:
    demand = _DEMANDS.get(m.frame.intent)
    return None if demand is None else await demand(m)


async def _reminder(m: Moment) -> Turn | None:
    return None if m.question is None else await reminding.answer(m, m.question)


async def _nod(m: Moment) -> Turn | None:
    """After everything is said nobody answers an "ok"."""
    nothing_open = m.talk.expecting is Expecting.NOTHING and m.talk.goal is Goal.NONE
    if m.scene.greet or not nothing_open or not _NOD.fullmatch(m.text):
        return None
    return reply(m, m.talk)


async def _given_up(m: Moment) -> Turn | None:
    """On the safe side: nothing is asked to be done, so nothing stays proposed."""
    is_open = m.talk.proposal is not None or m.talk.offered
    wishes = says_something(m.frame) or m.frame.intent in _WISHES
    if not is_open or wishes or not repairs.gives_up(m.text):
        return None
    return await agreeing.no(m)


async def _nothing_known(m: Moment) -> Turn | None:
    """A salon whose services are not read yet, or that has none: nobody can choose of nothing."""
    if m.scene.services or m.frame.intent in _WITHOUT_SERVICES:
        return None
    return _to_a_person(m, HandOver.NOT_UNDERSTOOD)


async def _other_times(m: Moment) -> Turn | None:
    if m.frame.intent not in _MAY_SHIFT or says_something(m.frame):
        return None
    kept = repairs.other_times(m.text, m.talk)
    return None if kept is None else await agreeing.shifted(m, kept)


# --- what the client may always demand ---------------------------------------------------------


async def _stop(m: Moment) -> Turn:
    return reply(m, cleared(m.talk), act=OptOut())


async def _start(m: Moment) -> Turn:
    return reply(m, m.talk, act=OptIn())


async def _person(m: Moment) -> Turn:
    return _to_a_person(m, HandOver.ASKED)


async def _complaint(m: Moment) -> Turn:
    return _to_a_person(m, HandOver.COMPLAINT)


def _to_a_person(m: Moment, why: HandOver) -> Turn:
    return reply(m, m.talk, m.say(f"assistant.hand_over.{why}"), hand_over=why)


# --- by intent ---------------------------------------------------------------------------------


async def _book(m: Moment) -> Turn:
    """A wish of a service leaves a move; one of a time alone may be where that visit goes."""
    if m.talk.goal is not Goal.MOVE:
        return await booking.wanted(m)
    named = m.frame.services or (m.frame.intent is Intent.BOOK and m.frame.maybe_services)
    if not named and says_something(m.frame):
        return await _inform(m)
    slug = "assistant.visit_stays" if m.talk.record_id else "assistant.visits_stay"
    return noted(m.say(slug), await booking.wanted(m))


async def _move(m: Moment) -> Turn:
    """Before a visit is there, "move it" changes the wish."""
    if len(m.scene.client.visits) > 1 and repairs.cancels_and_moves(m.text):
        return _to_a_person(m, HandOver.ASKED)
    if m.talk.goal is Goal.BOOK and (m.talk.proposal or m.talk.offered):
        if says_something(m.frame):
            return await _inform(m)
        if not m.scene.client.visits:
            return await agreeing.no(m)
    return await moving.wanted(m)


async def _cancel(m: Moment) -> Turn:
    """Before a visit is there, "cancel it" ends the wish, unless it names visits that are."""
    if m.talk.goal is not Goal.BOOK or m.talk.expecting is Expecting.NOTHING:
        return await cancelling.wanted(m)
    if not says_something(m.frame) and not picking.tells_which(m.text):
        return reply(m, cleared(m.talk), m.say("assistant.not_booked_at_all"))
    return noted(m.say("assistant.wish_dropped"), await cancelling.wanted(m))


async def _late(m: Moment) -> Turn:
    """Who waits for them must know."""
    return reply(m, m.talk, m.say("assistant.late"), hand_over=HandOver.ASKED)


async def _inform(m: Moment) -> Turn:
    """Parts of a wish: what they belong to is decided by what is open."""
    offer = choosing.time_named(m)
    if offer is not None:
        return await choosing.time_chosen(m, offer)
    if m.talk.expecting is Expecting.CHOICE and m.talk.visits:
        return await (moving.wanted if m.talk.goal is Goal.MOVE else cancelling.wanted)(m)
    if m.talk.goal is Goal.MOVE:
        return await moving.wanted(m)
    if m.talk.goal is Goal.CANCEL and m.frame.when.says_day:
        return await moving.wanted(m)
    if says_something(m.frame) or m.frame.name or m.frame.phone:
        return await booking.wanted(m)
    return repairs.not_understood(m)


async def _other(m: Moment) -> Turn:
    return repairs.not_understood(m)


_ALWAYS: Final[Sequence[Rule]] = (doubting.ask, _rating, _sensitive, _demand, _reminder, _nod)
_FIRST: Final[Sequence[Rule]] = (
    *_ALWAYS,
    _nothing_known,
    _given_up,
    cancelling.narrowed,
    _other_times,
    choosing.several_of_the_shown,
    choosing.any_of_the_shown,
)

_DEMANDS: Final[Mapping[Intent, Step]] = {
    Intent.STOP: _stop,
    Intent.START: _start,
    Intent.PERSON: _person,
    Intent.COMPLAINT: _complaint,
}

_WISHES: Final = frozenset({Intent.BOOK, Intent.MOVE, Intent.CANCEL, Intent.YES, Intent.CONFIRM})
_WITHOUT_SERVICES: Final = frozenset(
    {Intent.ADDRESS, Intent.HOURS, Intent.MY_VISIT, Intent.THANKS, Intent.YES, Intent.CANCEL}
)
_MAY_SHIFT: Final = frozenset(
    {Intent.OTHER, Intent.NO, Intent.FREE, Intent.INFORM, Intent.BOOK, Intent.MOVE}
)

_BY_INTENT: Final[Mapping[Intent, Step]] = {
    **_DEMANDS,
    Intent.BOOK: _book,
    Intent.FREE: _book,
    Intent.MOVE: _move,
    Intent.CANCEL: _cancel,
    Intent.INFORM: _inform,
    Intent.CHOICE: choosing.chosen,
    Intent.YES: agreeing.yes,
    Intent.NO: agreeing.no,
    Intent.CONFIRM: coming.coming,
    Intent.LATE: _late,
    Intent.MY_VISIT: answering.my_visit,
    Intent.PRICE: answering.price,
    Intent.SERVICES: answering.services,
    Intent.STAFF: answering.staff,
    Intent.ADDRESS: answering.address,
    Intent.HOURS: answering.hours,
    Intent.GREETING: answering.greeting,
    Intent.THANKS: answering.thanks,
    Intent.OTHER: _other,
}


def _offered(scene: Scene) -> list[str]:
    """Every name of what the salon offers."""
    titles = [one.title for one in scene.services]
    trades = [one.specialization or "" for one in scene.staff]
    aliases = [alias for one in scene.vocabulary.services for alias in one.aliases]
    return [*titles, *trades, *aliases]
