"""A visit that is not to be, or several: which; then the proposal."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from kommutator.assistant.dialogue import picking
from kommutator.assistant.dialogue.moment import Moment, asking, without_pick
from kommutator.domain.assistant.frame import Expecting, Intent
from kommutator.domain.assistant.talk import CancelVisit, Goal, Talk, Turn

_ONLY = re.compile(r"\b(только|лишь|тільки|лише|only|just)\b", re.IGNORECASE)
_OTHER_WISHES = frozenset({Intent.MOVE, Intent.BOOK, Intent.FREE, Intent.PRICE, Intent.MY_VISIT})


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


async def narrowed(m: Moment) -> Turn | None:
    """Of several that are to be cancelled only some: "да, но только маникюр"."""
    proposal = m.talk.proposal
    if not isinstance(proposal, CancelVisit) or not proposal.also:
        return None
    if m.frame.intent in _OTHER_WISHES:
        return None
    part = picking.fitting_of(m, proposal.records)
    if not part or len(part) == len(proposal.records):
        return None
    if picking.keeps(m.text):
        part = [one for one in proposal.records if one not in part]
    elif m.frame.intent is Intent.NO and not _ONLY.search(m.text):
        return picking.ask_of(m, begun(m.talk), proposal.records)
    return propose(m, m.talk, *part)


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
