"""What a turn is for: one intent of all that its words could mean.

The first that fits wins: STOP, a complaint, a person asked for, cancel and move, being late, a
wish to book, questions, confirmation, yes and no, parts of a wish, thanks, greetings. A real wish
wins over a question beside it ("сколько стоит и запишите на завтра" is BOOK); a soft one ("хочу
узнать", "можно спросить") does not. An unneeded "cancel" is none: "не надо отменять".
"""

from __future__ import annotations

import re

from kommutator.assistant.rules import intent_patterns as says
from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.concepts import is_trade
from kommutator.assistant.rules.conditions import without_conditions
from kommutator.assistant.rules.line import Line
from kommutator.assistant.rules.tokens import Tokens
from kommutator.domain.assistant.frame import Intent

_FOREIGN = 4  # words that nobody understands; beside a time alone it is not our talk
_SHORT = 5  # tags of a message in which "старт" can be the whole wish

_UNKNOWN = re.compile(r"(?<= )[^\W\d_A-Z]{2,}(?= )")
# With how many words that nobody understands a politeness is still one.
_MANNERS = (
    (Intent.THANKS, says.THANKS, 6),
    (Intent.GREETING, says.HELLO, 2),
    (Intent.THANKS, says.BYE, 3),
)
_QUESTIONS: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.SERVICES, says.HOW_LONG),
    (Intent.PRICE, says.PRICE),
    (Intent.MY_VISIT, says.MY_VISIT),
    (Intent.FREE, says.WHEN_CAN),
    (Intent.ADDRESS, says.ADDRESS),
    (Intent.HOURS, says.HOURS_FIRMLY),
    (Intent.FREE, says.FREE),
    (Intent.STAFF, says.STAFF),
    (Intent.HOURS, says.HOURS),
    (Intent.SERVICES, says.SERVICES),
)


def intent_of(line: Line) -> Intent:
    """The intent of a line on which everything else was marked, where nothing was asked."""
    return wish_of(line) or _answer(line) or _manners(line)


def wish_of(line: Line) -> Intent | None:
    """The same without answers and manners; None where the turn has no wish and no question."""
    line = without_conditions(line)
    advertised = line.has(says.JOB) or (line.has(says.SPAM) and not line.has(says.CONTENT))
    if advertised or (line.has(says.WRONG_NUMBER) and not line.has(says.OFFERED_HERE)):
        return Intent.OTHER
    elsewhere = line.has(says.ELSEWHERE) and not line.has(says.OFFERED_HERE)
    elsewhere = elsewhere or line.has(says.GIVEN_AWAY)
    return _urgent(line) or _change(line) or (Intent.OTHER if elsewhere else _wish(line))


def asked_of_us(tokens: Tokens) -> str:
    """A mark where a verb asks of us: "красите брови?", "подстригите меня", "сделаете брови?"."""
    words = [token.text for token in tokens.items if token.tag == token.text]
    requested = any(is_trade(word) and morphology.is_request(word) for word in words)
    if requested and " NOT " not in tokens.line:
        return "REQUEST "
    verbs = [word for word in words if morphology.is_of_you(word)]
    trade = any(map(is_trade, verbs))
    if not (verbs and (trade or "?" in words)):
        return ""
    if any(morphology.is_of_once(word) for word in verbs):
        return "WILLYOU "
    return "YOUDO " if trade else ""


def is_of_others(line: Line) -> bool:
    """Whether the times in it are beside many words that are none of ours."""
    unknown = _UNKNOWN.findall(line.text)
    told = any(morphology.is_order(word) for word in unknown)
    return (told or len(unknown) >= _FOREIGN) and not line.has(says.OURS)


def _urgent(line: Line) -> Intent | None:
    if line.has(says.STOP) and not line.has(says.NOT_CANCELLED):
        return Intent.STOP
    if line.has(says.COMPLAINT):
        return Intent.COMPLAINT
    if line.has(says.PERSON):
        return Intent.PERSON
    if line.has(says.START_AGAIN):
        return Intent.START
    if line.has(says.START) and len(line.text.split()) <= _SHORT:
        return Intent.START
    return None


def _change(line: Line) -> Intent | None:
    rest = Line(says.NOT_CANCELLED.sub("NOTCHANGED", line.text))
    if rest.has(says.MOVE) or rest.has(says.SHIFT):
        return Intent.MOVE
    if rest.has(says.LATE):
        return Intent.LATE
    if cancelled := says.CANCEL.search(rest.text):
        after = Line(f" {rest.text[cancelled.end() :].strip()} ")
        return Intent.MOVE if rest.has(says.BOOK) or after.has(says.RATHER) else Intent.CANCEL
    if absent := says.NOT_COMING.search(rest.text):
        later = Line(f" {rest.text[absent.end() :].strip()} ")
        return Intent.MOVE if later.has(says.ANOTHER_TIME) else Intent.CANCEL
    return None


def _wish(line: Line) -> Intent | None:
    if line.has(says.NOT_BOOKED):
        return _question(line)
    if line.has(says.WHEN_CAN):
        return Intent.FREE
    if line.has(says.BOOK) or (line.has(says.WILL_YOU) and line.has(says.FOR_A_VISIT)):
        return Intent.BOOK
    question = _question(line)
    if not line.has(says.CONTENT) or line.has(says.REFUSED):
        return question
    if line.has(says.BOOK_FIRMLY) and not line.has(says.ASKS_ONLY):
        return Intent.BOOK
    timed = question is Intent.PRICE and line.has(says.TIMED)
    return Intent.BOOK if line.has(says.BOOK_WEAKLY) and (question is None or timed) else question


def _question(line: Line) -> Intent | None:
    """What they ask; "не отменяйте мою запись" names a visit and asks for none."""
    question = next((intent for intent, words in _QUESTIONS if line.has(words)), None)
    told = question is Intent.MY_VISIT and line.has(says.NOT_CANCELLED)
    return None if told and not line.has(says.ASKED_OUT) else question


def _answer(line: Line) -> Intent | None:
    if line.has(says.NOT_CANCELLED) or line.has(says.NOT_BOOKED):
        return Intent.CONFIRM if line.has(says.CONFIRM) else Intent.NO
    if line.has(says.CONFIRM) and not line.has(says.UNSURE):
        return Intent.CONFIRM
    if line.has(says.CONTENT):
        return _told(line)
    if line.has(says.NO):
        return Intent.NO
    if line.has(says.YES) and not (line.has(says.BYE) or line.has(says.THANKS) or _asks(line)):
        return Intent.YES
    return None


def _asks(line: Line) -> bool:
    """Whether something is asked in words that are none of ours: "розыгрыш ещё идёт?"."""
    return "?" in line.text.split() and _UNKNOWN.search(line.text) is not None


def _told(line: Line) -> Intent:
    """Of parts of a wish without one."""
    if line.has(says.SMALLTALK):
        return Intent.OTHER
    praised = (line.has(says.THANKS) and line.has(says.PRAISE)) or line.has(says.LOVED)
    praised = praised and not line.has(says.WISHED_TIME)
    return Intent.THANKS if praised or line.has(says.THANKS_FOR) else Intent.INFORM


def _manners(line: Line) -> Intent:
    beside = len(_UNKNOWN.findall(line.text))
    for intent, words, most in _MANNERS:
        if line.has(words) and beside <= most:
            return intent
    return Intent.OTHER
