"""How answers to our questions look as rows of tags, where the words alone would not tell."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

from kommutator.assistant.rules.tokens import phrase

# Of something offered: "а первый к кому?"
WHOSE = phrase(r"WHO (?:\S+ )*\?|(?:K|IN|FROM|UNTIL|with) WHO")
WHICH_SERVICES = phrase(
    r"(?:WHAT|WHICH) (?:\S+ )?RECOMMEND|RECOMMEND (?:\S+ )?WHAT|RECOMMEND \?|WHAT (?:\S+ ){0,4}HAVE|HAVE (?:\S+ ){0,2}WHAT|(?<=^ )(?:A )?(?:WHAT|WHICH)(?: (?:VARIANT|SERVICE))? \?"
    r"|VARIANT \?|WHAT (?:\S+ )?VARIANT|MAILING|WHAT MORE"
)
# Beside what was offered: "а позже есть?", "что ещё?", "а утром?"
# "А утром?" after what was offered.
RATHER_THEN = phrase(
    r"(?:A|(?:WHAT|HOW) ABOUT) (?:\S+ ){0,3}[QW]\d+ (?:(?:NO|NOT|HAVE|NEITHER|WHAT) )*\?"
)
# "Мне бы попозже", and no more.
AT_SOME_OTHER = re.compile(
    r"^ (?:(?:I|бы|A|,|LET|YES|BETTER|CAN|WANT|NEED|PLEASE|IN|ON|чуть|немного|OTHERONE) )*(?:SOONER|LATER|EARLIER)(?: (?:бы|I|CAN|PLEASE|YES|WANT|[.!?]))* $"
)
WHAT_ELSE = phrase(
    r"(?:WHAT|WHICH) (?:\S+ ){0,3}(?:HAVE|VARIANT|FREE|CAN|MORE)|HAVE (?:\S+ ){0,3}(?:WHAT|MORE|VARIANT|OTHERONE|NEITHER|ANY)"
    r"|(?:MORE|OTHERONE) (?:\S+ ){0,2}(?:VARIANT|HAVE|\?)|(?:SOONER|LATER|EARLIER) (?:\S+ ){0,3}(?:NO|NEITHER|NOT|HAVE|ANY) (?:\S+ ){0,2}\?"
    r"|(?:NO|NEITHER) (?:\S+ ){0,2}(?:SOONER|LATER|EARLIER) (?:\S+ )?\?|(?:NEITHER|NO) (?:\S+ ){0,3}[QW]\d+ (?:\S+ )?\?|see (?:\S+ )?(?:ENOUGH|MORE|OTHERONE)|ENOUGH (?:TIMEW|VARIANT|FREE)|OTHERONE (?:DAY|EDAY|TIMEW|DATE) (?:CHECK|покаж\S*)|CHECK (?:\S+ )?OTHERONE|покажите (?:\S+ )?OTHERONE|покажите MORE|покажіть MORE|show (?:\S+ )?MORE|MORE VARIANT|VARIANT MORE"
    r"|CAN (?:\S+ ){0,3}OTHERONE (?:DAY|EDAY|TIMEW)|(?:нема|немає|NO|NEITHER) (?:\S+ ){0,3}E\d+ (?:\S+ )?\?|E\d+ (?:\S+ ){0,2}(?:нема|немає|NO) \?|ANY (?:\S+ ){0,4}[QWE]\d+ (?:\S+ ){0,2}\?"
)
SOONEST = phrase(r"SOON|NEAREST")
# "пораньше", "когда удобно": no time is named, yet it answers.
ANY_PART = phrase(
    r"HOW (?:вам|тебе|тобі) (?:зручно|удобно|лучше|BETTER)|whatever|прошлораз|SOONER|EARLIER|LATER|UNWANTED|SHIFT|WHENW (?:\S+ )?(?:удобно|зручно|скажете)|WHAT EARLIER|SAME|NEAREST|ANY"
)
WHOEVER_IS_FREE = phrase(r"ANYONE(?: FREE)?(?! \?)")
NONE_OF_THEM = phrase(
    r"(?<=^ )NEITHER(?= (?:,|[.]) )(?!.* (?:\?|COME|BE|CONFIRMV) )|(?:рано|рановато|поздно|поздновато|пізно|запізно|зарано|пізнувато)(?!.* \?)(?!.* [QW]\d)|NOT (?:\S+ )?(?:то|THAT|те)|NOT то NOT|NO THAT"
)
THIS_NUMBER = phrase(
    r"(?:THIS|THAT|SAME) (?:же|ж|самый|самий)|THAT (?:FROM|ON|BYP)|THIS (?:one|#1)|(?:THIS|SAME|THAT|этом|этому|этим|этого|цей|цьому) (?:же |ж |самый )?(?:VARIANT|телефон\S*|WRITE|CALL|HAVE|AND|[.,!])|(?:ON|FROM|K|BYP|IN) (?:THIS|THAT|SAME|этом|этому|цьому|того)|VARIANT (?:THAT|SAME|THIS)|(?:THIS|THAT|SAME)(?= $)|(?:WRITE|CALL|звоните\S*|дзвоніть) (?:\S+ )?(?:here|сюда|сюди)"
)
WRITE_DOWN = re.compile(
    r"^ (?:(?:YES|ну|тогда|I|,|LET) )*(?:WRITE|вноси\S*|фиксир\S*|став\S*|оформля\S*)(?: (?:PLEASE|I|[.!]))* $"
)
# Of a proposal: neither "нет" nor a wish, and yet no agreement.
UNWILLING = phrase(
    r"NOT (?:I )?(?:MANAGE|CAN)|(?:уже|вже|already) BOOKED|BETTER NOT(?=(?: [.!])* $)|NOT BE|CHANGE MY mind|wrong|(?<=^ )NOT(?=(?: [.!])* $)|NOT (?:BOOKV|COST|сейчас|зараз|now|yet|TODAY|то|THAT|ZA|WAIT)|(?:потом|потім)|REPLY|IN OTHERONE (?:раз|#1)|иншим|maybe LATER|LATER maybe|another time"
    r"|NEITHER|UNWANTED|^ (?:maybe |может )?LATER|ні ZA WHAT|NOT (?:\S+ )?(?:really|interested)"
)
ANOTHER_ONE = phrase(r"OTHERONE (?:MASTER|SERVICE|TIMEW|DAY|EDAY)")
YES_BUT = phrase(r"YES (?:, )?BUT")
# "Да, но я буду с ребёнком, ничего?": nothing of the visit is changed.
YES_IN_COMPANY = re.compile(
    r"^ YES (?:[,.] )?(?:(?:BUT|A|,) )*(?:\S+ )*(?:FROM|with|bring|bringing) (?:MY )?[^\sA-Z\d]+ (?!.*(?: NOT |[QWSE]\d))"
)
UNDECIDED = phrase(
    r"(?:сказать|сказати|say) (?:\S+ )?NOT CAN|NOT CAN (?:сказать|сказати|say)|REPLY|NOT (?:\S+ )?(?:знаю|знаем|знаємо|know|sure|уверен\S*|впевнен\S*)|UNSURELY"
)
# After a reminder: a wish for another time, in whatever words.
ANOTHER_TIME = phrase(
    r"UNWANTED (?:\S+ )*(?:\?|[QW]\d+|CAN)|(?:CAN|WANT|NEED|LET|BETTER|NO|NOT|TAKE|BOOKV|давайте|MANAGE|possible) (?:\S+ )*(?:[QW]\d+|OTHERONE|SHIFT|LATER|SOONER|EARLIER)(?! (?:NOT|NO))"
    r"|(?:[QW]\d+|OTHERONE|SHIFT|LATER|SOONER) (?:\S+ )*(?:CAN|BETTER|possible|SUITS|WORKING|WORK)|OTHERONE (?:DAY|EDAY|TIMEW|DATE)|(?:[QW]\d+) (?:\S+ )*\?"
)
# A question of somebody or something, without a time: "Олег женат?", "а больно ли шугаринг?".
_NO_TIME = r"(?!.* [QW]\d)(?=.* \?)"
_ASKING = r"^ (?:(?:A|,|HELLO|PLEASE|CHECK|I|ну) )*(?:WHAT|HOW|WHENW|почему|чому|зачем|можно_ли) "
_A_WORD = r"[^\W\d_A-Z]{3,}"
ABOUT_STAFF = re.compile(
    rf"^{_NO_TIME}(?!.* S\d)(?=.* E\d+ )(?!.* (?:K|IN|UNTIL|FROM) E\d)(?=.* {_A_WORD} )"
    rf"|^ (?:(?:A|HELLO|,) )*(?:WHAT|HOW)(?!.* [QWS]\d)(?=.* {_A_WORD} (?:IN )?E\d+ )"
)
# Where we asked to whom: "мужчина есть?", "а кто есть?".
WHO_IS_THERE = re.compile(r"^(?!.* [QWE]\d)(?=.* HAVE ).* \? $")
ABOUT_SERVICE = re.compile(
    rf"^{_NO_TIME}(?!.* E\d)(?=.* S\d+ )(?=.* {_A_WORD} (?:\S+ )*{_A_WORD} )"
    rf"|^ (?:(?:A|HELLO|,) )*S\d+ {_A_WORD} \? $"
    rf"|{_ASKING}(?!.* [QWE]\d)(?=.*(?<= )S\d+ )"
)
# Of a visit that stands: "а попозже можно?".
AT_ANOTHER_HOUR = phrase(
    r"(?:YES|LET) (?:ON |IN )?OTHERONE (?:DAY|EDAY|TIMEW|DATE)|CAN (?:\S+ ){0,3}(?:LATER|SOONER|EARLIER)|(?<!CAME )(?:LATER|SOONER|EARLIER) (?:\S+ ){0,3}CAN"
)
# Beside a rating: no visit is cancelled.
NEVER_AGAIN = phrase(
    r"(?:ENOUGH|AGAIN|MORE) (?:I )?NOT (?:COME|BE)|NOT (?:COME|BE) (?:ENOUGH|AGAIN|MORE)"
)
# After a reminder: "а во сколько?", "это точно на завтра?".
WHICH_VISIT = phrase(
    r"CHECK (?:\S+ )?(?:TIMEW|DAY|EDAY|DATE|HOUR)|(?<=^ )(?:(?:A|YES|THEY|,) )*(?:(?:IN|ON|K) (?:HOWMANY|WHATTIME)(?: HOUR)?|WHENW|ON WHAT (?:DAY|TIMEW|DATE)|WHAT (?:DAY|TIMEW|HOUR)) \?|(?:THEY|YES|THEY YES|it) (?:(?:IN|ON) )?[QW]\d+(?: [QW]\d+)? \?"
)
# Whoever is ill does not come, whatever politeness stands beside it.
ILL = phrase(r"(?<!NOT )ILL")
LOOKS_FORWARD = phrase(
    r"NOT (?:забы|забу)\S*|still (?:ON|coming|GOOD|YES)|помню|пам'ятаю|remember|WAITING|YES|GOING|BYE(?= )"
)
