"""What no machine should talk about: money back, health, the law. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_STEMS = re.compile(
    r"\b(верн(и|ите|уть|ули|ёт|ет)\w*\s+(мне\s+|мои\s+|нам\s+)*(деньг\w*|средств\w*|оплат\w*"
    r"|предоплат\w*)|(деньги|предоплат\w+|оплат\w+)\s+(верн\w+|назад|обратно)|возврат\w*"
    r"|поверн\w+\s+(мені\s+|мої\s+)*(грош\w*|кошт\w*|передоплат\w*)|refund\w*"
    r"|money back|compensation"
    r"|аллерг\w*|алерг\w*|allerg\w*|ожог\w*|обожг\w*|сожгл\w*|опік\w*|обпекл\w*|burn(ed|t|s)?"
    r"|беремен\w*|вагітн\w*|pregnan\w*|травм\w*|кровь|кровотеч\w*|кровоточ\w*|bleed\w*|воспал\w*"
    r"|запален\w*|инфекц\w*|інфекц\w*|infect\w*|rash|сып[ьи]|раздражени\w*|диабет\w*|онколог\w*"
    r"|грибок|грибк\w*|противопоказан\w*|протипоказан\w*|больниц\w*|лікарн\w*|скор(ую|ая) помощь"
    r"|отравил\w*|hospital|doctor|врач\w*|лікар\w*"
    r"|суд|суда|суде|суду|юрист\w*|адвокат\w*|прокур\w*|роспотреб\w*|полици\w*"
    r"|поліці\w*|иск|lawyer|sue|court|police|lawsuit|персональн\w+ данн\w+)\b",
    re.IGNORECASE,
)


def is_sensitive(text: str, titles: Iterable[str]) -> bool:
    """Whether a person must read this.

    Args:
        titles: of the salon's services and their other names: a word in one of these is a wish.
    """
    found = {match.group(0).lower() for match in _STEMS.finditer(text)}
    if not found:
        return False
    offered = " ".join(titles).lower()
    return any(word[:5] not in offered for word in found)
