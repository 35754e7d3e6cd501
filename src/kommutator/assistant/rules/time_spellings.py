"""Days and times said in other words than the grammars know, brought to those words."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

_AFFAIRS = r"(?:работе|роботі|смене|сутках|зміні|учебе|навчанні|парах|дежурстве|чергуванні|даче|дачі|море|морі|отъезде|від'їзді|командировке|відрядженні|отпуске|відпустці|разъездах|городом)"
_HOUR_WORD = r"(?=\d|час|одн|дв|тр|шес|шіс|сем|сьом|пят|п'ят|вос|вісім|девят|дев'ят|десят)"

TIME_SPELLINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\bпосл[ея]?[ -]завтр[ао]\b", "послезавтра"),
        (rf"\bя до {_HOUR_WORD}(\S+(?: \S+)??) (?:работаю|працюю|занята?|зайнят\w+|на (?:работе|роботі))\b", r"после \1"),
        (r"\b(?:вихідна|выходная|(?:у меня|в мене|у мене) (?:выходной|вихідний)|(?:выходной|вихідний) (?:у меня|в мене|у мене))\b", "свободна"),
        (r"\bi(?:'m|m| am) off (?=(?:on )?(?:\w+day|today|tomorrow))", "free "),
        (r"^working (?=(?:on )?(?:\w+day|today|tomorrow)[^?]*$)", "busy "),
        (r"\btomorrow\b(.*?)[ ,]+(?:the )?day after\b(?! (?:tomorrow|my|the|our))", r"tomorrow\1, overmorrow"),
        (rf"\bя до {_HOUR_WORD}", "после "),
        (r"\b(?:я )?(?:работаю|працюю|дежурю|учусь|навчаюсь|уезжаю|уеду|улетаю|болею|хворію)\b(?! (?:до|з|с|в|у) \d)", "занят"),
        (rf"\b(?:я )?(?:на|в|у|по|за) {_AFFAIRS}\b", "занят"),
        (r"\b(?:i am|i'm|im|i|we're) (?:working|work|away|tied up)\b(?! (?:hours|days|on the))|\b(?:i am |i'm |im )?(?:at work|out of town|on (?:holiday|shift|vacation)|abroad)\b", "busy"),
        (r"\bis off\b", "отпадает"),
        (r"\bi (?:actually )?mean(?:t)?\b", "actually"),
        (r"\b(з|із|після|до|від|між) (?:двох|двома)\b", r"\1 2"),
        (r"\b(з|із|після|до|від|між) (?:трьох|трьома)\b", r"\1 3"),
        (r"\bчисла (\d{1,2}) ?- ?(\d{1,2})\b", r"\1-\2 числа"),
    )
)  # fmt: skip
