"""A message as people type it, brought to plain lower-case text."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 4096  # characters; messengers send no longer text in one message

_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]"
)
_APOSTROPHES = re.compile("(?<=[^\\W\\d_])[’ʼ`´ʹ‘](?=[^\\W\\d_])")
_DASHES = re.compile("[‐‑‒–—―−]")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
# "дааа", "приветттт": nobody means a third letter.
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_SIGNS = {
    "👍": " 👍 ", "👌": " 👍 ", "✅": " 👍 ", "✔": " 👍 ", "🆗": " 👍 ", "☑": " 👍 ", "💯": " 👍 ",
    "👎": " 👎 ", "❌": " 👎 ", "🚫": " 👎 ", "✖": " 👎 ",
    "⭐": " ⭐ ", "🌟": " ⭐ ", "★": " ⭐ ", "✨": " ",
    "🙏": " 🙏 ", "👋": " 👋 ",
}  # fmt: skip
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
_THUMBS = re.compile("[👍👎]")
# Beside such words a thumb or a cross is only their colour: "стоп ❌" is no "no".
_SAY_ALL = re.compile(
    r"\b(?:стоп|stop|старт|start|(?:оператор|админ|менеджер)\w*|human|operator|manager"
    r"|не (?:при[йи]?ду|буду|смогу|зможу|успею|встигну|получ\w+|выйдет|вийде))\b"
)


def clean(text: str) -> str:
    """Lower case, "е" for "ё", one kind of apostrophe and dash, known signs set apart.

    Lines stay lines: each was a message of its own. Never longer than a messenger's message.
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST])
    plain = _SIGN.sub(lambda sign: _SIGNS[sign[0]], _INVISIBLE.sub("", plain))
    plain = plain.lower().replace("ё", "е")
    if _SAY_ALL.search(plain):
        plain = _THUMBS.sub(" ", plain)
    plain = _DASHES.sub("-", _APOSTROPHES.sub("'", plain))
    plain = _DRAWN_OUT.sub(r"\1", plain)
    return _LINES.sub("\n", _BLANKS.sub(" ", plain)).strip()
