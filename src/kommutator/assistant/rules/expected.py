"""What a turn is for, seen from what we asked: the same words answer one question and ask another.

Each question has its own default: under SERVICE, STAFF, DAY and TIME a part of a wish is INFORM
even with "хочу" and "можно"; under YES_OR_NO any mark of will decides; a reminder is confirmed,
moved or cancelled. A question of the client's own stays one wherever it stands.
"""

from __future__ import annotations

import re

from kommutator.assistant.rules import answers, contact
from kommutator.assistant.rules import expected_patterns as under
from kommutator.assistant.rules import intent_patterns as says
from kommutator.assistant.rules.answers import Answer
from kommutator.assistant.rules.intents import intent_of, is_of_others, wish_of
from kommutator.assistant.rules.line import Line
from kommutator.domain.assistant.frame import Expecting, Intent

# What a client may want beside a rating; praise and reproach in other words are not questions.
_BESIDE_STARS = (Intent.STOP, Intent.COMPLAINT, Intent.PERSON, Intent.MOVE, Intent.CANCEL)
_ASKED_PARTS = (Expecting.SERVICE, Expecting.STAFF, Expecting.DAY, Expecting.TIME)
_LETS = re.compile(r"(?i)\b(?:дава[йи]\w*|let's)")
_OF_A_NEW_VISIT = (*_ASKED_PARTS, Expecting.CHOICE, Expecting.YES_OR_NO)
_OFFERED = (Expecting.CHOICE, Expecting.DAY, Expecting.TIME)
# What the words of a wish can mean where a bare answer stands beside them.
_WITH_ANSWER = (None, Intent.BOOK)
# "Звоните на этот же": nobody is called.
_NO_WISH = (None, Intent.PERSON, Intent.HOURS, Intent.BOOK)
_TOLD = (Intent.INFORM, Intent.CONFIRM)


def intent_under(
    expecting: Expecting, line: Line, answer: Answer, text: str, visit: Intent | None
) -> tuple[Intent, str | None]:
    """The turn's intent, and the name where one was asked for and answered.

    Args:
        expecting: what we asked last.
        line: everything else on it was marked.
        answer: the number it answers with, if any.
        text: as it was written; names are read from it.
        visit: CANCEL or MOVE, as understood before days that are not wanted were struck out.
    """
    wish = _wish(expecting, line, visit)
    if expecting is Expecting.YES_OR_NO:
        return _agreed(line, wish), None
    if expecting is Expecting.NAME and wish in (*_WITH_ANSWER, Intent.START):
        own = contact.find_name(text)
        name = own or (None if line.has(says.NO_NAME) else contact.answered_name(text))
        if name:
            return Intent.INFORM, name
    if answer.intent is not None and _only_answers(line, answer, wish):
        asks_whose = answer.intent is Intent.CHOICE and line.has(under.WHOSE)
        return (Intent.STAFF if asks_whose else answer.intent), None
    if expecting is Expecting.REMINDER:
        lets = _LETS.search(text) is not None
        return _reminded(line, wish, lets=lets), None
    return _asked(expecting, line, answer, wish), None


def _only_answers(line: Line, answer: Answer, wish: Intent | None) -> bool:
    """Whether a bare answer is all there is; "второй, и пусть будет Оксана" asks for nothing."""
    if answer.intent is Intent.CHOICE and wish is Intent.FREE:
        return "?" not in line.text
    return wish in (*_WITH_ANSWER, answer.intent)


def _wish(expecting: Expecting, line: Line, visit: Intent | None) -> Intent | None:
    """Their wish; "завтра не смогу" to "which day?" is no cancel."""
    if visit and expecting in _OF_A_NEW_VISIT and not line.has(says.SAID_TO_CHANGE):
        wish = wish_of(line)
        return None if wish is visit else wish
    return visit or wish_of(line)


def _asked(expecting: Expecting, line: Line, answer: Answer, wish: Intent | None) -> Intent:
    """What words that are no bare answer mean after our question."""
    if answer.stars and (wish not in _BESIDE_STARS or line.has(under.NEVER_AGAIN)):
        return Intent.INFORM
    if asked := _asks_for_more(expecting, line, wish):
        return asked
    if expecting in _ASKED_PARTS and _is_part(line, wish):
        return Intent.INFORM
    if expecting is Expecting.CHOICE and wish is None and line.has(under.NONE_OF_THEM):
        return Intent.NO
    if expecting is Expecting.PHONE and wish in _NO_WISH and line.has(under.THIS_NUMBER):
        return Intent.INFORM
    return (_unasked(line, wish) if expecting is Expecting.NOTHING else wish) or intent_of(line)


