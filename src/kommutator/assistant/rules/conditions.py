"""What a wish is made to depend on: "о 18, якщо є", "quarter past eleven if you have it".

The words of a condition ask nothing, as long as something else is said: who writes "если есть
место, то на пятницу" wants the Friday.
"""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

from kommutator.assistant.rules.line import Line

_IF = "(?:если|якщо|if|ежели|provided)"
_ENDS = r"[,.;!?|]|\.\.\.|то|тогда|тоді|then|BOOKV|BUT|A"
_CONDITION = re.compile(rf"(?<= ){_IF} (?:(?!(?:{_ENDS}) )\S+ )+")
_ASKS = re.compile(
    r"(?<= )(?:HAVE|FREE|PLACE|CAN|MANAGE|EXIST|TIMEW|RECORD|WORKING|WORK|WORKV|SUITS|OTHERONE|NO)(?= )"
)
# "Скажите, если есть окно", "wondering if you have": the client asks whether.
_WHETHER = re.compile(
    r"(?<= )(?:CHECK|REMIND|ask|know|see|wonder\S*|interested|curious|спросить|уточнить|спитати|запитати|WRITE|REPLY|MESSAGE|CALL|SAYS) (?:(?:I|PLEASE|,) )*$"
)
_SAYS_ENOUGH = re.compile(
    r"(?<= )(?:[QWSE]\d+|TRADE|BOOKV|WANT|NEED|CAN|YES|NO|CHOSEN|SOON|NAMED)(?= )"
)


def without_conditions(line: Line) -> Line:
    """The line with nothing in its conditions that asks; itself where no more is said."""
    text = line.text
    for match in reversed(list(_CONDITION.finditer(text))):
        before, after = text[: match.start()], text[match.end() :]
        rest = Line(f"{before}{after}")
        asked = "?" in after.split(" ")[:1] and not _SAYS_ENOUGH.search(before)
        if asked or _WHETHER.search(before) or not _SAYS_ENOUGH.search(rest.text):
            continue
        text = f"{before}{_ASKS.sub('_', match[0])}{after}"
    return Line(text)
