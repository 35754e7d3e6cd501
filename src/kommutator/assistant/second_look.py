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
_MORE: Final = re.compile(
    r"\b(ещ[её]|также|тоже|ще|також|another visit|also|as well|too)\b", re.IGNORECASE
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
    """What is meant, where what was asked misleads.

    No yes stands beside "cancel", an hour is no rating, and a visit more is not the one moved.
    """
    if expecting is Expecting.REMINDER and frame.intent is Intent.MOVE:
        plain = read()
        return plain if _is_another_visit(plain, scene, text) else frame
    if frame.intent is Intent.YES and talk.proposal is not None:
        plain = read()
        return plain if _speaks_of_another(plain.intent, talk) else frame
    if expecting is Expecting.STARS and frame.stars is not None and not _BARE_STARS.match(text):
        plain = read()
        ahead = plain.when.first is not None and plain.when.first > scene.now.date()
        return plain if ahead or plain.intent in _WISHES | _ASKS else frame
    return frame


def _is_another_visit(plain: Frame, scene: Scene, text: str) -> bool:
    """Whether somebody books one more: by saying so, or of a service that they have not booked."""
    if plain.intent is not Intent.BOOK:
        return False
    booked = {one.service_id for visit in scene.client.visits for one in visit.services}
    named = {*plain.services, *plain.maybe_services}
    return _MORE.search(text) is not None or bool(named and not named & booked)


def _speaks_of_another(intent: Intent, talk: Talk) -> bool:
    """A yes beside "cancel" or "move" agrees to nothing but that."""
    if intent is Intent.CANCEL:
        return not isinstance(talk.proposal, CancelVisit)
    return intent is Intent.MOVE and not isinstance(talk.proposal, MoveVisit)
