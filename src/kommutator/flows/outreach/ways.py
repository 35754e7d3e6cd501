"""How somebody can be reached: chats and numbers, and which rules close them now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.message_templates import KEY as TEMPLATES
from kommutator.domain.message_templates import read_templates
from kommutator.domain.outreach.choice import Option
from kommutator.domain.outreach.hours import day_began
from kommutator.domain.outreach.ladder import Used, day_of
from kommutator.domain.whatsapp.jids import jid_of
from kommutator.domain.whatsapp.states import SessionState
from kommutator.store.outreach_ways import Number, Reached

if TYPE_CHECKING:
    from kommutator.store.outreach import OutreachRow
    from kommutator.store.unit import Unit

BARRED: Final = {SessionState.RESTRICTED: "restricted", SessionState.BANNED: "banned"}
"""States of a linked phone that pause its unasked messages until a person resumes them."""

_OPENING: Final = frozenset({SessionState.OPEN, SessionState.CONNECTING, SessionState.RECONNECTING,
                             SessionState.STARTING})  # fmt: skip
"""States in which what is owed leaves soon, without anybody doing anything."""


async def options_of(
    unit: Unit, row: OutreachRow, *, zone_name: str, now: datetime
) -> Sequence[Option]:
    """Every way to the person of this row, forbidden ones too."""
    reached = list(await unit.outreach_ways.chats(row.enterprise, row.salon, row.phone, _only(row)))
    strangers: Sequence[tuple[UUID, str]] = ()
    if row.phone and row.only_chat is None:
        strangers = await unit.outreach_ways.numbers_without(
            row.enterprise, row.salon, row.phone, row.kind.value
        )
    ids = {one.connection_id for one in reached} | {one for one, _ in strangers}
    stand = await unit.outreach_ways.standing(
        row.enterprise, ids, day_began=day_began(now, zone_name)
    )
    begun = [Reached(one, kind, _name_at(kind, row.phone), None) for one, kind in strangers]
    options = []
    for one, opened in [(chat, True) for chat in reached] + [(chat, False) for chat in begun]:
        number = stand[one.connection_id]
        options.append(
            Option(
                connection_id=one.connection_id,
                kind=ConnectionKind(one.kind),
                chat_id=one.chat_id,
                heard_at=one.heard_at,
                opened=opened,
                linked_day=day_of(number.linked_at, now, zone_name),
                used=Used(number.sent, number.new),
                closed=_closed(number, ConnectionKind(one.kind)),
                busy_s=number.busy_s,
                template=read_templates({TEMPLATES: number.templates}).get(row.kind),
            )
        )
    return options


def _name_at(kind: str, phone: str) -> str:
    """How WhatsApp names a person's chat: a linked phone by a JID, the official API by digits."""
    return jid_of(phone) if kind == ConnectionKind.WHATSAPP else phone.removeprefix("+")


def _only(row: OutreachRow) -> tuple[UUID, str] | None:
    if row.only_connection is None or row.only_chat is None:
        return None
    return row.only_connection, row.only_chat


def _closed(number: Number, kind: ConnectionKind) -> str | None:
    if number.paused:
        return "number_paused"
    if kind is not ConnectionKind.WHATSAPP or number.session is None:
        return None
    state = SessionState(number.session)
    if state in BARRED:
        return "number_paused"
    return None if state in _OPENING else "number_away"
