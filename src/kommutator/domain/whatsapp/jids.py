"""Names of people at WhatsApp: `79001234567@s.whatsapp.net` is a phone, `34300…@lid` is none.

The digits of a LID look like a phone and are not: nothing is ever built from them.
"""

from __future__ import annotations

from typing import Final

from kommutator.kit.phones import to_e164

_PHONE: Final = "s.whatsapp.net"
_PERSONS: Final = frozenset({_PHONE, "lid"})


def bare(jid: str) -> str:
    """Without the device: `7900:12@lid` and `7900@lid` are one person."""
    user, _, server = jid.partition("@")
    return f"{user.partition(':')[0].partition('_')[0]}@{server}"


def is_person(jid: str) -> bool:
    """Not a group, a broadcast or a newsletter."""
    return jid.partition("@")[2] in _PERSONS


def phone_of(*jids: str | None) -> str | None:
    """E.164, of the first that is a phone."""
    for jid in jids:
        user, _, server = bare(jid or "").partition("@")
        if server == _PHONE and user.isdigit():
            return to_e164(f"+{user}")
    return None


def jid_of(phone: str) -> str:
    """Of an E.164 number."""
    return f"{phone.removeprefix('+')}@{_PHONE}"