def _unasked(line: Line, wish: Intent | None) -> Intent | None:
    """Out of the blue "попозже можно?" is of a visit they have; other people's talk is none."""
    if wish is None and line.has(under.AT_ANOTHER_HOUR):
        return Intent.MOVE
    if wish is None and intent_of(line) is Intent.INFORM:
        if line.has(under.ABOUT_STAFF):
            return Intent.STAFF
        if line.has(under.ABOUT_SERVICE):
            return Intent.SERVICES
    if wish is None and intent_of(line) in _TOLD and is_of_others(line):
        return Intent.OTHER
    return wish


def _is_part(line: Line, wish: Intent | None) -> bool:
    """Whether it only answers, in whatever words: "хочу завтра", "пораньше", "кто свободен"."""
    return (
        (wish is Intent.BOOK and line.has(says.CONTENT))
        or (wish is None and (line.has(under.ANY_PART) or line.has(says.CONTENT)))
        or (wish is Intent.FREE and line.has(under.WHOEVER_IS_FREE))
        or (wish is Intent.HOURS and line.has(says.CONTENT) and not line.has(says.ASKED_OUT))
    )


def _asks_for_more(expecting: Expecting, line: Line, wish: Intent | None) -> Intent | None:
    """Of what we could have named, or of what we did not offer."""
    if expecting is Expecting.SERVICE and line.has(under.WHICH_SERVICES):
        return Intent.SERVICES
    about = line.has(under.WHO_IS_THERE) or (wish is None and line.has(under.ABOUT_STAFF))
    if expecting is Expecting.STAFF and about:
        return Intent.STAFF
    if expecting is Expecting.CHOICE and line.has(under.AT_SOME_OTHER):
        return Intent.FREE
    if expecting in _OFFERED and line.has(under.WHAT_ELSE) and not line.has(under.SOONEST):
        return Intent.FREE
    if expecting is Expecting.CHOICE and line.has(under.RATHER_THEN):
        return Intent.FREE
    return None


def _agreed(line: Line, wish: Intent | None) -> Intent:
    agreed = answers.agreement(line)
    if wish in _WITH_ANSWER and (line.has(under.YES_IN_COMPANY) or line.has(under.WRITE_DOWN)):
        return Intent.YES
    if agreed is Intent.YES and answers.agrees_to_change(line):
        return Intent.YES
    told = "?" not in line.text.split() or line.has(under.YES_BUT)
    told = told and wish in (Intent.PRICE, Intent.FREE)
    if agreed and (wish in _WITH_ANSWER or (told and agreed is not Intent.YES)):
        return agreed
    if wish is None and line.has(under.UNWILLING):
        return Intent.NO
    intent = wish or intent_of(line)
    if intent is Intent.OTHER and line.has(under.ANOTHER_ONE):
        return Intent.INFORM
    return intent if intent not in (Intent.YES, Intent.CONFIRM) else Intent.INFORM


def _reminded(line: Line, wish: Intent | None, *, lets: bool) -> Intent:
    """They come, not, or at another time; who cannot say yet has not answered."""
    if line.has(under.WHICH_VISIT):
        return Intent.MY_VISIT
    if wish in (*_WITH_ANSWER, Intent.FREE, Intent.CANCEL):
        if line.has(under.UNDECIDED):
            return Intent.OTHER
        proposes = lets and line.has(says.CHANGES)
        if proposes or line.has(under.ANOTHER_TIME) or (wish is None and line.has(says.LATER)):
            return Intent.MOVE
    if wish is not None:
        return wish
    if line.has(under.ILL):
        return Intent.MOVE if line.has(says.CHANGES) else Intent.CANCEL
    intent = intent_of(line)
    stays = intent is Intent.NO and line.has(says.NOT_CANCELLED)
    coming = (
        stays
        or intent is Intent.YES
        or (
            intent in (Intent.THANKS, Intent.GREETING, Intent.INFORM, Intent.OTHER)
            and line.has(under.LOOKS_FORWARD)
        )
    )
    return Intent.CONFIRM if coming else intent
