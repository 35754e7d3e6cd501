"""Times of the client's own affairs ("самолёт в 10", "I finish at 5"): not when they want to come."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

from kommutator.assistant.rules.line import Line
from kommutator.assistant.rules.tokens import phrase

_CLAUSE = re.compile(r"(?<= )(?:[,.;!?|…]|\.\.\.|BUT|so|поэтому|тому|then)(?= )")
_OCCASION = phrase(
    r"(?<!AFTER )(?<!UNTIL )(?<!FROM )(?:(?:поезд|самолет|рейс|урок|лекци|школ|садик|сад|тренировк|свадьб|совещани|собрани|экзамен|смен[аыу]|вылет|концерт|банкет|выпускн|праздник|юбилей|день рождени|электричк|автобус|врач|стоматолог"
    r"|потяг|літак|весілл|збор[аи]|нарад|іспит|зміна|зміни|випускн|тренуванн|заканчива|освобожда|освобож|закінчу|звільн|начина|почина)\w*|DAY рождения|IN I (?:\S+ )?(?:др|днюха)|birthday|PAIR|(?<!DOES [QW]\d )WORK"
    r"|flight|plane|train|bus|school|class|lesson|meeting|wedding|gym|doctor|dentist|exam|shift|party|finish|interview|date NIGHT)"
)
# "Скажу вечером": then they write, and do not come.
_OF_A_REPLY = re.compile(
    r"(?:(?<= REPLY )|(?<= дайте THINK )|(?<= NEED THINK ))(?:(?:I|ON|IN|K|BETTER) )*(?:[QW]\d+ )*[QW]\d+(?= )|(?<= )(?:[QW]\d+ )*[QW]\d+(?= (?:I )?REPLY )"
)
_KEPT = phrase(r"(?:остав(?:ьте|ляем|ить|ь|им)|залиш(?:те|іть|аємо|ити|имо)|keep|leave)")
_WISH = phrase(r"BOOKV|MOVEV|CANCELV|RECORD")
_DAY, _TIME = re.compile(r"(?<= )Q\d+(?= )"), re.compile(r"(?<= )W\d+(?= )")


def _is_of_others(part: str) -> bool:
    if _KEPT.search(part):
        return True
    return bool(_OCCASION.search(part)) and not _WISH.search(part)


def strike_out(line: Line) -> None:
    """Strike the days and times of other affairs out, where those of a visit are said as well."""
    line.drop(_OF_A_REPLY, "_")
    parts = _CLAUSE.split(line.text)
    if len(parts) == 1:
        return
    signs = [*_CLAUSE.findall(line.text), ""]
    of_others = [_is_of_others(one) for one in parts]
    # An hour beside another day is no visit's either: "поезд в 6, можно в пятницу?".
    for mark, instead in ((_TIME, _DAY), (_DAY, _DAY), (_TIME, _TIME)):
        if any(
            instead.search(one) for one, other in zip(parts, of_others, strict=True) if not other
        ):
            parts = [
                mark.sub("_", one) if other else one
                for one, other in zip(parts, of_others, strict=True)
            ]
    line.text = "".join(one + sign for one, sign in zip(parts, signs, strict=True))
