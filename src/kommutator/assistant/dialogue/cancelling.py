"""A visit that is not to be: which one; then the proposal."""

from __future__ import annotations

import re

import msgspec

from kommutator.assistant.dialogue import picking
from kommutator.assistant.dialogue.moment import Moment, asking, without_pick
from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.talk import CancelVisit, Goal, Talk, Turn

_ALL = re.compile(r"\b(обе|оба|вс[её](?! равно)|обидв[аі]|всі|both|all)\b", re.IGNORECASE)


async def wanted(m: Moment, record_id: int | None = None) -> Turn:
    """A wish to cancel.

    Args:
        record_id: which visit, where we asked about one.
    """
    spoken_of = m.talk.record_id if m.talk.goal in {Goal.MOVE, Goal.CANCEL} else None
    talk = Talk(
        goal=Goal.CANCEL,
        record_id=record_id or spoken_of,
        name=m.talk.name,
        phone=m.talk.phone,
        language=m.talk.language,
    )
    coming = tuple(one.id for one in m.scene.client.visits)
    if len(coming) > 1 and _ALL.search(m.text):
        return propose(m, talk, *coming)
    visit = picking.visit_meant(m, talk)
    return picking.ask_which(m, talk) if visit is None else propose(m, talk, visit.id)


def propose(m: Moment, talk: Talk, record_id: int, *then: int) -> Turn:
    """One visit; those that come `then` are proposed one by one, after it is cancelled."""
    talk = msgspec.structs.replace(
        without_pick(talk),
        record_id=record_id,
        visits=then,
        proposal=CancelVisit(record_id),
        expecting=Expecting.YES_OR_NO,
    )
    return asking(m, talk)
