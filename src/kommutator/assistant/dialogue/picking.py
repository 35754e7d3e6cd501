"""Which of the client's own visits is meant."""

from __future__ import annotations

import msgspec

from kommutator.assistant.dialogue.moment import Moment, asking, cleared, reply
from kommutator.domain.assistant.frame import Expecting, Frame
from kommutator.domain.assistant.talk import Goal, HandOver, Talk, Turn
from kommutator.domain.salon.facts import Visit


def visit_meant(m: Moment, talk: Talk) -> Visit | None:
    """The only one, the one already spoken of, or the only one that fits the words."""
    visits = m.scene.client.visits
    fitting = [one for one in visits if _fits(one, m.frame, talk.goal)]
    spoken_of = next((one for one in visits if one.id == talk.record_id), None)
    if spoken_of is not None and (spoken_of in fitting or not fitting):
        return spoken_of
    return fitting[0] if len(fitting) == 1 else None


def ask_which(m: Moment, talk: Talk) -> Turn:
    """Or say that there is none."""
    visits = m.scene.client.visits
    if not visits:
        return none_known(m, cleared(talk))
    fitting = [one for one in visits if _fits(one, m.frame, talk.goal)] or visits
    talk = msgspec.structs.replace(
        talk, visits=tuple(one.id for one in fitting), expecting=Expecting.CHOICE, record_id=None
    )
    return asking(m, talk)


def none_known(m: Moment, talk: Talk) -> Turn:
    """Whose number we do not know may have visits all the same: a person looks.

    A number that was only written proves nothing.
    """
    if m.scene.client.phone is None:
        return reply(m, talk, m.say("assistant.visits_unseen"), hand_over=HandOver.ASKED)
    return reply(m, talk, m.say("assistant.no_visits"))


def _fits(visit: Visit, frame: Frame, goal: Goal) -> bool:
    services = {one.service_id for one in visit.services}
    named = {*frame.services, *frame.maybe_services}
    if named and not named & services:
        return False
    if goal is Goal.MOVE:
        return True  # a day is where to, a name with whom
    if frame.staff is not None and frame.staff != visit.staff_id:
        return False
    when, day = frame.when, visit.starts_at.date()
    if when.first is not None and not when.first <= day <= (when.last or when.first):
        return False
    return when.at is None or when.at == visit.starts_at.time()
