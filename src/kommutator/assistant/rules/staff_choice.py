"""Whom the client wants without a name: anybody, the usual one, or not somebody."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

from kommutator.assistant.rules.tokens import phrase

NOT_WITH = phrase(
    r"FROM E\d+(?= (?:ON|TO|K|UNTIL) E\d+ )|(?:INSTEAD|NOT|EXCEPT)(?: (?:WANT|IN|ON|K|FROM|UNTIL|TO))* E\d+|(?:K |TO |UNTIL )?E\d+ (?:I )?NOT (?:WANT|NEED)"
)
# Of two who are named one is wanted, nobody else.
EITHER = phrase(r"E\d+ OR (?:K |IN |FROM |UNTIL )?E\d+")
# "Обычно хожу к Оксане" names her and is no word for "the usual one".
USUALLY_TO = phrase(r"(?<!HOW )(?<!MY )(?<!OWN )(?<!SAME )USUAL(?= (?:\S+ ){0,3}E\d+ )")
OR_ELSE = phrase(r"если|якщо|if|OR|BUT|A")
_LEFT_TO_US = (
    r"(?:ON )?(?:ваше|ваш|свое|ваш\w+) (?:усмотрение|выбор|вкус|розсуд|вибір)"
    r"|up TO you|you (?:choose|pick|decide|call)|your (?:VARIANT|pick|call)|NO (?:preference|preferences)|не определилась"
    r"|NOT (?:mind|care|fussy|bothered)(?: (?:about )?WHO| WHICH)?|surprise I"
    r"|(?:WHO|WHAT) (?:FREE |WILLBE ){1,2}(?:, )?(?:K|UNTIL|FROM|TO) (?:THAT|тому|тем|того|той|тої)|WHO (?:посоветуете|порадите|recommend|подскажете|порекомендуете)|WHO (?:EARLIER|SOON|SOONER)|(?:WANT )?ANY (?:девоч\w+|дівч\w+|girl|lady)"
)
ANY_STAFF = phrase(
    rf"(?:UNTIL |K |FROM )?ANY (?:ANY |WHAT )+MASTER|(?:K |TO |IN |UNTIL |FROM )(?:ANY(?! (?:\S+ )?(?:DAY|EDAY|TIMEW|HOUR|DATE|WD\d|WEEK|WEEKEND|EVENING|MORNING|VARIANT))|WHO ANY)(?: ANY)?(?: FREE)?(?: MASTER| STAFFW| HUMAN)?|ANY(?: ANY)? (?:MASTER|STAFFW|FREE MASTER)|WHO ANY|ANY WHO"
    r"|(?:NOMATTER|все (?:EQUAL|#1)|NOT MATTER|MINUS DIFFERENCE|EQUAL|DIFFERENCE) (?:,? ?)(?:\S+ )?(?:K |UNTIL |FROM |TO |IN )?(?:WHO|WHAT MASTER|MASTER)"
    r"|(?:K |UNTIL |FROM |IN )?WHO (?:NOMATTER|NOT MATTER|EQUAL|все (?:EQUAL|#1)|MINUS DIFFERENCE)|(?:K |IN |FROM )?WHO FREE (?:BE|,)|ANY MASTER(?: FREE)?"
    rf"|(?:K |IN |FROM |UNTIL )?WHO FREE(?: ,)? (?:K|UNTIL|FROM|TO) (?:THAT|тому|тем|того|такому)|WHO FREE(?: ,)? (?:THAT|тот|той) (?:AND |і |й )?(?:пусть|нехай|хай|примет|візьме|BE|WILLBE|DO)\S*|{_LEFT_TO_US}"
)
# Where we asked with whom, or when: "всё равно" answers what was asked.
ANY_ANSWER = phrase(
    rf"(?:WANT|хоть) (?:IN |ON )?(?:WHENW|WHATTIME|HOWMANY)|ANY|NOMATTER|все (?:EQUAL|#1)|NOT MATTER|MINUS DIFFERENCE|EQUAL|HAVE NOT DIFFERENCE|DIFFERENCE|NOT (?:MATTER|принципиально|принципово)|(?:IN |K )?WHO (?:HAVE|WILLBE|BE) (?:\S+ )?(?:TIMEW|FREE|PLACE|FREE PLACE)(?= [.!]* ?$)|WHO FREE(?= [.!]* ?$)|{_LEFT_TO_US}"
)
_WHO_BEFORE = r"(?:K|IN|FROM|UNTIL|TO|with)"
USUAL_STAFF = phrase(
    r"K (?:THAT|тому|той)(?: MASTER)?(?: ,)? (?:WHAT|WHO|котор\S*|який|яка) (?:I )?(?:DID|IDO|DO|делал\S*|была?|был|робил\S*)|(?<!WHO )(?:OWN|MY|SAME|THAT|USUAL|THAT (?:же|ж)|тому самому|того самого)(?: USUAL)? (?:MASTER|STAFFW|(?:же|ж) MASTER|girl|lady|person|guy|woman|man|ONE|#1)|(?:MY|HOW|OWN) (?:USUAL|regular)|(?:K|UNTIL|TO) OWN|USUAL"
    rf"|(?:HOW|SAME)(?: (?:HOW|as|AND|girl|lady|person|guy|woman|#1|MASTER))* прошлораз|{_WHO_BEFORE} (?:THAT|тому|той|того|тем) (?:же |ж )?(?:\S+ ){{0,3}}прошлораз"
    rf"|{_WHO_BEFORE} (?:WHO|которой|которого|якої|якого) (?:\S+ ){{0,3}}прошлораз|{_WHO_BEFORE} (?:THAT|тому|той|того) (?:же|ж|самому|самої|самого|самой)(?: девочк\w+| женщин\w+)?"
)
NOT_USUAL = phrase(r"NOT (?:K |IN |FROM )?USUALONE")
USUAL_ANSWER = phrase(
    r"(?:\S+ ){0,5}прошлораз|SAME(?: #1)?|(?:K |UNTIL |IN )?(?:THAT|тому|той|того) (?:же|ж|самому|самої|самий|самого|самой)"
)
