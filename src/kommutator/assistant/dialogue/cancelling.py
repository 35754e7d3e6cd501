"""A visit that is not to be, or several: which; then the proposal."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kommutator.assistant.dialogue import picking
from kommutator.assistant.dialogue.moment import Moment, asking, without_pick
from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.talk import CancelVisit, Goal, Talk, Turn


async def wanted(m: Moment, among: Sequence[int] = ()) -> Turn:
    """A wish to cancel.

    Args:
        among: visits that we asked about.
    """
    talk = begun(m.talk, _spoken_of(m.talk, among))
    several = picking.several_meant(m, Goal.CANCEL, among)
    if several:
        return propose(m, talk, *(one.id for one in several))
    visit = picking.visit_meant(m, talk, among)
    return picking.ask_which(m, talk, among) if visit is None else propose(m, talk, visit.id)


def begun(talk: Talk, record_id: int | None = None) -> Talk:
    """Nothing else is wished."""
    return Talk(
        goal=Goal.CANCEL,
        record_id=record_id,
        name=talk.name,
        phone=talk.phone,
        language=talk.language,
    )


def propose(m: Moment, talk: Talk, record_id: int, *also: int) -> Turn:
    """These, all at once: one yes for them."""
    talk = msgspec.structs.replace(
        without_pick(talk),
        record_id=record_id,
        visits=(),
        proposal=CancelVisit(record_id, also),
        expecting=Expecting.YES_OR_NO,
    )
    return asking(m, talk)


def _spoken_of(talk: Talk, among: Sequence[int]) -> int | None:
    spoken_of = talk.record_id if talk.goal in {Goal.MOVE, Goal.CANCEL} else None
    if not among:
        return spoken_of
    return among[0] if len(among) == 1 else None
