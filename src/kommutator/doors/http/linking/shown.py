"""A session of WhatsApp as a page that links a phone sees it: state, whose turn it is, the code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import segno
from pydantic import BaseModel, Field

from kommutator.domain.whatsapp.states import SessionState
from kommutator.flows.house import House
from kommutator.flows.whatsapp.shown import SessionShown
from kommutator.kit.clock import Clock
from kommutator.kit.texts import Texts

_SCALE = 6
_QUIET_ZONE = 4  # modules of white around it, as the standard wants
PHASES: Final[Mapping[SessionState, str]] = {
    SessionState.NEW: "ask",
    SessionState.STARTING: "wait",
    SessionState.QR: "scan",
    SessionState.CODE: "type",
    SessionState.PAIRING: "back",
    SessionState.PASSKEY_REQUIRED: "passkey",
    SessionState.CONNECTING: "back",
    SessionState.OPEN: "done",
    SessionState.RECONNECTING: "back",
    SessionState.RESTRICTED: "done",
    SessionState.QR_EXPIRED: "ask",
    SessionState.LOGGED_OUT: "ask",
    SessionState.REPLACED: "ask",
    SessionState.BANNED: "ask",
    SessionState.STOPPED: "ask",
}
"""What a page shows: it waits for a code or for the line, has a code scanned or typed, is done, or
has to be asked."""


class StateShown(BaseModel):
    """How the session stands, in words, and the one thing to do about it."""

    state: SessionState
    phase: str = Field(description="ask, wait, scan, type, back, passkey or done.")
    reason: str | None
    title: str = Field(description="What is true, for people.")
    action: str = Field(description="What to do, for people.")
    reason_text: str | None = Field(description="Why, for people.")


class PhoneShown(StateShown):
    """The session as it is now."""

    since: datetime
    next_retry_at: datetime | None
    restricted_until: datetime | None
    method: str = Field(description="qr or code.")
    phone: str | None = Field(description="E.164; None until a phone is linked.")
    name: str | None
    linked_at: datetime | None
    seq: int = Field(description="Grows with each change.")


class CodeShown(BaseModel):
    """What links the phone now, if anything does."""

    qr: str | None = Field(description="An image as a data address.")
    n: int | None = Field(description="Which one of the row: WhatsApp gives out some six.")
    expires_in: int = Field(description="Seconds that are left.")
    ttl: int | None = Field(description="Seconds it lives in all: 60 the first, 20 the others.")
    code: str | None = Field(description="Eight letters and digits to type on the phone.")


def state_shown(texts: Texts, locale: str, state: SessionState, reason: str | None) -> StateShown:
    slug = f"whatsapp_state.{state.value}"
    return StateShown(
        state=state,
        phase=PHASES[state],
        reason=reason,
        title=texts.translate(locale, slug),
        action=texts.translate(locale, f"{slug}.action"),
        reason_text=texts.translate(locale, f"whatsapp_reason.{reason}") if reason else None,
    )


def phone_shown(texts: Texts, locale: str, shown: SessionShown) -> PhoneShown:
    said = state_shown(texts, locale, shown.state, shown.reason)
    return PhoneShown(
        **said.model_dump(),
        since=shown.since,
        next_retry_at=shown.next_retry_at,
        restricted_until=shown.restricted_until,
        method=shown.method,
        phone=shown.phone,
        name=shown.name,
        linked_at=shown.linked_at,
        seq=shown.seq,
    )


def code_shown(clock: Clock, shown: SessionShown) -> CodeShown:
    """Never a code that is over, and never more seconds than it has."""
    left = 0
    if shown.qr is not None:
        left = math.floor(max(0.0, (shown.qr.until - clock.now()).total_seconds()))
    qr = shown.qr if left else None
    return CodeShown(
        qr=None if qr is None else qr_image(qr.text),
        n=None if qr is None else qr.number,
        expires_in=left,
        ttl=None if qr is None else ttl_of(qr.number, left),
        code=shown.pairing_code,
    )


def ttl_of(number: int, left: int) -> int:
    """WhatsApp's own times, for a page that did not hear when the code began."""
    return max(left, 60 if number == 1 else 20)


def qr_image(text: str) -> str:
    """A PNG as a data address; big modules matter more here than repair of a torn print."""
    drawn = segno.make_qr(text, error="l")
    return str(drawn.png_data_uri(scale=_SCALE, border=_QUIET_ZONE))


def whole(house: House, locale: str, shown: SessionShown) -> dict[str, Any]:
    """Everything at once, as JSON, for a page that begins or that can only ask."""
    said = phone_shown(house.texts, locale, shown).model_dump(mode="json")
    return {**said, **code_shown(house.clock, shown).model_dump(mode="json")}
