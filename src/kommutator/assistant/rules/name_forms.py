"""A name in all its cases, by its ending: Russian, Ukrainian, and names from anywhere."""

from __future__ import annotations

import re

# Ending of the name → endings of its cases; the longest fitting one decides.
_ENDINGS = (
    ("ия", "ия ии ию ие ией иею"),
    ("ія", "ія ії ію ією"),
    ("ья", "ья ьи ье ью ьей ьею"),
    ("я", "я и е ю ей ею і ї єю йо"),
    ("а", "а ы е у ой ою и і ей ею"),
    ("ий", "ий ия ию ием ии"),
    ("ій", "ій ія ію ієм ії ієві ього ьому им ім"),
    ("й", "й я ю ем е єм ї єві"),
    ("ь", "ь я ю ем е і ем еві и ью"),
    ("о", "о а у ом ові і е"),
    ("и", "и"),
    ("е", "е"),
    ("ова", "ова овой ову овою ови ові"),
    ("ева", "ева евой еву евою"),
    ("ина", "ина иной ину иною ины ине ини ині"),
    ("ая", "ая ой ую ою"),
    ("ский", "ский ского скому ским ском"),
    ("ський", "ський ського ському ським"),
    ("ська", "ська ської ській ську ською"),
    ("цька", "цька цької цькій цьку цькою"),
    ("цький", "цький цького цькому цьким"),
    ("ов", "ов ова ову овым ове овим ові"),
    ("ев", "ев ева еву евым еве"),
    ("ор", "ор ора ору ором оре ори оря орю орем ореві орові"),
    ("ин", "ин ина ину иным ине ином"),
    ("", " а у ом е ові і ем еві ы"),
)
# "к", "г", "х" soften in Ukrainian: Ольга → Ользі, Віка → Віці.
_SOFT = {"г": "з", "к": "ц", "х": "с"}
# Forms that are everyday words; the name is then understood in its other cases only.
_EVERYDAY_WORDS = (
    "любой любою любе коли тому том томе мая май маю марта марте вере верой веру света свет свету "
    "свете славе поле поли поля полю тема теме темы тему темой роме ромом надо надою мила мило "
    "рая рае раю вали вале соню макси вова ним ней ані анн анни_ ліс лис лиса лисе коля_ "
    "гуля лесом лесу леса лес тома томи лине лини рити розы розе розу розой романе романом романа_ "
    "мани полька женей_ вона ася_ стас_ ната_ даши_ дашь"
)
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())  # fmt: skip


def name_forms(name: str) -> frozenset[str]:
    """All cases of one word of a name, in small letters, without those that mean something else."""
    word = _plain(name)
    return frozenset((_cases(word) - _EVERYDAY) | {word})


def everyday_forms(name: str) -> frozenset[str]:
    """The cases that mean something else, but for a word before them: "до Ані", "к Вере"."""
    return _cases(_plain(name)) & _EVERYDAY


_FOND = re.compile(
    r"(?P<stem>.{2,}?)(?:очк|ечк|еньк|оньк|ушк|юшк|уш|юш|ул|юл|ульк|юльк|ус|юс|ьк)(?:а|и|е|у|ой|ою|і|я|ю|ей)"
)
_FOND_OF_MEN = re.compile(r"(?P<stem>.{3,}?)(?:ик|чик|ек|ок|ушк|юшк)(?:а|у|ом|е|ові)?")


def fond_of(word: str) -> tuple[str, ...]:
    """What the name may be that a fond form is made of: "Мариночке" → "марина"."""
    if match := _FOND.fullmatch(word):
        return (f"{match['stem']}а", f"{match['stem']}я", match["stem"])
    match = _FOND_OF_MEN.fullmatch(word)
    return (match["stem"], f"{match['stem']}ь") if match else ()


def _plain(name: str) -> str:
    return name.lower().replace("ё", "е")


def _cases(word: str) -> frozenset[str]:
    if word.isascii():
        return frozenset({word, f"{word}'s"})
    ending = max((one for one, _ in _ENDINGS if word.endswith(one)), key=len)
    stem = word[: len(word) - len(ending)]
    cases = next(cases for one, cases in _ENDINGS if one == ending)
    forms = {word, *(f"{stem}{case}" for case in cases.split())}
    if not ending:
        forms |= {f"{stem}{case}" for case in ("а", "у", "ом", "е", "ові", "ем", "еві", "ым", "им")}
    if ending == "а" and stem[-1:] in _SOFT:
        forms.add(f"{stem[:-1]}{_SOFT[stem[-1]]}і")
    if word.endswith(("ек", "ок")):
        forms |= {f"{word[:-2]}к{case}" for case in ("а", "у", "ом", "е")}
    return frozenset(forms)
