"""How a session of WhatsApp stands, and whose turn it is. Pure.

Each state has `whatsapp_state.<state>` and `….action` in the catalogs, each reason
`whatsapp_reason.<reason>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class SessionState(StrEnum):
    """Where the link to one phone is."""

    NEW = "new"  # nobody asked for it yet
    STARTING = "starting"  # no phone has us as its device; the socket opens
    QR = "qr"  # a code waits to be scanned
    CODE = "code"  # eight letters wait to be typed on the phone
    PAIRING = "pairing"  # the phone took us; WhatsApp starts the stream anew
    PASSKEY_REQUIRED = "passkey_required"  # the phone wants a passkey, which we cannot give
    CONNECTING = "connecting"  # linked; the socket opens
    OPEN = "open"  # messages come and go
    RECONNECTING = "reconnecting"  # the socket broke; it comes back by itself
    RESTRICTED = "restricted"  # open, but strangers must not be written to (463)
    QR_EXPIRED = "qr_expired"  # nobody scanned
    LOGGED_OUT = "logged_out"  # unlinked, on the phone or by us
    REPLACED = "replaced"  # somebody else uses the same device (440)
    BANNED = "banned"  # WhatsApp shut the account out
    STOPPED = "stopped"  # switched off by a person, or needs one


WAITS_FOR_PERSON: Final = frozenset(
    {
        SessionState.NEW,
        SessionState.PASSKEY_REQUIRED,
        SessionState.QR_EXPIRED,
        SessionState.LOGGED_OUT,
        SessionState.REPLACED,
        SessionState.BANNED,
        SessionState.STOPPED,
    }
)
"""Nothing happens until somebody does something."""

TALKS: Final = frozenset({SessionState.OPEN, SessionState.RESTRICTED})
"""Messages may go."""

BREAKS: Final[Mapping[SessionState, str]] = {
    SessionState.LOGGED_OUT: "whatsapp_logged_out",
    SessionState.REPLACED: "whatsapp_replaced",
    SessionState.BANNED: "whatsapp_banned",
}
"""The connection counts as broken, for this reason."""


class Reason(StrEnum):
    """Why a session is where it is, where the state does not say it all."""

    NOT_SCANNED = "not_scanned"
    NO_CONNECTION = "no_connection"  # WhatsApp was not reached
    BRIDGE_DIED = "bridge_died"
    BRIDGE_MISSING = "bridge_missing"  # no Node, or its packages are not there
    VERSION_REFUSED = "version_refused"  # 405
    STATE_DAMAGED = "state_damaged"  # 500
    PHONE_OUTDATED = "phone_outdated"  # 411
    PHONE_ELSEWHERE = "phone_elsewhere"  # another connection of ours has this phone
    BY_PERSON = "by_person"  # here
    BY_PHONE = "by_phone"  # there
