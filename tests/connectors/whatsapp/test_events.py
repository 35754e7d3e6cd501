"""What the bridge tells, read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.channels.whatsapp.events import read_event, read_message
from kommutator.domain.whatsapp.events import (
    Closed,
    Composing,
    Identity,
    MessageHeard,
    Opened,
    Paired,
    PasskeyWanted,
    QrShown,
    Restricted,
    StatusHeard,
    Undecryptable,
    WhatsAppEvent,
)

ME = {"jid": "79990000001:4@s.whatsapp.net", "phone": "+79990000001", "lid": "55@lid", "name": "Л"}
US = Identity("79990000001:4@s.whatsapp.net", "+79990000001", "55@lid", "Л")
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "words", "event"),
    [
        ("qr", {"number": 1, "text": "2@a,b", "ttl_s": 60}, QrShown(1, "2@a,b", 60.0)),
        ("paired", {"me": ME}, Paired(US)),
        ("open", {"me": ME}, Opened(US)),
        ("open", {"me": {"jid": "1@lid"}}, Opened(Identity("1@lid"))),
        (
            "closed",
            {"code": 403, "reason": "Connection Failure", "location": "cln"},
            Closed(403, "Connection Failure", "cln"),
        ),
        ("closed", {"code": None, "reason": "", "location": None}, Closed(None)),
        ("passkey", {}, PasskeyWanted()),
        ("restricted", {"until": 1795251600, "kind": "DEFAULT"}, Restricted(AT, "DEFAULT")),
        ("restricted", {"until": None, "kind": None}, Restricted()),
        ("undecryptable", {"id": "M1", "chat": "7@lid"}, Undecryptable("M1", "7@lid")),
        ("status", {"id": "M1", "chat": "7@lid", "status": 3}, StatusHeard("M1", "7@lid", 3)),
        (
            "status",
            {"id": "M1", "chat": "7@lid", "status": 0, "code": "463", "words": "restricted"},
            StatusHeard("M1", "7@lid", 0, "463", "restricted"),
        ),
        ("composing", {"chat": "7@lid", "typing": True}, Composing("7@lid", typing=True)),
    ],
)
def test_each_event_is_read(name: str, words: dict[str, Any], event: WhatsAppEvent) -> None:
    assert read_event(name, words) == event


def test_a_message_is_read_whole() -> None:
    told = {
        "id": "3EB0",
        "chat": "7@lid",
        "alt": "79991112233@s.whatsapp.net",
        "from_me": False,
        "at": 1795251600,
        "offline": True,
        "name": "Анна\x00",
        "kind": "edit",
        "text": "в 16\x00:00",
        "edits": "3EA9",
    }
    assert read_message(told) == MessageHeard(
        id="3EB0",
        chat="7@lid",
        at=AT,
        alt="79991112233@s.whatsapp.net",
        offline=True,
        name="Анна",
        kind="edit",
        text="в 16:00",
        edits="3EA9",
    )
    assert read_event("message", {"message": told}) == read_message(told)


def test_what_we_sent_keeps_its_content() -> None:
    told = {"id": "M", "chat": "7@lid", "from_me": True, "at": 1, "raw": {"conversation": "да"}}
    heard = read_message(told)
    assert heard is not None
    assert (heard.from_me, heard.raw, heard.kind) == (True, {"conversation": "да"}, "unknown")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("of tomorrow", {}),
        ("qr", {"number": "1", "text": "x", "ttl_s": 60}),
        ("qr", {"number": 1, "ttl_s": 60}),
        ("status", {"id": "M1", "status": 3}),
        ("status", {"id": "M1", "chat": "7@lid", "status": "read"}),
        ("undecryptable", {"chat": "7@lid"}),
        ("composing", {}),
        ("message", {"message": None}),
        ("message", {"message": {"chat": "7@lid"}}),
    ],
)
def test_what_cannot_be_read_is_no_event(name: str, words: dict[str, Any]) -> None:
    assert read_event(name, words) is None


@pytest.mark.parametrize("at", [None, "soon", True, -1, 10**12])
def test_an_impossible_time_does_not_lose_the_message(at: object) -> None:
    heard = read_message({"id": "M", "chat": "7@lid", "at": at})
    assert heard is not None
    assert heard.at == datetime.fromtimestamp(0, UTC)
