"""The first salon's phone at the fake WhatsApp, linked as an owner links it, and its clients."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from uuid import UUID

import aiohttp
import structlog

from kommutator.demo.seed import ACTOR, NUMBER
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.whatsapp.states import TALKS, WAITS_FOR_PERSON, SessionState
from kommutator.flows.house import House
from kommutator.kit.clock import Clock
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.twins.whatsapp import Hands, HandsRefused

SALON_PHONE: Final = "70000000900"
SALON_NAME: Final = "Черновик на Образцовой"
PEOPLE: Final[Mapping[str, str]] = {"70000000101": "Андрей", "70000000555": "Ольга"}
"""Phone → name. The salons know the first one; the other has never been there."""
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.2
_GLANCE_S: Final = 1.0
_KEPT: Final = frozenset({SessionState.STOPPED, SessionState.BANNED})
"""Somebody plays with that."""
_log = structlog.get_logger()


async def link_phone(house: House, url: str, salon: UUID, clock: Clock) -> None:
    """Have a phone that speaks for this salon; linked only where it is not.

    `url`: of the fake WhatsApp. Raises HandsRefused, TimeoutError.
    """
    async with aiohttp.ClientSession() as session:
        hands = Hands(url, session)
        await hands.order("people", phone=SALON_PHONE, name=SALON_NAME, salon=True)
        for phone, name in PEOPLE.items():
            await hands.order("people", phone=phone, name=name)
        phone_id = await _phone_of(house, salon)
        scanned = 0
        deadline = clock.monotonic() + _PATIENCE_S
        while clock.monotonic() < deadline:
            shown = await house.whatsapp.state(NUMBER, phone_id)
            if shown.state in _KEPT:
                return
            if shown.state in TALKS and await _is_there(hands):
                return
            if shown.state in WAITS_FOR_PERSON:
                await house.whatsapp.link(NUMBER, phone_id)
            elif shown.qr is not None and shown.qr.number > scanned:
                scanned = shown.qr.number
                await hands.scan(shown.qr.text, SALON_PHONE, SALON_NAME)
            await clock.sleep(_LOOK_S)
    raise TimeoutError(f"the phone is {shown.state.value}")


async def show_codes(house: House, url: str, clock: Clock) -> None:
    """For ever: hold the codes of our pages before the cameras of the fake phones.

    So that whoever presses "Link WhatsApp" scans with one press at the fake phone. A code is in its
    picture only: the fake, like WhatsApp, does not know it. `url`: of the fake WhatsApp.
    """
    held: set[str] = set()
    async with aiohttp.ClientSession() as session:
        hands = Hands(url, session)
        while True:
            codes = await _codes(house)
            for code in codes - held:
                with suppress(HandsRefused, aiohttp.ClientError):  # scanned or over meanwhile
                    await hands.order("show", qr=code)
            held = codes
            await clock.sleep(_GLANCE_S)


async def _codes(house: House) -> set[str]:
    async with house.db.unit() as unit:
        enterprises = {
            record.enterprise
            for record in await unit.connections.all_everywhere()
            if record.kind is ConnectionKind.WHATSAPP
        }
    phones = [phone for one in enterprises for phone in await house.whatsapp.list(one)]
    return {phone.qr.text for phone in phones if phone.qr is not None}


async def _is_there(hands: Hands) -> bool:
    """What our side remembers of yesterday is no proof."""
    found = await hands.look("sessions")
    return any(one["phone"] == SALON_PHONE and one["online"] for one in found["sessions"])


async def _phone_of(house: House, salon: UUID) -> UUID:
    async with house.db.unit() as unit:
        mine = next(filter(_is_ours, await unit.connections.list(NUMBER)), None)
    return mine.id if mine is not None else await house.whatsapp.for_salon(ACTOR, NUMBER, salon)


def _is_ours(record: ConnectionRecord) -> bool:
    """Of this phone, or of none as yet."""
    return record.kind is ConnectionKind.WHATSAPP and record.account_key in {SALON_PHONE, None}
