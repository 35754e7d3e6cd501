"""Which chat is taken, and which rule forbids the others."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.message_templates import KindTemplate
from kommutator.domain.outreach.choice import Nowhere, Option, choose
from kommutator.domain.outreach.ladder import Caps, Used
from kommutator.domain.outreach.settings import OutreachSettings

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
USUAL = OutreachSettings()
WORDS = KindTemplate("visit_soon", "ru")
QR, CLOUD, BOT, AVITO = (
    ConnectionKind.WHATSAPP, ConnectionKind.WHATSAPP_CLOUD, ConnectionKind.TELEGRAM,
    ConnectionKind.AVITO,
)  # fmt: skip


def option(kind: ConnectionKind, number: int = 1, **more: Any) -> Option:
    given = {
        "chat_id": f"{kind.value}-{number}",
        "heard_at": NOW - timedelta(days=3),
        "linked_day": 30,
    }
    return Option(connection_id=UUID(int=number), kind=kind, **given | more)


def chosen(*options: Option, settings: OutreachSettings = USUAL, **more: Any) -> str | Nowhere:
    given: dict[str, Any] = {"tried": (), "service": True, "now": NOW}
    found = choose(options, settings, **given | more)
    return found if isinstance(found, Nowhere) else found.chat_id


def test_the_tenants_order_decides_then_who_wrote_last() -> None:
    bot, qr, old = option(BOT, 2), option(QR, 1), option(QR, 3, heard_at=NOW - timedelta(days=9))
    assert chosen(bot, old, qr) == "whatsapp-1"
    assert chosen(bot, qr, settings=OutreachSettings(order=(BOT, QR))) == "telegram-2"
    assert chosen(qr, settings=OutreachSettings(order=(BOT,))) == Nowhere(
        "channel_not_wanted", passing=False
    )


def test_what_was_tried_is_not_tried_again() -> None:
    qr, bot = option(QR, 1), option(BOT, 2)
    assert chosen(qr, bot, tried={UUID(int=1)}) == "telegram-2"
    assert chosen(qr, tried={UUID(int=1)}) == Nowhere("nowhere_else", passing=False)
    assert chosen() == Nowhere("no_chat", passing=False)


@pytest.mark.parametrize(
    ("one", "service", "first_contact", "why"),
    [
        (option(QR, heard_at=None, opened=False), True, False, "never_wrote"),
        (option(QR, heard_at=None, opened=False), True, True, None),
        (option(QR, heard_at=None, opened=False), False, True, "never_wrote"),
        (option(QR, heard_at=None), False, True, "never_wrote"),  # we wrote, they never answered
        (option(CLOUD, heard_at=None), True, True, "free_text_over"),
        (option(CLOUD, heard_at=NOW - timedelta(hours=24)), True, True, "free_text_over"),
        (option(CLOUD, heard_at=NOW - timedelta(hours=23)), False, False, None),
        (option(CLOUD, heard_at=NOW - timedelta(hours=25), template=WORDS), False, False, None),
        (option(CLOUD, heard_at=None, opened=False, template=WORDS), True, True, None),
        (option(CLOUD, heard_at=None, opened=False, template=WORDS), True, False, "never_wrote"),
        (option(CLOUD, heard_at=None, template=WORDS), False, True, "never_wrote"),
        (option(CLOUD, closed="number_paused", template=WORDS), True, True, "number_paused"),
        (option(BOT, heard_at=None, opened=False), True, True, "never_wrote"),
        (option(AVITO), False, False, None),
        (option(QR, closed="number_paused"), True, True, "number_paused"),
        (option(QR, used=Used(200, 0)), True, True, "day_cap"),
        (option(QR, linked_day=0, used=Used(20, 0)), True, True, "day_cap"),
        (option(QR, linked_day=0, used=Used(5, 3)), True, True, None),
        (option(QR, linked_day=0, used=Used(5, 3), heard_at=None, opened=False), True, True,
         "new_cap"),
    ],
)  # fmt: skip
def test_rules(one: Option, *, service: bool, first_contact: bool, why: str | None) -> None:
    settings = OutreachSettings(first_contact=first_contact, caps=Caps())
    found = choose([one], settings, tried=(), service=service, now=NOW)
    assert (found.reason if isinstance(found, Nowhere) else None) == why


def test_what_may_open_later_is_waited_for() -> None:
    full, silent = option(QR, 1, used=Used(200, 0)), option(CLOUD, 2)
    assert chosen(silent, full) == Nowhere("day_cap", passing=True)
    assert chosen(full, option(BOT, 3)) == "telegram-3"
