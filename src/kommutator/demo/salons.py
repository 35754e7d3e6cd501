"""A chain of beauty salons and its messengers, connected as people connect them.

The fakes begin anew at each start, with other days in the journal: a copy of what they were
yesterday would make every visit look moved. So the salons are let go and come again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import aiohttp
import structlog

from kommutator.demo.notes import DemoNotes
from kommutator.demo.seed import ACTOR, NUMBER
from kommutator.demo.stage import telegram_token
from kommutator.demo.whatsapp import link_phone
from kommutator.domain.connection import CHANNELS, ConnectionKind
from kommutator.doors.http.yclients.asked import read_said
from kommutator.flows.converse.keep import switch_on
from kommutator.flows.house import House
from kommutator.kit.clock import Clock
from kommutator.store.connection_rows import ConnectionRecord

SALONS = (962302, 962303, 962304)
ADMINISTRATOR = {"id": 5001, "first_name": "Вера"}
CLIENT = {"id": 5002, "first_name": "Андрей"}
CLIENT_PHONE = "+70000000101"
"""Somebody whom the salons know."""
_PATIENCE_S = 30.0
_LOOK_S = 0.2
_OWNER = "owner@salon.example"
_log = structlog.get_logger()


async def open_salons(
    house: House, urls: Mapping[str, str], notes: DemoNotes, clock: Clock
) -> None:
    """Connect everything; what goes wrong is shown in the console, as with real ones."""
    try:
        async with aiohttp.ClientSession() as session:
            yclients = Fake(session, urls["yclients"])
            first = await _connect(house, yclients)
            telegram = Fake(session, urls["telegram"])
            await _messengers(house, telegram, notes, first)
            key = (await yclients.look("credentials"))["groups"][0]["crm_token"]
            await house.salon_telephony.set_up(ACTOR, NUMBER, first, key, recordings=True)
            house.directory.invalidate(NUMBER)
            if "whatsapp" in urls:
                await link_phone(house, urls["whatsapp"], first, clock)
            await _client(house, telegram, first, clock)
    except Exception as error:  # noqa: BLE001  the demo's other parts do without
        _log.warning("demo.salons_not_open", error=repr(error)[:300])


class Fake:
    """The strings of one fake vendor."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def look(self, what: str) -> Mapping[str, Any]:
        async with self._session.get(f"{self._url}/_twin/{what}") as reply:
            reply.raise_for_status()
            found: Mapping[str, Any] = await reply.json()
        return found

    async def order(self, what: str, **body: Any) -> Mapping[str, Any]:
        async with self._session.post(f"{self._url}/_twin/{what}", json=body) as reply:
            reply.raise_for_status()
            found: Mapping[str, Any] = await reply.json()
        return found


async def _connect(house: House, yclients: Fake) -> UUID:
    """As the owner who presses "Connect" in the marketplace and agrees, for all branches.

    Returns the first one's connection.
    """
    await _let_go(house)
    order = {"salon_ids": list(SALONS), "user_id": _OWNER}
    location = (await yclients.order("market/connect", **order))["location"]
    flows = house.yclients
    arrived = await flows.arrive(read_said(parse_qsl(urlsplit(location).query)))
    joined = await flows.join.into(ACTOR, NUMBER, arrived.token)
    for result in await flows.activate.all(NUMBER, joined.connections):
        if not result.done:
            _log.warning("demo.salon_not_connected", salon=result.salon_id, why=result.problem)
    return joined.connections[0]


async def _let_go(house: House) -> None:
    async with house.db.unit() as unit:
        for record in await unit.connections.list(NUMBER):
            if record.kind is ConnectionKind.YCLIENTS:
                await unit.connections.remove(NUMBER, record.id)
                unit.config_changed(NUMBER, record.kind.value)


async def _messengers(house: House, telegram: Fake, notes: DemoNotes, salon: UUID) -> None:
    """A bot that tells the administrator of visits; all messengers speak for this salon."""
    bot = await house.channels.connect(
        ACTOR, NUMBER, ConnectionKind.TELEGRAM, {"token": telegram_token(notes)}
    )
    ids = {"client_id": notes.avito_client_id, "client_secret": notes.avito_client_secret}
    await house.channels.connect(ACTOR, NUMBER, ConnectionKind.AVITO, ids)
    await _speak_for(house, salon)
    await telegram.order("start", **ADMINISTRATOR, payload=await _invitation(house, bot))


async def _client(house: House, telegram: Fake, salon: UUID, clock: Clock) -> None:
    """Somebody comes to the bot and gives their number, once there are services to offer."""
    account, desk = await house.directory.account(salon), house.visits
    assert desk is not None  # the demo's settings have an application of YClients
    deadline = clock.monotonic() + _PATIENCE_S
    while not await desk.shelf.services(account) and clock.monotonic() < deadline:
        await clock.sleep(_LOOK_S)
    await telegram.order("start", **CLIENT, payload="")
    await telegram.order("contact", chat=str(CLIENT["id"]), phone=CLIENT_PHONE)


async def _speak_for(house: House, salon: UUID) -> None:
    """Messengers stay from start to start, salons do not: all speak for this one.

    The assistant answers in them.
    """
    async with house.db.unit() as unit:
        await switch_on(unit, NUMBER, salon)
        records = await unit.connections.list(NUMBER)
    for record in records:
        if record.kind in CHANNELS:
            async with house.db.unit() as unit:
                config = {**record.config, "salon": str(salon)}
                await unit.connections.save(NUMBER, record.id, config=config)
                unit.config_changed(NUMBER, record.kind.value)


async def _invitation(house: House, bot: ConnectionRecord) -> str:
    """What the administrator comes by; "" if they were here before."""
    mine = [
        one
        for one in await house.notices.receivers(NUMBER)
        if one.row.connection_id == bot.id and one.row.created_by == ACTOR.name
    ]
    if mine and mine[0].row.chat_id is not None:
        return ""
    receiver = (
        mine[0]
        if mine
        else await house.notices.create(
            ACTOR, NUMBER, name=str(ADMINISTRATOR["first_name"]), connection_id=bot.id
        )
    )
    link = (await house.notices.invite(ACTOR, NUMBER, receiver.row.id)).person
    return dict(parse_qsl(urlsplit(link).query))["start"]
