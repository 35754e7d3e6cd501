"""Words that sound like a wish, a reproach or a question and are none where they stand.

"Боюсь, что испортят", "если кто-то отменит", "рейс отменили", "у меня сменный график": what is
feared, done by others or told of the client's own life is struck out before intents are read.
"""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

from kommutator.assistant.rules.line import Line
from kommutator.assistant.rules.tokens import phrase

_IN_THE_CLAUSE = r"(?:[^\s.;!?|]+ )"
# What might go wrong, and what went wrong at others' places.
_FEARED = phrase(
    rf"(?:боюсь|боюся|переживаю|лишь|только|главное|чтобы|чтоб|щоб|afraid|worried) (?:{_IN_THE_CLAUSE}){{0,4}}(?:COMPLAIN|HURTS|BADLY)"
    rf"|(?:COMPLAIN|HURTS|BADLY) (?:{_IN_THE_CLAUSE}){{0,4}}(?:IN|ON) (?:OTHERONE|друг\S*|чуж\S*|інш\S*) (?:салон\S*|PLACE|MASTER)"
    rf"|(?:IN|ON) OTHERONE (?:салон\S*|PLACE|MASTER) (?:{_IN_THE_CLAUSE}){{0,4}}(?:COMPLAIN|HURTS|BADLY)"
)
# Only louder: "ужасно хочу", "кошмар как обросла".
_LOUDER = phrase(
    r"(?:COMPLAIN|BADLY)(?= (?:WANT|NEED|соскуч\S*|скуч\S*|устал\S*|HOW S\d+|HOW нужн\S*))"
)
# An ailment with which somebody wants to come: "болит спина, хочу на массаж".
_AILING = phrase(r"HURTS")
_TO_COME = phrase(r"WANT|BOOKV|NEED|CAN|HAVE|WHAT|RECOMMEND|WILLYOU|[QW]\d+")
_OURS_TO_BLAME = phrase(
    r"AFTER|MASTER|E\d+|ваш\S*|вы|ви|RETURN|MONEY|COMPLAIN|DID|прошлораз|you|your"
)
# Others' cancelling is what makes a place free.
_CANCELLED_BY_OTHERS = phrase(
    rf"(?:если|якщо|if|вдруг|раптом) (?:{_IN_THE_CLAUSE}){{0,2}}(?:ANYONE|кто|хто|WILLBE|появ\S*|HAVE) (?:{_IN_THE_CLAUSE}){{0,3}}CANCELV(?: RECORD)?"
    rf"|(?:если|якщо|if|вдруг) CANCELV (?:ANYONE|кто|хто)|(?:NO|NOT|HAVE)(?: (?:ли|чи|WILLBE|any))? CANCELV(?= (?:ON|IN|\?|Q\d))|NOT (?:WILLBE|появ\S*) (?:ли )?CANCELV"
)
_OTHER_AFFAIRS = r"(?:рейс|занят|занятт|встреч|зустріч|урок|тренировк|тренуванн|совещани|нарад|поездк|поїздк|командировк|пар[ыуи]|смен[уы]|лекци)\w*"
_AFFAIR_OFF = phrase(
    rf"{_OTHER_AFFAIRS} (?:I |IN I )?(?:CANCELV|MOVEV)|(?:I |IN I )?(?:CANCELV|MOVEV) {_OTHER_AFFAIRS}"
)
# The client's own hours of work are no question for ours.
_OWN_HOURS = phrase(
    r"(?:I|MY|IN I) (?:[^\sA-Z,.]+ )?TIMETABLE|TIMETABLE (?:IN I|MY)|сменный TIMETABLE"
)
# Until when clients are taken.
_LAST_OF_DAY = phrase(r"(?<!MY )LAST (?:RECORD|клиент\S*|клієнт\S*)(?! (?:IN I|MY))")
# "Надо ли записываться заранее?" asks of a rule.
_IN_ADVANCE = phrase(
    r"(?:NEED|обязательно|обов'язково) (?:ли |чи )?(?:I )?BOOKV(?= (?:[^\sA-Z]+ )?\?)|BOOKV (?:заранее|заздалегідь)(?= \?)|BOOKV (?:обязательно|обов'язково)(?= \?)"
)
# Another look is no other day.
_NEW_LOOK = phrase(
    r"CHANGE(?= (?:MY )?(?:имидж|образ|цвет|стиль|прическу|колір|імідж|форму|длину|оттенок|style|look)\S* )"
)
# "Вы по записи?" asks of no visit.
_BY_BOOKING = phrase(r"BYP (?:NEAREST )?RECORD(?! ON)")


def strike_out(line: Line) -> None:
    """Strike what only sounds like a wish, a reproach or a question."""
    line.drop(_FEARED, "TOLD")
    line.drop(_LOUDER, "_")
    if line.has(_AILING) and line.has(_TO_COME) and not line.has(_OURS_TO_BLAME):
        line.drop(_AILING, "TOLD")
    line.drop(_CANCELLED_BY_OTHERS, "FREE")
    line.drop(_AFFAIR_OFF, "TOLD")
    line.drop(_OWN_HOURS, "TOLD")
    line.drop(_BY_BOOKING, "walkin")
    line.drop(_IN_ADVANCE, "walkin")
    line.drop(_NEW_LOOK, "_")
    line.drop(_LAST_OF_DAY, "LASTONE")
