"""A rehearsal between two turns: sealed, in the visitor's own page. Nothing of it is stored."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from kommutator.domain.assistant.talk import Talk
from kommutator.kit.crypto import Place, Vault, VaultError

WORTH: Final = timedelta(hours=2)
"""After so long a rehearsal begins anew."""
_LONGEST: Final = 40_000


class TryState(msgspec.Struct, frozen=True):
    """`salon`: id of its connection; `phone`: of the client that is played, "": a stranger."""

    talk: Talk
    salon: str
    phone: str
    language: str
    at: datetime


def sealed(vault: Vault, place: Place, state: TryState) -> str:
    """For a hidden field."""
    envelope = vault.seal(msgspec.json.encode(state).decode(), place)
    return base64.urlsafe_b64encode(msgspec.json.encode(envelope)).decode()


def opened(vault: Vault, place: Place, text: str, now: datetime) -> TryState | None:
    """None: it is too old, somebody else's, or none of ours."""
    if not text or len(text) > _LONGEST:
        return None
    try:
        envelope = msgspec.json.decode(base64.urlsafe_b64decode(text), type=dict[str, Any])
        state = msgspec.json.decode(vault.open(envelope, place), type=TryState)
    except (binascii.Error, ValueError, msgspec.MsgspecError, VaultError, TypeError, KeyError):
        return None
    return state if now - state.at < WORTH else None
