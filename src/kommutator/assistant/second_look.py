"""Words that answer a question of ours in form, and say something else in truth."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from kommutator.domain.assistant.frame import Expecting, Frame, Intent
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import CancelVisit, MoveVisit, Talk

_BARE_STARS: Final = re.compile(
    r"\W*(на\s+)?[1-5]\s*([-+*.,!\n)⭐★🌟]|зв|бал|stars?\b|из\b|/|$)", re.IGNORECASE
)
_WISHES: Final = frozenset({Intent.BOOK, Intent.FREE, Intent.MOVE, Intent.CANCEL})
_ASKS: Final = frozenset(
    {Intent.PRICE, Intent.SERVICES, Intent.ADDRESS, Intent.HOURS, Intent.MY_VISIT, Intent.LATE}
)
ReadUnasked = Callable[[], Frame]
"""The same words as if we had asked nothing."""


def looked_again(
    frame: Frame, scene: Scene, talk: Talk, text: str, expecting: Expecting, read: ReadUnasked
) -> Frame:
    """What is meant, where what was asked misleads: no yes beside "cancel", no stars of an hour."""
    if frame.intent is Intent.YES and talk.proposal is not None:
        plain = read()
        return plain if _speaks_of_another(plain.intent, talk) else frame
    if expecting is Expecting.STARS and frame.stars is not None and not _BARE_STARS.match(text):
        plain = read()
        ahead = plain.when.first is not None and plain.when.first > scene.now.date()
        return plain if ahead or plain.intent in _WISHES | _ASKS else frame
    return frame


def _speaks_of_another(intent: Intent, talk: Talk) -> bool:
    """A yes beside "cancel" or "move" agrees to nothing but that."""
    if intent is Intent.CANCEL:
        return not isinstance(talk.proposal, CancelVisit)
    return intent is Intent.MOVE and not isinstance(talk.proposal, MoveVisit)
