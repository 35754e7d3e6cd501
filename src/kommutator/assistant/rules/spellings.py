"""Words that are written apart, run together or by sound, brought to the one word they mean."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

from kommutator.assistant.rules.time_spellings import TIME_SPELLINGS

_HALVES = r"(?:перв|втор|трет|четв[её]рт|пят|шест|седьм|восьм|девят|десят|один|двен)"
_NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_DATES = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|(?:eleven|twelf|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)th)"
_MONTHS = r"(?:jan|feb|march|april|may|june|july|aug|sept|oct|nov|dec)\w*"
# How many go about one thing, "в один тон", "в четыре руки": no hour.
_AT_ONCE = (
    r"(?:тон|цвет|цвіт|кол[иь]?[ро]|сло[йяе]|шар|этап|заход|раз|прием|прийом|рук|день|визит|сеанс)"
)

_SPELLINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"(?<!do )(?<!did )\b(i|we)(?: have|'ve|'ve got| have got) (?=(?:an?|my|the|some|to|work|school)\b(?! (?:new )?(?:appointment|appt|booking|reservation|visit|slot)))", r"\1 hold "),
        (r"\b(?:wondering|wondered|see|checking|know|ask) if (?:you|u|there)(?: had| have| got| is| was|'s)* (?=any|some|space|room|free)", "have "),
        (r"^((?:(?:hi|hello|hey|hiya)[,! ]+)?(?:is|are|does|do (?:you|i|they|u)|has|have you|did)\b[^?]*)$", r"\1 ?"),
        (r"\b(gel|polish|shellac|varnish|acrylics?|nails) (?:taken |soaked )?off\b", r"\1 removal"),
        (r"\b(?:same|this) (?:time|day) next week\b", "in a week"),
        (r"\b(\w+day|tomorrow)(?:'?s| is)? (?:bad|rubbish|terrible|awkward)\b", r"\1 not good"),
        (r"\bgo on then\b|\bgo for it\b", "yes"),
        (r"(?:\b(?:would|wud|i?d)|'d) (?:really |absolutely |so )?(?:love|like)\b", " want"),
        (r"\b(?:don't|didn't|dont|didnt|do not|did not) (?:really )?like\b", "not liked"),
        (r"\b(i|we) (?:really |do )?like\b", r"\1 liked"),
        (r"\b(?:what|which|any) colou?rs?\b", "what shade"),
        (r"\b(хто|кто|who)\b(.{0,30}?)\bна (?:зміні|смене|работе|роботі)\b", r"\1\2 працює"),
        (r"\b(?:если|якщо|if|вдруг|раптом) (?:вдруг |раптом )?(?:хтось|кто[- ]?(?:то|нибудь)|anyone|anybody|someone|somebody) (?:відмов\w+|відмін\w+|скасу\w+|не прийде|отказ\w+|откаж\w+|отмен\w+|не придет|cancels?|drops out|pulls out)", "якщо вільно"),
        (r"\b(?:когось|someone|somebody)(?= (?:іншого|else))", "любой мастер"),
        (r"\bв один (?:і той же |и тот же |і той самий )?час\b(?! (?:дня|ночи))", " "),
        (r"^([^?]*(?:^|[,.!] |(?:скажіть|підкажіть|ласка|привіт|день|дня|вечір) )чи [^?]*)$", r"\1 ?"),
        (r"\b(?:in|during|at) (?:one|the same|a single) (?:visit|appointment|appt|go|sitting|session|time)\b", " "),
        (r"\b(thanks?|thank you|thx|спасибо?|дякую)((?: \w+){0,2}) (?:for|за) (?:today|yesterday|сегодня|сьогодні|вчера|вчора)\b", r"\1\2"),
        (r"\bhow (?:soon|quick(?:ly)?|fast|early) (?=(?:can|could|do|would|may) i\b)|\bhow soon\b|\bяк (?:скоро|швидко) (?=(?:я |ми )?(?:можна|можу|можемо|зможу))", "when "),
        (r"\bdye (?=(?:burn|made|stung|ruin|turned|destroy)\w*)|(?<=with )(?:that|the|your|this) dye\b", "paint "),
        (r"\bзапізно\b", "пізно"),
        (r"\byou (?:are )?(?:shut|closed)\b|\b(?:are )?(?:you|u) shut\b|\byour day off\b", "you closed"),
        (r"\b([ap])\.? ?m\b\.?", r"\1m"),
        (r"@ ?(?=\d)", " at "),
        (r"(?<!at )\b4 (?=(?:an?|my|me|us|the|ur|your)\b)", "for "),
        (r"\b(twenty|thirty)-(?=[a-z])", r"\1 "),
        (rf"\b(on|for|to|until|till|by|before|from) the ({_DATES})\b(?! (?:one|option|slot|floor|half|of|time|visit|week|\w+day))", r"\1 \2 числа"),
        (r"\btomorrow\b([ ,]+(?:or|and|but)?[ ,]*)the day after\b(?! tomorrow)", r"tomorrow\1 overmorrow"),
        (r"\b(?:come|pop|stop|swing|drop) by\b", "come"),
        (r"\bfirst thing\b", "morning"),
        (r"\bчи не (?=мож|мог|зм[оі][жг])", "чи "),
        (r"\bне (?=могли бы?\b|мог бы?\b|можете ли\b|подскажете|підкажете)", ""),
        (rf"\blate (?:in |on )?(?=(?:next|this) (?:week|month)\b|{_MONTHS})", "end "),
        (r"\bas (?:early|quick|quickly|fast) as (?:possible|poss|you can|u can)\b", "asap"),
        (r"\bч[еи]м (?:раньше|раніше|скорее|быстрее|скоріше|швидше)[ ,]+т[еи]м (?:лучше|краще)", "asap"),
        (r"\btake me (?:off|out of) (?:the |your )?(?:books?|schedule|calendar|diary|appointments?|rota)\b", "cancel"),
        (r"\b(?:anyone|anybody)(?= (?:will do|is fine|works|is ok|goes))", "any stylist"),
        (r"\bпока\b(?= +\w)(?!(?: |-)(?:пока|всем|спасибо|до)\b)|(?<=знаю )пока\b|(?<=решила )пока\b|(?<=решил )пока\b|(?<=уверена )пока\b|(?<=уверен )пока\b|(?<=надо )пока\b|(?<=нужно )пока\b|(?<=нет )пока\b", " "),
        (r"\bскорее всего\b", "наверное"),
        (r"\bдругого (?=мастер|специалист|парикмахер|барбер|дня|времени|человек)", "другой "),
        (r"\b(?:хоть кто|кто попало|аби ?хто|хто завгодно)\b", "любой мастер"),
        (r"\b(?:без|нет) (?:особых )?(?:предпочтений|предпочтения)\b", "все равно"),
        (r"\b(стриж\w*) муж\b\.?", r"\1 мужская"),
        (r"\b(стриж\w*) жен\b\.?", r"\1 женская"),
        (r"\b(стриж\w*) дет\b\.?", r"\1 детская"),
        (r"\bмуж\.? (?=стриж)", "мужская "),
        (r"\bжен\.? (?=стриж)", "женская "),
        (r"(?:^|(?<=вас )|(?<=поздравляю )|(?<=поздравляем ))с (?:новым годом|праздник\w+|наступающ\w+|дн[её]м рождения|рождеством|8 марта)\b", "привет"),
        (r"\bраз (?:уж )?(?:\w+ ){1,3}(?:нет|нету)\b", " "),
        (r"\b(?:планы|обстоятельства|плани|обставини|все) (?:по|из|с|з)м[еі]н\w+|\bchange of plans?\b|\bplans? (?:have |has )?changed\b", "планы"),
        (r"\bн[иі] од(?:ин|на|не|но|ного)\b", "жоден"),
        (r"\bбез (?:предварительной |всякой )?запис[иь]\b|\bбез (?:попереднього )?запису\b|\bwithout (?:an )?(?:appointment|booking)\b|\bwalk[- ]ins?\b", "walkin"),
        (r"\bна нуле\b|\bниже плинтуса\b", "ужасно"),
        (r"\b(?:на )?перв(?:ый|ое|ого|ом) (?:раз\w*|визит\w*|посещени\w*|клиент\w*)\b", " "),
        (r"\bдумаю[, ]+(?:что )?(?=да\b|так\b|при[дй]у|буд[уе]|норм|под[оі]йд|хорошо|ок\b|все в силе)", " "),
        (r"\b(?:у вас|вы|ви) (?:же |еще |там )?вы?и?хідний\b|\b(?:выходной|вихідний)(?: день)? у вас\b|\bу вас (?:есть |бывают |когда |какой |день )?(?:выходной|вихідний)(?: день)?\b|\bбез (?:выходных|вихідних)\b|(?<!в )(?<!на )\b(?:выходной|вихідний)(?: день)?(?= ?\?)", "dayoff"),
        (r"\bнельзя ли\b|\bне можна чи\b", "можно"),
        (r"(?<!в )(?<!на )(?<!у )\b(?:обеденн\w+|обідн\w+) (?=перерыв|перерв)|(?<=перерыв) на обед\b|(?<=перерва) на обід\b", " "),
        (r"\bпосле завтра\b", "послезавтра"),
        (r"\bпісля завтра\b", "післязавтра"),
        (r"\b(?:the )?day after tomorrow\b", "overmorrow"),
        (rf"\bпол[- ]?(?={_HALVES}\w*|\d)", "половина "),
        (r"\b(?:на )?пів[- ]?(?=\d)", "пів на "),
        (r"\b(who|what|when|where|how|which|that|it|there)'?s\b", r"\1"),
        (r"\b(i|you|we|they)'(?:d|ll|re)\b", r"\1"),
        (r"\b(i|you|we|they)'ve\b", r"\1 have"),
        (r"\b(come|pop) in\b(?! (?:\d|an?|half|five|ten|fifteen|twenty|the)\b)", "come"),
        (r"\blet'?s\b", "let"),
        (r"\bbring (.{0,30}?) ?forward\b", r"move \1"),
        (r"\b(earlier|later) in the day\b", r"\1"),
        (r"\b(?:during the day|in the daytime)\b", "daytime"),
        (r"\bчисла (\d{1,2})\b(?! числ| ?-)", r"\1 числа"),
        (r"\bas late as (?:possible|poss|you can|u can)\b", "later"),
        (r"\b(?:в |у )?(?:друг(?:ой|им)|[иі]нш(?:ий|им)) раз(?:ом)?\b", "потом"),
        (r"\bпод ноль\b|\bпід нуль\b", " "),
        (r"\b(если|якщо|if) (?:\w+ ){0,2}(?:нет|нету|немає|ні|нема|not|no)\b", r"\1"),
        (r"\b(?:if (?:possible|you can)|если (?:можно|возможно)|якщо (?:можна|можливо))\b", " "),
        (r"\b(є|маєте|має|вільний|вільного|знайдеться)((?: \w+){0,3}) часу?\b", r"\1\2 время"),
        (r"\b(past|half|at|around|between|from) one\b", r"\1 1"),
        (r"\bone(?= (?:o'?clock|pm|am|thirty|fifteen)\b)", "1"),
        (r"\b(?:your|opening|working|business) hours\b|\bopening times\b", "timetable"),
        (r"\bo'?clock\b", "oclock"),
        (r"\b(no|nah|nope)\b[ ,]+(?:that|it|i)(?:'?[sm])? (?:all )?(?:ok|okay|fine|alright|right|good|cool)\b", r"\1"),
        (r"\bбудь(?:-|(?=як))", "будь "),
        (r"\b(?:что|як|щось|как|когда|коли|куда|зачем)[- ]?(?:нибудь|небудь|то)\b(?! (?:же|сам))", " "),
        (r"\b(?:где|де)[- ]?(?:то|нибудь|небудь)\b|\bдесь\b", "около"),
        (r"\b(?:кто|кого|кому|кем|хто)[- ]?(?:нибудь|небудь|то)\b|\bхтось\b", "любой мастер"),
        (r"\b(?:как|як)(?:ой|ая|ое|ую|ом|ого|ие|их|ий|а|у|е|усь)[- ]?(?:нибудь|небудь|то)\b", " "),
        (r"(?:^|(?<=with )|(?<=see )|(?<=by )|(?<=to ))(?:anyone|anybody)\b(?! (?:doing|in|around|working))|\bwhoever\b", "any stylist"),
        (r"\b(?:2|to)mor+ow\b|\b2moro?\b|\btm[rw]\b|\btomoz\b|\btomo\b", "tomorrow"),
        (r"\b(?:2nite|tonite|tonight|this evening)\b", "today evening"),
        (r"\bпо (?=\w+(?:ам|ям|ах|ях)\b)", "в "),
        (r"\b(days?|time|any) but\b", r"\1 except"),
        (r"\b(?:apart from|other than|aside from)\b", "except"),
        (r"\b(?:работаю|працюю|учусь|навчаюсь|занята?|зайнят[аий]+|на (?:работе|роботі|учебе|навчанні)) до\b", "после"),
        (r"\b(?:work|working|busy|at work|tied up) (?:till?|until)\b", "after"),
        (r"\b(?:освобождаюсь|освобожусь|заканчиваю|закончу|звільняюс[ья]|звільнюс[ья]|закінчую)(?: \w*работ\w+| смену)? (?:в|о|об|к|около|у)\b", "после"),
        (r"\b(?:finish|get off|off|done)(?: work)? (?:at|around|by)\b", "after"),
        (r"\b2day\b", "today"),
        (r"\bb4\b", "before"),
        (r"\b(?:a )?fortnight\b", "two weeks"),
        (rf"\b({_NUMBERS}|noon)-?ish\b", r"around \1"),
        (r"\bfiv-?ish\b", "around five"),
        (r"(\d)-?ish\b", r"\1 oclock"),
        (r"\blater?(?= (?:afternoon|morning|evening|night)\b)", " "),
        (r"\b(?:в|у) (?:\d|один|одну|два|две|дві|три|четыре|чотири) (?=" + _AT_ONCE + ")", " "),
        (r"(?<=між )другою\b|(?<=перед )другою\b|\bдруга(?= (?:годин|дня|ночі|тридцять))", "другої"),
        (r"\b(?:nearest|closest|ближайш\w+|найближч\w+) (?=metro|метро|station|станц|parking|парков|зупинк|остановк|tube|subway|bus)", ""),
        (r"\b(\w+day|tomorrow|mon|tues?|weds?|thur?s?|fri|sat|sun) am\b(?! i\b)", r"\1 morning"),
        (r"\b(option|number|choice) one\b", r"\1 1"),
        (r"\bmake[- ]?up\b", "makeup"),
        (r"\bhair[- ](cuts?|do)\b", r"hair\1"),
        (r"\beye[- ](brows?|lash(?:es)?)\b", r"eye\1"),
        (r"\b(?:take|taking|soak|soaking|get)(?: \w+)? off(?! (?:this|the|your|ur)\b)", "remove"),
        (r"\b(?:в|у) (?:прошл\w+|минул\w+|тот) раз\w*|\bминулого разу|\bпрошлого раза|\b(?:the )?last (?:time|visit)\b", "прошлораз"),
    )
)  # fmt: skip


def spelt_out(text: str) -> str:
    """The cleaned text with such words as the grammars know them."""
    for pattern, instead in _SPELLINGS + TIME_SPELLINGS:
        text = pattern.sub(instead, text)
    return text
