"""They say that they come, and no reminder asks: to a proposal, or instead of a cancel."""

from __future__ import annotations

import re

from kommutator.assistant.dialogue import agreeing, answering, naming, reminding
from kommutator.assistant.dialogue.moment import Moment, cleared, reply
from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.talk import CancelVisit, ConfirmVisit, Turn

_SURE = re.compile(r"подтвер|підтвер|confirm", re.IGNORECASE)


async def coming(m: Moment) -> Turn:
    """To a proposal it is a yes, but "I shall come" cancels nothing; else the next visit is it."""
    proposal, visit = m.talk.proposal, answering.next_visit(m)
    if isinstance(proposal, CancelVisit) and not _SURE.search(m.text):
        if naming.visit_of(m.scene, proposal.record_id) is None:
            return reply(m, cleared(m.talk), m.say("assistant.gone"))
        return reply(m, cleared(m.talk), act=ConfirmVisit(proposal.record_id, proposal.also))
    if m.talk.expecting is Expecting.CHOICE and m.talk.visits:
        return _none_of_the_shown(m)
    if proposal is not None or visit is None:
        return await agreeing.yes(m)
    return await reminding.confirmed(m, [visit.id])


def _none_of_the_shown(m: Moment) -> Turn:
    """Who comes after all changes no visit; a reminder of before is answered by it."""
    talk, question = cleared(m.talk), reminding.latest(m.scene)
    if question is None or question.kind != "reminder":
        return reply(m, talk, m.say("assistant.visits_stay"))
    first, *also = reminding.named_with(m.scene, question)
    return reply(m, talk, act=ConfirmVisit(first, tuple(also)))
