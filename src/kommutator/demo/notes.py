"""What one start of the demo must remember for the next, and for `kommutator demo`."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from kommutator.kit.ids import Ids

NAME = "demo.json"


class DemoNotes(msgspec.Struct, kw_only=True):
    """Secrets of fake vendors, so that stored connections fit them after a restart.

    Attributes:
        events_key: our own API key for sending events and reading calls.
        street_url: where calls can be placed from; None while nothing runs.
        chat_url: where a client writes to the salon; None without a fake WhatsApp.
    """

    crm_key: str = ""
    crm_limited_key: str = ""
    ami_secret: str = ""
    phone_secret: str = ""
    street_token: str = ""
    amocrm_secret: str = ""
    yclients_partner_token: str = ""
    yclients_user_token: str = ""
    telegram_secret: str = ""
    avito_client_id: str = ""
    avito_client_secret: str = ""
    events_key: str | None = None
    base_url: str | None = None
    crm_url: str | None = None
    amocrm_url: str | None = None
    yclients_url: str | None = None
    street_url: str | None = None
    chat_url: str | None = None


_BYTES = {
    "crm_key": 24,
    "crm_limited_key": 24,
    "ami_secret": 24,
    "phone_secret": 24,
    "street_token": 24,
    "amocrm_secret": 32,
    "yclients_partner_token": 15,
    "yclients_user_token": 24,
    "telegram_secret": 26,
    "avito_client_id": 15,
    "avito_client_secret": 30,
}


def load(home: Path, ids: Ids) -> DemoNotes:
    """The notes of this home, completed where an older version wrote them."""
    try:
        notes = msgspec.json.decode((home / NAME).read_bytes(), type=DemoNotes)
    except FileNotFoundError:
        notes = DemoNotes()
    for name, size in _BYTES.items():
        if not getattr(notes, name):
            setattr(notes, name, ids.token(size))
    return notes


def save(home: Path, notes: DemoNotes) -> None:
    """Replace the file in one step; only its owner may read it."""
    draft = home / f".{NAME}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(notes)))
    draft.replace(home / NAME)


def running_in(home: Path) -> bool:
    """Whether the demo runs in this home now, as far as its notes tell."""
    try:
        notes = msgspec.json.decode((home / NAME).read_bytes(), type=DemoNotes)
    except (OSError, msgspec.DecodeError):
        return False
    return notes.street_url is not None
