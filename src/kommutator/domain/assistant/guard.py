"""What a brain may have done: the last word before a write, whichever brain spoke. Pure."""

from __future__ import annotations

from kommutator.domain.assistant.frame import Frame, Intent
from kommutator.domain.assistant.talk import (
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    MoveVisit,
    Talk,
)

_AGREES = frozenset({Intent.YES, Intent.CONFIRM})
_REFUSES = frozenset({Intent.NO, Intent.CANCEL, Intent.MOVE, Intent.LATE, Intent.STOP})
_WRITES = (BookVisit, MoveVisit, CancelVisit)


def permitted(before: Talk, heard: Frame, act: AnyAct) -> bool:
    """Whether this act may be done after this turn.

    A visit is made, moved or cancelled only as it was proposed in an earlier turn, and only when
    the client's own words, read by rules, agree to it. That they come is noted unless those words
    say otherwise.

    Args:
        before: the talk as it stood when the proposal had been told.
        heard: the turn's messages as the rules read them, never as a model says it read them.
    """
    if isinstance(act, ConfirmVisit):
        return heard.intent not in _REFUSES
    if not isinstance(act, _WRITES):
        return True
    return act == before.proposal and heard.intent in _AGREES
