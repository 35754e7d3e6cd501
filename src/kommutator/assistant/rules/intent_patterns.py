"""How wishes and questions look as rows of tags. The order in which they win: `intents`."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

from kommutator.assistant.rules.tokens import phrase

_ANYTHING = r"(?:\S+ )"
_THE_SAME_CLAUSE = r"(?:[^\s,.;!?|]+ )"

INJECTION = re.compile(
    r"(?:игнор|ігнор|ignor|disregard|forget|забу[дт]|bypass|обойди|обійди|наруш|поруш|отключи|вимкни)\w*(?: \S+){0,3} (?:правил|інструкц|инструкц|указани|вказівк|огранич|обмежен|rules|restrictions|guidelines|limits)"
    r"|(?:new|нов\w+) (?:rules?|правил|команда)\b|языков\w+ модел|мовн\w+ модел|language model|\b(?:chat)?gpt|debug mode|root access|ты (?:же )?(?:ии|ai|нейросет)|покажи (?:свой|свои|системн)"
    r"|забудь\w* (?:все|всё|про|предыдущ|свои|инструкц)|забуд\w* (?:всі|усі|інструкц)|игнориру\w+ (?:все|предыд|инструк|прав)"
    r"|ігнору\w+ (?:всі|усі|попередні|інструкц|правил)|ignore (?:all|any|previous|the|your|prior)|disregard (?:all|the|previous|your)"
    r"|forget (?:all|everything|your|previous)|инструкци|інструкці|instructions|system\s*:|системн\w+ (?:промпт|запрос)"
    r"|system prompt|\bпромпт|\bprompt\b|(?:ты|ти) (?:теперь|тепер|больше не)|you are now|act as|pretend|\bтокен|api[ _-]?(?:key|ключ)"
    r"|\bключ\w* api|<script|drop table|select \* from|developer mode|режим\w* разработчик|jailbreak|притворись|представь\w*,? (?:что ты|себя)|уяви,? що ти|(?:сделай|зроби)\w* (?:вид|вигляд)|imagine you"
    r"|assistant\s*:|\badmin mode|режим\w* (?:администратор|адмін)|sudo\b|override|базу данных|пароль|password"
)

STOP = phrase(
    r"NOT (?:I |ENOUGH |AGAIN )*(?:звоните|звони|дзвоніть|дзвони|набирайте|трезвоньте)|STOP (?:\S+ ){0,3}(?:MESSAGE|MAILING)|MY VARIANT (?:\S+ ){0,3}REMOVE|REMOVE (?:MY )?VARIANT|UNSUBSCRIBE|(?<!CHOSEN )FROM MAILING|NEITHER (?:MAILING|MESSAGE)|opt out|leave I alone|lose MY VARIANT|NOT (?:NEED )?CALL(?! .*(?:обещ\S*|обіц\S*|ждал\S*|чекал\S*))"
    r"|(?:MAILING|MESSAGE) (?:отключите|вимкніть)|(?:отключите|отключить|выключите|вимкніть|відключіть|take|get|REMOVE|TAKE|off) (?:\S+ ){0,4}(?:MAILING|MESSAGE)|"
    r"STOP(?: (?:WRITE|MESSAGE|MAILING|I|PLEASE|CALL|THANKS|уже|[^\w\s?]))*(?= *$)"
    rf"|STOP (?:WRITE|MESSAGE|MAILING)|NOT (?!туд){_THE_SAME_CLAUSE}{{0,2}}WRITE|S\d+ I FROM (?:\S+ )?MAILING|WRITE {_THE_SAME_CLAUSE}{{0,2}}NOT(?: NEED)?"
    rf"|(?<=^ )(?:(?:все|всьо|ну|уже|YES|THAT|,|[.]) )*ENOUGH(?= [.!]*$)|REMOVE (?:I |MY )*VARIANT|ENOUGH {_THE_SAME_CLAUSE}{{0,2}}(?:WRITE|MESSAGE|MAILING|MAILING)|(?:REMOVE|NO|NOT|MINUS|CANCELV) {_THE_SAME_CLAUSE}{{0,3}}(?:MAILING|MESSAGE)"
)
START = phrase(r"START")
START_AGAIN = phrase(
    r"(?:WRITE|AGAIN) (?:I )?(?:AGAIN|WRITE)|AGAIN (?:I )?WRITE|AGAIN (?:\S+ ){0,2}MESSAGE|START MESSAGE|(?:возобнов\S*|включ\S*|поновіть|RETURN) (?:I )?(?:MAILING|MESSAGE)"
)
_UNWELL = r"(?:себя|стало|почувств\S*|чувств\S*|слышно|видно|понимаю)"
COMPLAINT = phrase(
    rf"(?:почему|чому) (?:\S+ ){{0,2}}NOT (?:предупре|попередил|отвеча|відповіда|сказал)\S*|NOT (?:IN )?(?:THAT|AND) (?:цвет|колір|тон|длин|форм|S\d)\S*|NOT (?:такой|такая|такое|такие|такий|така|таке|такі|то|THAT)(?: (?:HOW|WHAT|,))+ (?:просил|хотел|прос|хоті|показыв|показув|на_фото|WANT)\S*|REDO(?! (?:ON|IN|K) [QW]\d| MY| ON)|NOBODY (?:NOT|answered|came|picks|picked|met)|NOT (?:{_ANYTHING}){{0,2}}CONTENTED|(?<!NOT )(?<!NO )(?<!MINUS )(?<!LATE )COMPLAIN(?! (?:LATE|NO))|NOT (?:YES|SUITS) (?:якість|качеств\S*|quality)|BADLY (?!,|\.|\||{_UNWELL})|RETURN {_THE_SAME_CLAUSE}{{0,2}}MONEY|MONEY {_THE_SAME_CLAUSE}{{0,2}}(?:RETURN|back)"
    rf"|NOT {_THE_SAME_CLAUSE}{{0,1}}LIKED|(?<!I )BADLY(?! {_UNWELL})"
    r"|(?:ждал|чекал)\S* (?:\S+ ){0,3}(?:_(?= )|HOUR|HALF|MINUTE)|(?:AFTER|S\d+) (?:\S+ ){0,4}HURTS|HURTS (?:\S+ ){0,3}AFTER|HURTS (?:[^\s,.!?|]+ ){0,3}S\d+"
    r"|(?:MASTER|E\d+|USUALONE) (?:(?!I |, )\S+ ){0,4}LATE|NOBODY NOT|NOT NOBODY|(?:MANAGE|S\d+|цвет|колір|colou?r) (?:\S+ )?(?:NOT THAT|NOT то|NOT той|wrong)|(?:already|уже|вже) (?:\S+ )?(?:WAIT|WAITING|waiting) (?:\S+ ){0,2}(?:_|MINUTE|HOUR|HALF)|(?:WAIT|wait|WAITING|waiting) (?:\S+ ){0,2}(?:_|MINUTE|HOUR|HALF) (?:already|уже|вже)|long (?:NOT )?WAIT|WAITING (?:уже |вже |already )?(?:_|MINUTE|HOUR|HALF)|S\d+ (?:\S+ )?NOT (?:очень|дуже|так|THAT|AND|HOW) (?:\S+ )?MANAGE|списал\S* (?:\S+ )?MONEY|MONEY (?:\S+ )?списал\S*|(?:fell|came|falling|coming|popped|popping) (?:out|off|apart)"
)
PERSON = phrase(
    rf"NOT (?:CAN |MANAGE )?(?:дозв[ао]н|додзв)\S*|ADMIN(?! (?:\S+ )?(?:PRAISE|классн|молод|вежлив|отличн|приятн|добр|мил|душ)\S*)|CALL|TALK {_THE_SAME_CLAUSE}{{0,3}}HUMAN|(?:WANT|NEED|CAN|LET|HAVE|NOT) {_THE_SAME_CLAUSE}{{0,3}}HUMAN(?! (?:DAY|,? #))"
    rf"|HUMAN (?:HUMAN|PEOPLE)|ANYONE (?:отве|відпов)\S*|NOT {_THE_SAME_CLAUSE}{{0,3}}BOT|HUMAN {_THE_SAME_CLAUSE}{{0,2}}(?:BOT|CALL|TALK)|(?:get|give|put|дайте|дай) (?:\S+ ){{0,3}}HUMAN"
    r"|TALK(?! (?:IN |BYP |- )?(?:-? ?)?(?:english|russian|ukrainian|русск\S*|рос\S*|укр\S*|англ\S*))"
)
_WEAK = r"(?:(?:WANT|NEED|LET|PLEASE|YES|CAN|I|TO|MY|RECORD|PLEASE) )*"
NOT_BOOKED = phrase(
    r"NOT (?:I )?BOOKV|NOT (?:I )?(?:NEED|WANT) (?:I )?BOOKV|BOOKV (?:I )?NOT (?:NEED|WANT)"
)
NOT_CANCELLED = phrase(
    rf"NOT {_WEAK}(?:CANCELV|MOVEV)|THINK (?:I )?(?:CANCELV|MOVEV)|NOT (?:I )?(?:собира|планир|проси|збира)\S* (?:CANCELV|MOVEV)|NOT (?:NEED|WANT) (?:I |MY |[^\W\d_A-Z]+ ){{0,3}}(?:CANCELV|MOVEV)|(?:CANCELV|MOVEV) (?:{_THE_SAME_CLAUSE}{{0,2}})NOT (?:NEED|WANT|BE|DID|проси\S*|собира\S*|збира\S*)"
)
# "Отбой, давайте в субботу": another day is wanted instead.
RATHER = phrase(
    r"(?:LET|YES|BETTER|CAN|WANT|TAKE)(?: I)? (?:(?:ON|IN|K|PLEASE|BETTER) )*(?:Q\d+|OTHERONE)"
)
CANCEL = phrase(
    r"CANCELV|THINK (?:I )?(?:COME|приходить|приезжать|ехать|идти|приїжджати|йти|coming)|S\d+ (?:PLEASE )?(?:MY )RECORD|S\d+ PLEASE RECORD|RECORD (?:\S+ )?NOT (?:NEED|CONFIRMV)|NOT NEED RECORD|Q\d+ (?:RECORD )?REMOVE|REMOVE (?:\S+ ){0,2}RECORD|RECORD (?:\S+ ){0,2}REMOVE|REMOVE (?:I |MY )*(?:FROM |ON |IN )?(?:RECORD|Q\d+)|REMOVE I FROM(?= )"
)
NOT_COMING = phrase(
    rf"NOT (?:WORK|SUITS|YES) (?:anymore|any longer|MORE|ENOUGH|уже|вже)|NOT CONFIRMV|NOT (?:I )?(?:MANAGE(?! (?:[^\s,.]+ )?BOOKV)|COME|coming|BE(?! (?:TRADE|S\d+|(?!при|ехать|идти)[^\sA-Z]*(?:ть|ти|чь|ться)|DO|BOOKV)(?= ))|INTIME|WAIT)|NOT (?:I )?CAN (?:\S+ ){{0,2}}(?:COME|BE|MANAGE)|(?:MANAGE|COME) (?:I )?NOT (?:MANAGE|CAN)"
    rf"|NOT {_THE_SAME_CLAUSE}{{0,2}}MANAGE(?! (?:[^\s,.]+ )?BOOKV)|I (?:\S+ )?NOT WILLBE|NOT WILLBE I"
)
# In so many words: "завтра не смогу" alone may answer "which day?".
SAID_TO_CHANGE = phrase(r"CANCELV|MOVEV|REDO|CHANGE|RECORD|COME|BOOKED|REMOVE")
ANOTHER_TIME = phrase(
    rf"[,.;|!?…] (?:{_ANYTHING}*)(?:Q\d+|W\d+|MOVEV|BOOKV)|(?:BETTER|OTHERONE|LET|YES|CAN|BOOKV|MOVEV)"
)
MOVE = phrase(
    rf"COME (?:EARLIER|LATER|SOONER)(?: ,)? CAN \?|Q\d+ S\d+ (?:(?:,|YES|LET|BETTER|CAN|WANT|I|NEED) )+(?:ON|IN) Q\d+|REDO|NOT CAN (?:\S+ )*OTHERONE (?:TIMEW|DAY|EDAY)|(?:CAN|NEED|WANT) (?:I )?OTHERONE (?:TIMEW|DAY|EDAY|DATE|HOUR)(?! HAVE)|COME (?:\S+ )?[QW]\d+ INSTEAD|[QW]\d+ INSTEAD(?=(?: [.?!])* $)|MOVEV|(?:[QW]\d+|UNWANTED) INSTEAD (?:\S+ )?[QW]\d+|INSTEAD (?:\S+ )?[QW]\d+ (?:\S+ )*[QW]\d+|CHANGE(?! MY mind) {_THE_SAME_CLAUSE}{{0,3}}(?:RECORD|TIMEW|DAY|DATE|HOUR|Q\d+|W\d+|MY|BOOKED)|CHANGE(?! MY mind)"
    r"|CAN (?:I )?(?:PLEASE )?(?:ON|IN) OTHERONE (?:TIMEW|DAY|DATE|HOUR)"
    r"|I (?:ON |IN )?[QW]\d+ BOOKED (?:\S+ ){0,3}(?:CAN|WANT|BETTER|NEED) (?:\S+ ){0,4}[QW]\d+"
    r"|(?<=^ )BOOKED (?:\S+ ){0,4}[QW]\d+ (?:\S+ )*(?:WANT|CAN|BETTER|NEED) (?:\S+ ){0,3}[QW]\d+"
    r"|(?:I|MY) (?:\S+ ){0,3}(?:BOOKED|RECORD) (?:\S+ ){0,8}[QW]\d+ (?:\S+ ){0,8}(?:WANT|CAN|BETTER|NEED) (?:\S+ ){0,8}(?:[QW]\d+|OTHERONE)"
)
LATE = phrase(
    r"подожд\S+ (?:I )?(?:\S+ )?(?:MINUTE|_(?= )|\?)|(?:уже|вже|already) (?:\S+ ){0,3}(?:_|MINUTE)|NOT INTIME (?:вовремя|вчасно|IN TIMEW|ON TIMEW)|running (?:\S+ ){0,3}(?:_|behind)|(?<!HOW )(?<!too )(?<!WORKV )(?<!WORK )LATE|ON MY way|EIN LATE|(?:BE|COME) (?:\S+ )?EIN [W_#]\S*|(?:BE|COME|GOING) (?:\S+ ){0,3}_|GOING (?:\S+ ){0,3}MINUTE|(?:BE|COME) (?:SHIFT|(?:чуть |немного |трохи )?LATER(?! \?)(?!.* (?:CAN|Q\d)))|(?:застрял|застряг|стою IN|STAND IN) (?:\S+ )?(?:LATE|лифт\S*|электричк\S*)|NOT INTIME (?:\S+ )*(?:BE|COME)|NOT INTIME (?:[^\s,.;!?|]+ )*W\d+"
)
SHIFT = phrase(r"CAN (?:\S+ ){0,3}SHIFT|SHIFT (?:\S+ )?CAN")
LATER = phrase(r"SHIFT|LATER|EARLIER|SOONER")
BOOK = phrase(
    r"REQUEST|(?:повтор)\S* (?:MY )?RECORD|CAN I (?:\S+ )?COME(?= (?:сейчас|зараз|now|прямо|\?))|WANT (?:чтобы|щоб) (?:\S+ ){0,2}BOOKED|(?:добав|дода)\S* (?:\S+ ){0,3}(?:S\d+|TRADE)|(?:S\d+|TRADE) (?:\S+ ){0,2}(?:добав|дода)\S*|(?:сделайте|сделать|зробіть|зробити) (?:PLEASE |I |MY )*RECORD|BOOKV|(?:MANAGE|get) (?:new )?RECORD|(?:get|have) (?:MY )?S\d+ done|S\d+ done|(?:put|sign|add|enroll?|register|write|RECORD|note) I (?:down|up|EIN|IN|ON|TO|FROM)|TAKE (?:\S+ ){0,3}(?:I|[QW]\d+)|I (?:\S+ ){0,2}TAKE|(?:S\d+|TRADE|[QW]\d+) (?:\S+ ){0,4}TAKE(?= \? )|(?:RECORD|NEW) RECORD|(?<!NOT )(?:WANT|NEED) (?:I |ON |new |NEW )*RECORD"
)
# "Сделаете мне брови завтра?" asks for a visit, "брови красите?" what we do.
WILL_YOU = phrase(r"(?:S\d+|TRADE) (?:\S+ )*WILLYOU")
FOR_A_VISIT = phrase(r"I|[QW]\d+|SOON")
BOOK_FIRMLY = phrase(
    r"(?:если|якщо|if) I (?:\S+ )*COME|WANT|hoping|looking (?:TO|ON)|I б|б I|б|I бы|бы I|бы|би"
)
BOOK_WEAKLY = phrase(r"NEED(?! \?)|CAN|(?<!NOT )MANAGE(?=(?: .*)? \?)")
REFUSED = re.compile(
    r"^ (?:NO|THINK) |(?<= )(?<!TRADE )NOT (?:I )?(?:NEED|WANT|YES|SUITS|CAN)(?= )(?! TRADE)"
)
ASKS_ONLY = phrase(r"CHECK|спросить|уточнить|спитати|запитати|ask|know|узнать")
WHEN_CAN = phrase(
    rf"(?<!I )(?<!MY )(?:HAVE RECORD|RECORD HAVE) ON(?! (?:MY|I))|HOW (?:скоро|быстро|швидко|SOON|quickly) (?:\S+ ){{0,3}}(?:CAN|BOOKV|попасть|потрапити)|WHAT TIMEW CAN|WHATTIME CAN|WHAT latest|latest (?:I )?CAN|(?:ON )?WHENW HAVE (?:S\d+ )?RECORD|(?:NEAREST|SOON) (?:FREE )?RECORD|WHENW {_THE_SAME_CLAUSE}{{0,3}}(?:CAN|NEAREST|FREE|BOOKV)|(?:ON|IN) (?:HOWMANY|WHAT) (?:\S+ ){{0,2}}(?:CAN|FREE|HAVE)"
)
FREE = phrase(
    r"(?:MANAGE|CAN) (?:ли|чи) I (?:\S+ ){0,4}(?:K вам|до вас|[QWE]\d+)|E\d+ (?:\S+ )?(?:BYP|IN|ON) WHAT (?:DAY|EDAY)|E\d+ (?:\S+ )?(?:IN|UNTIL|FROM) (?:HOWMANY|WHATTIME)|WHO (?:UNWANTED |[QW]\d+ )*(?:занят|WORKING)|[QW]\d+ (?:\S+ ){0,2}занят\S* \?|E\d+ (?:\S+ )?WHENW|WHENW (?:\S+ )?E\d+|WHAT IN (?:вас|тебя|тебе) (?:ON |IN )?[QW]\d+|(?:CHECK|WHAT|WHICH|назов\w+|назв\w+) (?:\S+ ){0,2}SOON|SOON (?:\S+ ){0,5}WHENW|NO (?:FREE )?PLACE|[QW]\d+ (?:осталось|остались|залишилось|залишились|left)|(?:осталось|остались|залишилось|залишились|left) (?:\S+ ){0,2}[QW]\d+|FREE|WHAT (?:там |there )?BYP (?:TIMEW|HOUR|PLACE|RECORD|FREE)|WILLBE (?:\S+ )?ANYONE|E\d+ (?:has|HAVE) (?:\S+ )?(?:ANY|FREE|PLACE|TIMEW)|(?:E\d+|WHO|ANYONE) (?:\S+ ){0,3}RECEIVE|RECEIVE (?:\S+ ){0,2}E\d+|E\d+ (?:\S+ ){0,3}ON PLACE|INTIME (?:\S+ )*\?|E\d+ ON PLACE|WHENW (?:\S+ ){0,2}(?:HAVE|SOON)|E\d+ (?:\S+ ){0,3}WILLBE|(?<!нехай )(?<!хай )(?<!пусть )WILLBE (?:\S+ )?E\d+|(?:Q|W)\d+ (?:\S+ ){0,2}HAVE|WHO (?:\S+ )?CAN|E\d+ EIN|(?<!K )(?<!IN )(?<!FROM )(?<!UNTIL )(?<!TO )(?<!ON )E\d+(?! ON S\d+ CAN) (?:\S+ )*[QW]\d+ (?:\S+ )*\?|HAVE (?:\S+ ){0,4}(?:PLACE|SOON|TIMEW|W\d+)|(?:WORK|WORKV|WORKING|BE) (?:\S+ ){0,3}E\d+|E\d+ (?:\S+ ){0,3}(?:WORK|WORKV|WORKING)"
    r"|(?:Q\d+|W\d+) (?:HAVE|FREE)|HAVE (?:\S+ ){0,3}(?:Q\d+)|WHAT (?:\S+ ){0,2}HAVE (?:\S+ ){0,2}(?:Q\d+|W\d+)|(?:SOONER|LATER|EARLIER|OTHERONE) (?:TIMEW |DAY |VARIANT )?(?:HAVE|CAN|\?|Q\d+ \?)|HAVE (?:\S+ ){0,3}(?:SOONER|LATER|OTHERONE)"
    r"|HOW (?:там |there )?(?:FROM )?(?:PLACE|Q\d+ looking)|(?:EXIST|HAVE) ANY (?:\S+ ){0,3}[QW]\d+|(?<=^ )(?:ANY|ANYONE) (?:\S+ ){0,3}[QW]\d+ (?:\S+ ){0,4}\?"
)
MY_VISIT = phrase(
    r"(?:WHAT TIMEW|WHENW|WHATTIME) I(?: (?:BE|COME))? (?:EIN|on|ON Q\d|IN Q\d)|K (?:WHAT MASTER|WHO) I(?! (?:\S+ )*CAN )|I K вам (?:IN |ON )?[QW]\d+(?: иду| COME| GOING)? \?|(?:забыл\w*|забул\w*|NOT (?:помню|пам'ятаю)) (?:\S+ ){0,3}(?:HOWMANY|WHENW|WHATTIME)|(?:HOWMANY|WHENW|WHATTIME) (?:мы|ми) YES|HAVE (?:ли |чи )?I (?:ли )?(?:IN|ON)|WHO (?:THEY )?MY MASTER|WHAT TIMEW (?:was|it)|(?:WHAT TIMEW|WHENW|WHATTIME) AM I|I (?:\S+ ){0,2}[QW]\d+ OR (?:IN )?[QW]\d+ \?|(?:is|DOES) MY RECORD|(?:IN|ON) (?:HOWMANY|WHATTIME) (?:IN )?(?:MY|I) S\d+|(?:WHENW|HOWMANY|REMIND|CHECK|WHAT|WHO|WHICH|WHATTIME|WHERE) (?:\S+ ){0,6}(?:BOOKED|RECORD)"
    r"|(?:забыл\w*|забул\w*|forgot\w*|NOT (?:помню|пам'ятаю|пригадую|remember|знаю|know|сказал\w*)) (?:\S+ ){0,4}(?:RECORD|BOOKED)|(?:BOOKED|RECORD) (?:\S+ ){0,7}(?:забыл\w*|забул\w*|forgot\w*|NOT (?:помню|пам'ятаю|remember))"
    r"|BOOKED (?:\S+ ){0,8}(?:WHENW|HOWMANY|WHATTIME|WHAT|\?)|RECORD (?:\S+ ){0,4}(?:WHENW|HOWMANY|WHATTIME|WHAT|\?)|(?:I|MY) (?:\S+ ){0,2}HAVE (?:\S+ ){0,2}RECORD|I BOOKED"
    r"|DOES I HAVE|HAVE (?:\S+ ){0,2}(?:I|MY) RECORD|(?<!ADDR )(?<!COST )(?<!TIMETABLE )REMIND(?! (?:\S+ ){0,2}(?:ADDR|COST|TIMETABLE|WHERE|STREET|HOW|WORKV))|(?:IN|ON) (?:HOWMANY|WHATTIME|WHAT) (?:IN )?(?:I|Q\d+ (?:IN )?I)|WHENW (?:IN )?(?:I|MY)(?! .*(?:CAN|FREE))|I (?:IN|ON) (?:HOWMANY|WHATTIME)|WHAT (?:там |же )?IN I (?:\S+ )?(?:ON |IN )?[QW]\d+ \?|(?<!CONFIRMV )MY RECORD|(?:HAVE|EXIST|NO|CHECK) (?:\S+ ){0,2}RECORD ON (?:MY|I)|RECORD ON (?:MY (?:SELF|VARIANT|им\S*|телефон\S*|surname|фамил\S*)|I(?= (?:HAVE|NO|\?|$)))"
)
# Beside a visit that is not to be cancelled.
ASKED_OUT = phrase(r"\?|HOWMANY|WHATTIME|WHENW|WHAT|WHO|REMIND|CHECK")
PRICE = phrase(
    r"#\d{3,4} (?:ON |ZA )?S\d+ (?:\S+ )?\?|S\d+ (?:\S+ )?#\d{3,4} (?:\S+ )?\?|(?<!NOT )COST|HOWMANY (?:\S+ ){0,3}(?:MONEY|TAKE|ZA|MANAGE)|HOWMANY FROM I|BYP (?:WHAT|чому) (?:S\d+|\?)|HOWMANY (?:MINUS|WILLBE)|^ (?:A )?HOWMANY \?|HOW MUCH|(?<!IN )HOWMANY (?!MASTER|PEOPLE|HUMAN)(?:\S+ ){0,2}S\d+|S\d+ (?:\S+ ){0,2}HOWMANY|IN HOWMANY (?:\S+ )?обойдется"
)
# Whatever else they ask of it: "во сколько закрываетесь, успею?".
HOURS_FIRMLY = phrase(
    r"(?:UNTIL|FROM|IN) (?:HOWMANY|WHATTIME) (?:(?!E\d)\S+ ){0,3}(?:WORKV|LASTONE)(?!.* E\d)"
)
HOURS = phrase(
    r"(?<=^ )(?:A )?(?:вы|ви|you) (?:Q\d+ )?W\d+(?: Q\d+)? \?|(?:рабоч|робоч)\S* (?:DAY|EDAY|HOUR|TIMEW|\?)|dayoff|(?:санитарн|санітарн)\S*|HOW LATE|(?:UNTIL|FROM) WHAT HOUR|TIMETABLE|(?:UNTIL|FROM|IN) (?:HOWMANY|WHATTIME) (?:\S+ ){0,3}WORKV|(?<!сайт NOT )(?<!ссылка NOT )(?<!приложение NOT )(?<!телефон NOT )WORKV(?! FROM [^\sA-Z\d])|WHAT (?:\S+ )?(?:TIMETABLE)|HOUR (?:\S+ )?(?:WORK|WORKV)|DOES you WORK|(?:UNTIL|FROM) (?:HOWMANY|WHATTIME|WHENW)"
)
_UNKNOWN_PLACE = r"(?! (?:связи|зв'язку|линии|отпуске)) [^\sA-Z\d,.?]+(?: [^\sA-Z\d,.?]+)?"
ADDRESS = phrase(
    rf"(?:вы|ви|THEY)(?: же| ж| еще| ще| MORE)? (?:IN|ON){_UNKNOWN_PLACE}(?: ,)?(?: YES)? \?|(?<=^ )you (?:EIN|ON|IN){_UNKNOWN_PLACE}(?: ,)?(?: YES)? \?"
    r"|WHICH (?:door|NEARBY|building|gate)|ADDR|(?:WHAT|WHERE|HAVE|вы|ви|you) (?:\S+ ){0,3}NEARBY|NEARBY (?:\S+ ){0,4}(?:WHAT|WHERE|\?)|IN WHAT (?:вы |ви )?(?:ABOUT|NEARBY)(?: (?:вы|ви)| находитесь| \?)|(?:вы|ви|you) (?:переехал|переїхал|moved)\S*|(?:філі|филиал)\S*|THEY (?:IN|ON) [^\sA-Z\d,.?]+ #\d+|(?:WHAT|WHICH|который|котрий) (?:дом|будинок|корпус|выход|вихід|станци\S*|сторон\S*|двер\S*|код)|WHERE(?! (?:\S+ )?(?:посмотр\S*|подивит\S*|WORK|MONEY|плат\S*|оплат\S*|перев\S*|переказ\S*|WRITE|USUALONE|отзыв\S*)| IN вас MY)|HOW (?:\S+ ){0,3}(?:FIND|войти|(?<=вам )COME|get|попасть|потрапити|пройти|пройти|подъехать)|STREET|FIND (?:\S+ ){0,2}(?:NEARBY|салон\S*|вас)|NOT (?:CAN )?FIND"
)
STAFF = phrase(
    r"(?:WHO|MASTER) (?:IN вас )?(?:MASTER|WHO) \?|HOWMANY (?:HUMAN|PEOPLE) (?:\S+ ){0,3}(?:WORKV|WORK)|IN вас (?:\S+ )?NEW MASTER|IN WHO (?:\S+ ){0,4}(?:S\d+|опыт\S*)|E\d+ MORE (?:WORK |WORKV )?IN (?:вас|тебя) \?|RECEIVE (?:\S+ ){0,2}MASTER|MASTER (?:\S+ ){0,2}RECEIVE|MAILING MASTER|(?<!K )(?<!TO )E\d+ (?:YES )?S\d+ \?|HOW SELF (?:\S+ )?MASTER|MASTER IN вас|CHECK (?:\S+ ){0,2}MASTER|HAVE (?:\S+ ){0,3}MASTER|WHO (?:\S+ ){0,2}(?:RECOMMEND|BETTER|best)|RECOMMEND (?:\S+ ){0,2}(?:WHO|MASTER)|(?<!прошлораз )E\d+ (?:\S+ ){0,2}(?:WHO|(?<!прошлораз )DO|MASTER)|WHO (?:\S+ ){0,2}E\d+|WHO HAVE|WHO EIN|WHO (?:\S+ ){0,3}(?:кращ\S*|лучш\S*)|WHO (?:\S+ ){0,3}(?:WORKV|WORK|DO|MASTER|WORKING|S\d+)|(?:WHAT|WHICH|WHO|HAVE|HOWMANY) (?:\S+ ){0,4}(?:MASTER|STAFFW)|WHICH (?:\S+ ){1,3}DOES S\d+|HOW many (?:PEOPLE|MASTER|girls)|STAFFW|MASTER (?:\S+ ){0,3}(?:HAVE|WORK|WORKV|WHAT)"
)
HOW_LONG = phrase(
    r"S\d+ (?:\S+ )?HOWMANY (?:MINUTE|HOUR)|HOWMANY (?:MINUTE|HOUR) (?:\S+ ){0,2}(?:S\d+|TRADE|DO)|HOW many (?:TIMEW|MINUTE|HOUR)|HOWMANY (?:BYP )?TIMEW|HOWMANY (?:\S+ ){0,2}LONG|(?:S\d+|TRADE) (?:\S+ ){0,3}LONG|LONG (?:\S+ ){0,3}(?:S\d+|TRADE)|how long"
)
SERVICES = phrase(
    r"walkin|HAVE (?:для|for) [^\sA-Z\d]+(?: \S+)? \?|WORKV FROM [^\sA-Z\d]+|DOES you (?:take|accept) (?:\S+ ){0,5}S\d+|(?:WHAT|WHICH) (?:\S+ ){0,2}S\d+ (?:\S+ ){0,2}HAVE|S\d+ (?:WHAT IN вас|IN вас WHAT)|DOES you TAKE (?:\S+ ){0,4}S\d+|DOES you (?:\S+ )?(?:S\d+|TRADE)|WHAT S\d+ (?:\S+ )?(?:RECOMMEND|YES|SUITS|BETTER)|INCLUDE|(?:S\d+|TRADE) (?:\S+ ){0,3}HAVE(?: \?|(?= $))|(?:вы|ви|you) (?:\S+ ){0,2}(?:S\d+|TRADE) (?:\S+ ){0,3}\?|YOUDO|(?:S\d+|TRADE) (?:\S+ )*WILLYOU|SERVICE|(?:вы|ви|you) (?:\S+ ){0,2}S\d+ \?|(?:DO|DOES you (?:DOES|DO|HAVE)) (?:\S+ ){0,4}(?:S\d+|TRADE)|WHAT (?:\S+ ){0,2}DO|DO (?:\S+ ){0,2}WHAT|WHAT DOES you DOES"
    r"|(?:S\d+|TRADE) (?:\S+ ){0,2}DO|LONG(?= (?:.* )?\?)|(?:HOW|THEY) LONG|HAVE (?:\S+ ){0,4}(?:S\d+|TRADE)|DO|DOES you (?:DOES|DO)|HOWMANY (?:\S+ ){0,2}TIMEW"
)
SPAM = phrase(r"SPAM")
# Who looks for work wants no visit.
JOB = phrase(
    r"TAKE (?:\S+ ){0,4}ON WORK|(?:ищу|шукаю|найду) WORK|WORK (?:ищу|шукаю)|резюме|(?:трудоустро|собеседован|співбесід|стажиров)\S*"
)
ELSEWHERE = phrase(r"(?:WANT|NEED|BOOKV|K|UNTIL|CALL|CAN|HAVE|THEY|вы) (?:[^,.?!]+ )??ELSEWHERE")
# A visit that another person is to have.
GIVEN_AWAY = phrase(
    r"(?:CAN|MANAGE|BE|COME|TAKE|take) (?:[^\s,.?!|]+ ){0,5}INSTEAD I|INSTEAD I (?:[^\s,.?!|]+ ){0,3}(?:CAN|MANAGE|BE|COME|приходит\S*|придет|прийде|піде|пойдет)"
    r"|(?:take|have|HAVE|use|give|TAKE|get) MY (?:FREE|PLACE|RECORD|place)(?: (?:TO|INSTEAD)|(?=(?: Q\d+)?(?: [?.!])* $))|MY (?:FREE|PLACE|RECORD) (?:TO|ON) (?:MY|friend|somebody|ANYONE)"
)
# Written to somebody else: "это не салон?", "ошиблась номером".
WRONG_NUMBER = phrase(
    r"(?:THEY|вы|ви) NOT (?:салон|парикмахерск\S*|перукарн\S*)|PRECISELY (?:VARIANT(?=(?: (?:OY|[.,!]))* $)|чат\S*|адресат\S*)|NOT туда (?:написал\S*|попал\S*|WRITE)|wrong (?:VARIANT|chat|person)"
)
CONFIRM = phrase(
    r"(?<!NOT )CONFIRMV|I coming|(?<!NOT )COME|(?<!NOT )BE(?! (?:\S+ )?(?:знать|знати|know|ждать|чекати|рад\S*|THANKS))"
)
SMALLTALK = phrase(r"SMALLTALK")
YES = phrase(r"YES")
NO = phrase(
    r"NO|NOT (?:совсем|особо|очень|горю|прельщает|она|он)|NOT IN коем|NOT - A|мимо|YES , (?:тогда |тоді |ну )?(?:потом|потім)|YES (?:, )?(?:щас|счас|сейчас|HOW (?:же|ж))|NOT really|(?<=^ )NOT(?= [,.])|never mind|(?:DOES )?NOT (?:WORK|BOOKV)|THINK|NOT (?:NEED|WANT|YES|SUITS|CAN)|NEITHER|NOT #1|UNWANTED"
)
# "Нет, всё верно, записывайте": nothing is to be changed.
NO_AND_YES = re.compile(
    r"^ NO (?:[,.] )?(?:(?:все|всьо|усе|it's|THAT) (?:YES|BOOKV|COME|BE)|BOOKV) (?!.*(?:NOT|NO) )"
)
BARELY_YES = re.compile(
    r"^ (?:(?:ну|тогда|ж|же) )*(?:LET DOES it|CAN|AND|PLEASE|BOOKV|CAN PLEASE|PLEASE DOES|go ahead|go (?:ON|FOR) it|DOES THEY)(?: [.!🙏])* $"
)
BUT = phrase(r"EXCEPT|BUT|BETTER|NOT|NO")
THANKS = phrase(r"THANKS")
THANKS_FOR = phrase(r"THANKS (?:\S+ ){0,2}ZA (?:\S+ ){0,2}S\d+(?!.* [QW]\d)(?!.* \?)")
PRAISE = phrase(
    r"PRAISE|CONTENTED|LIKED|(?:S\d+|E\d+) (?:\S+ ){0,2}YES|(?:красив|красот|гарн|краса)\S*|love my|(?:самые|самая|найкращ\S*|лучш\S*|best)|BETTER всех|THANKS (?:\S+ )?E\d+|E\d+ (?:\S+ ){0,4}THANKS|держ\S*|LONG"
)
_LIKING = r"(?:PRAISE|LIKED|CONTENTED)"
LOVED = re.compile(
    rf"^(?!.* (?:BUT|NOT|NO|BOOKV|NEED|CAN) ).* (?:{_LIKING} (?:[^\s,.!|]+ ){{0,4}}[SE]\d+|[SE]\d+ (?:[^\s,.!|]+ ){{0,4}}{_LIKING}) "
)
WISHED_TIME = phrase(r"[QW]\d+|SOON|\?")
HELLO = phrase(r"HELLO")
BYE = phrase(r"BYE")
NOT_YET = phrase(r"BYE (?=NOT|NO|THINK|CAN)")
FAREWELL = re.compile(
    r"(?<= )(?:хорошего|хороших|приятного|приятных|удачного|чудового|гарного|гарних|прекрасного|PRAISE|HAVE GOOD|nice) (?:EVENING|DAY|EDAY|WEEKEND|WEEK|MORNING)(?= )|(?<= )see you(?: [QW]?\d*(?:TODAY|TOMORROW|WD\d|SOON|there))*(?= )|(?<=BYE )(?:(?:IN|ON|THIS|NEXT) )*(?:TODAY|TOMORROW|AFTERTOMORROW|WD\d)(?=(?: [.!🙏])* $)|(?<=^ )(?P<kept>(?:(?:THANKS|YES|BYE|[^\sA-Z\d?]+) )*)UNTIL (?:TODAY|TOMORROW|WD\d|EVENING)(?=(?: [.!🙏])* $)"
)
TIMED = phrase(r"[QW]\d+")
NO_NAME = phrase(r"зачем|навіщо|почему|чому|why|NO|NOT|\?|THINK|WHAT|WHO|COST|HOWMANY")
UNSURE = phrase(r"\?|BETTER")
CONTENT = phrase(r"[QWSE]\d+|SOON|TRADE|ANYONE|ANYTIME|USUALONE|NAMED|PHONED|STARRED")
OFFERED_HERE = phrase(r"[SE]\d+|TRADE")
OURS = phrase(
    r"[SE]\d+|TRADE|USUALONE|ANYONE|BOOKED|BOOKV|NAMED|PHONED|WANT|CAN|NEED|RECORD|MASTER"
)
CHANGES = phrase(
    r"[QWSE]\d+|SOON|LATER|EARLIER|SOONER|SHIFT|OTHERONE|TRADE|если|якщо|if|ANYONE|USUALONE|NAMED"
)

GREETINGS = phrase(
    r"GOOD (?:MORNING|DAY|EDAY|DAYTIME|EVENING|AFTERNOON|NIGHT|TIMEW|ночи|доби)|(?:MORNING|DAY|EVENING) GOOD|HELLO"
)
AGREED = phrase(
    r"MINUS (?:проблем|питань|вопросов)|NO (?:проблем|питань|problem|problems|worries|prob)|NOT (?:возраж\S*|заперечу\S*|mind)|why NO|THAT WORKING(?: ON I)?|WORKING ON I|sounds GOOD|NOT против|NOT проти|почему бы (?:AND )?NO|почему (?:AND )?NO|чому б (?:AND )?NO|why NOT|NOT против"
)
