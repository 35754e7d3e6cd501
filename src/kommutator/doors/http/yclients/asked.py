"""What the vendor's redirect says, read from a query or a body."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kommutator.flows.yclients.arrive import Said
from kommutator.kit.errors import InvalidInput

_SALON = re.compile(r"salon_ids?(?:\[\d*\])?")
_ID = re.compile(r"[0-9]{1,15}")
_LONGEST = 16 * 1024
_MOST = 200


def read_said(pairs: Iterable[tuple[str, str]]) -> Said:
    """`salon_id`, `salon_ids[]` and `salon_ids[0]` alike; what is not known is passed over.

    Raises:
        InvalidInput: `yclients_salon_invalid`.
    """
    salons: list[int] = []
    signed = {"user_data": "", "user_data_sign": ""}
    for name, value in pairs:
        if _SALON.fullmatch(name) and value:
            salons.append(salon_id(value))
        elif name in signed:
            signed[name] = value[: _LONGEST + 1]
    return Said(salons[:_MOST], signed["user_data"], signed["user_data_sign"])


def salon_id(text: str) -> int:
    """Raises InvalidInput: `yclients_salon_invalid`."""
    text = text.strip()
    if not _ID.fullmatch(text) or int(text) == 0:
        raise InvalidInput("yclients_salon_invalid")
    return int(text)
