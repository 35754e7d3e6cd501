"""How long to wait for the next piece of what a client writes. Pure."""

from __future__ import annotations

import re
from typing import Final

from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.settings import Debounce

_BUTTON: Final = re.compile(r"\W*\d{1,2}\W*")
_STOP: Final = re.compile(r"\W*(стоп|stop|старт|start|/start)\W*", re.IGNORECASE)
_YES_NO: Final = re.compile(
    r"\W*(да|нет|ок|окей|хорошо|верно|так|ні|ага|угу|yes|no|ok|okay|yep|nope|sure)\W*",
    re.IGNORECASE,
)
_TIME: Final = re.compile(r"\W*(?:в|о|об|at)?\s*\d{1,2}[:.\-\s]\d{2}\W*", re.IGNORECASE)
_PHONE_DIGITS: Final = 10
_LONGEST_NAME: Final = 3  # words


def wait_s(rules: Debounce, text: str, kind: str, expecting: Expecting) -> float:
    """Seconds after this message in which another one belongs to the same turn.

    Args:
        expecting: what was asked last: whoever answers it has said it all.
    """
    if kind == "text" and (
        _BUTTON.fullmatch(text) or _STOP.fullmatch(text) or _completes(text, expecting)
    ):
        return 0.0
    return rules.quiet_s


def _completes(text: str, expecting: Expecting) -> bool:
    match expecting:
        case Expecting.YES_OR_NO:
            return _YES_NO.fullmatch(text) is not None
        case Expecting.TIME | Expecting.CHOICE:
            return _TIME.fullmatch(text) is not None
        case Expecting.NAME:
            words = text.split()
            return 0 < len(words) <= _LONGEST_NAME and all(map(str.isalpha, words))
        case Expecting.PHONE:
            return sum(map(str.isdigit, text)) >= _PHONE_DIGITS
    return False
