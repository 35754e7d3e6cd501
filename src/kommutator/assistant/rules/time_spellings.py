"""Days and times said in other words than the grammars know, brought to those words."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

_AFFAIRS = r"(?:работе|роботі|смене|сутках|зміні|учебе|навчанні|парах|дежурстве|чергуванні|даче|дачі|море|морі|отъезде|від'їзді|командировке|відрядженні|отпуске|відпустці|разъездах|городом)"
_HOUR_WORD = r"(?=\d|час|одн|дв|тр|друг|чет|чот|шос|шес|шіс|сем|седьм|сьом|пят|п'ят|вос|вісім|девят|дев'ят|десят)"

# "В пол шестова", by ear.
_STEMS = r"перв|втор|четверт|пят|шест|седьм|восьм|девят|десят|одиннадцат|двенадцат"
# Lengths, ages and sums are no hours.
_MEASURES = (
    r"(?:см|мм|сантим\w+|сантім\w+|cms?|mm|centimet\w+|inch\w*|сант|кг|kg|лет|годик\w*|роки|років|рочк\w+"
    r"|years?|yrs?|y\.?o|months old|р|руб|рублей|рубля|рубл|грн|гривень|гривні|uah|usd|евро|євро|euros?|quid|pounds|dollars|bucks|доллар\w*|долар\w*)"
)

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
        (r"\b(?:тьфу|тфу|в смысле|у сенсі|опечат\w+|описк\w+|описалась|оговорил\w+|обмовил\w+|имел[аи]? в виду|ма(?:в|ла) на увазі|перепутала?|переплутала?|то ?есть|тобто|scratch that|make that|typo)\b", "точнее"),
        (r"\bтак (?:что|що|шо)\b", "поэтому"),
        (r"\b(mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|нд)\.", r"\1 "),
        (r"\b(\w+day|tomorrow|today)'?s\b", r"\1"),
        (r"\bback to (?=\d)", "to "),
        (r"\blike (?=\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half)\b)", "about "),
        (rf"\b({_STEMS})(?:[оа]ва|[еи]ва)\b", r"\1ого"),
        (rf"\b\d{{1,2}}(?:[.,]\d+)?[ -]?{_MEASURES}\b\.?", " "),
        (r"\bпо (?=обіді\b|роботі\b)", "після "),
        (r"(?<!чверть )(?<!\d )(?<!хвилин )(?<!десять )(?<!двадцять )(?<!п'ять )\bпо (?=(?:друг|трет|четверт|п'ят|шост|сьом|восьм|дев'ят|десят)ій\b)", "після "),
        (r"\b(раньше|раніше|позже|позднее|пізніше) (?:чем|чим|ніж|за)\b", r"\1"),
        (r"\b(train|flight|bus|plane|class|wedding|party|meeting|exam|lesson|shift)'s\b", r"\1"),
        (r"\b(anything|anytime|whenever) but\b(?! not)", r"\1 except"),
        (r"\bтому (?=хоч|хот|мож|треб|дав|кращ|запиш|зміг|змо|в |у )", "поэтому "),
        (r"\bпо (?=(?:понедельнику|вторнику|среде|четвергу|пятнице|субботе|воскресенью)\b)", "в "),
        (r"^morning[!,.]? (?=(?:any|can|could|do|i|is(?! (?:better|fine|good|best|ok|easier))|have|got|please|what|when|how|just)\b)", "hello, "),
        (r"\bin (?:about|around|roughly) (?=(?:an?|one|two|three|four|\d+) (?:week|day|month))", "in "),
        (r"\bчерез (?:примерно|приблизительно|где-то|приблизно|десь) ", "через "),
        (r"\bis off\b", "отпадает"),
        (r"\bi (?:actually )?mean(?:t)?\b", "actually"),
        (r"\b(з|із|після|до|від|між) (?:двох|двома)\b", r"\1 2"),
        (r"\b(з|із|після|до|від|між) (?:трьох|трьома)\b", r"\1 3"),
        (r"\bчисла (\d{1,2}) ?- ?(\d{1,2})\b", r"\1-\2 числа"),
    )
)  # fmt: skip
