"""Whether a sentence of the model's own says nothing but what is known. Pure.

On the safe side: a true sentence may be left out, since the dialogue's own words say all that is
needed; one with an invented price, time, day or name must never be sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 240
_NUMBER: Final = re.compile(r"\d+(?:[:.,]\d+)*")
_THOUSANDS: Final = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_WORD: Final = re.compile(r"[^\W\d_]+")
_STEM: Final = 4
_SHORTEST: Final = 3
_SENTENCES: Final = re.compile(r"[.!?…\n]+\s*|^\s*|[«\"(:]\s*")
_LINK: Final = re.compile(
    r"https?:|www\.|@|t\.me|wa\.me|\w\.(?:ru|com|net|org|ua|kz|by|рф)\b", re.IGNORECASE
)
# Claims that nothing read can prove: what was done, what it costs in words, what is promised.
_CLAIMS: Final = re.compile(
    r"\b(запис(?:ал|ан|ав)\w*|перен[её]с\w*|отмен(?:ил|[её]н)\w*|забронир\w*|подтвержд[её]н\w*"
    r"|записан\w*|скасова\w*|скасував\w*|booked|scheduled|cancel+ed|rescheduled|confirmed|reserved"
    r"|скидк\w*|бесплатн\w*|гарант\w*|подар\w*|акци[яиюей]\w*|процент\w*|бонус\w*|дешевле"
    r"|знижк\w*|безкоштовн\w*|подарун\w*|discount\w*|free of charge|for free|guarante\w*|gift\w*"
    r"|bonus\w*|cheaper|refund\w*|percent\w*"
    r"|полтор\w*|половин\w*|сот(?:ня|ни|ню|en)|тысяч\w*|тисяч\w*|двест\w*|трист\w*|\w+сот"
    r"|одинн?адцат\w*|двенадцат\w*|\w{3,}надцат\w*|двадцат\w*|тридцат\w*|сорок\w*|пят?ьдесят\w*"
    r"|полдень|полноч\w*|hundred\w*|thousand\w*|noon|midnight|half past|\w+teen|twenty|thirty)\b"
    r"|[%₽$€₴]",
    re.IGNORECASE,
)
_DAYS: Final = re.compile(
    r"\b(сегодня|завтра|послезавтра|сьогодні|післязавтра|today|tomorrow|tonight"
    r"|понедельник\w*|вторник\w*|сред[ауые]\w*|четверг\w*|пятниц\w*|суббот\w*|воскресень\w*"
    r"|понеділ\w*|вівтор\w*|серед[аиу]\w*|четвер\w*|п.ятниц\w*|субот\w*|неділ\w*"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend\w*|выходн\w*|вихідн\w*)\b",
    re.IGNORECASE,
)


def proved(sentence: str, known: Iterable[str], names: Iterable[str]) -> bool:
    """Whether it may be sent.

    Args:
        known: what tools returned in this turn, and the client's own words.
        names: of everybody and everything in the salon: one that stands in the sentence must
            stand in what is known, too.
    """
    if not sentence.strip() or len(sentence) > LONGEST or _LINK.search(sentence):
        return False
    evidence = "\n".join(known)
    if _CLAIMS.search(sentence) or not _numbers(sentence) <= _numbers(evidence):
        return False
    words = _stems(evidence)
    days = {_stem(found[0]) for found in _DAYS.finditer(sentence)}
    named = _stems(sentence) & _stems("\n".join(names))
    return days | named | _strangers(sentence) <= words


def _numbers(text: str) -> set[str]:
    """Without the zero of "09:00", so that "9:00" is the same."""
    plain = _THOUSANDS.sub("", text)
    return {found.lstrip("0") or "0" for found in _NUMBER.findall(plain)}


def _stem(word: str) -> str:
    """What its cases share; of a short word all but the last letter."""
    return word.casefold().replace("ё", "е")[: max(2, min(_STEM, len(word) - 1))]


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text) if len(word) >= _SHORTEST}


def _strangers(sentence: str) -> set[str]:
    """Words with a capital inside a sentence: names, whether we know them or not."""
    starts = {found.end() for found in _SENTENCES.finditer(sentence)}
    return {
        _stem(found[0])
        for found in _WORD.finditer(sentence)
        if found[0][0].isupper() and len(found[0]) > 1 and found.start() not in starts
    }
