"""One enterprise, already connected: so that a newcomer's first call travels at once."""

from __future__ import annotations

from dataclasses import replace

import aiohttp

from kommutator.connectors.crm.amocrm.widget import pack_for
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.flows.secrets import open_account
from kommutator.kit.errors import NotFound

NUMBER = EnterpriseNumber("0367")
_NAME = "june"
ACTOR = Actor(name="demo", role=Role.PLATFORM_ADMIN, enterprise=None)
_EXTENSIONS = {"150": "Джулай Джуновый", "151": "Мария Летова", "152": None}
_KEY_NAME = "demo"
_LINE = "+375000000001"


async def enterprise(house: House) -> None:
    """The enterprise and its internal numbers, unless they are there."""
    async with house.db.unit() as unit:
        try:
            await unit.enterprises.get(NUMBER)
        except NotFound:
            await unit.enterprises.create(NUMBER, name=_NAME, time_zone="Europe/Minsk")
            for number, holder in _EXTENSIONS.items():
                await unit.extensions.put(NUMBER, number, user_id=None, holder=holder)


async def events_key(house: House, known: str | None) -> str:
    """A working API key of the enterprise; the known one if it still works."""
    if known is not None:
        try:
            await house.keys.actor(known)
        except Exception:  # noqa: BLE001  revoked, or another database: make a new one
            house.keys.clear()
        else:
            return known
    made = await house.keys.create(
        ACTOR,
        NUMBER,
        name=_KEY_NAME,
        scopes=[Permission.SEND_EVENTS, Permission.READ_CALLS, Permission.CONFIGURE],
    )
    return made.secret


async def crm(house: House, base_url: str, api_key: str) -> None:
    """Connect the fake RetailCRM and register the module anew: the twin forgets at each start."""
    form = ConnectionForm(
        kind=ConnectionKind.RETAILCRM,
        address=base_url,
        secrets={"api_key": api_key},
        config={"default_performer": "19"},
        name="RetailCRM (demo)",
    )
    await house.set_up.save(ACTOR, NUMBER, form)
    probe = await house.enrol.test(ACTOR, NUMBER, ConnectionKind.RETAILCRM)
    shop = probe.sites[0].code if probe.sites else None
    lines = {_LINE: shop} if shop else {}
    chosen = replace(form, secrets={}, config={"lines": lines, "default_site": shop})
    await house.set_up.save(ACTOR, NUMBER, chosen)
    await house.enrol.register(ACTOR, NUMBER, ConnectionKind.RETAILCRM)
    async with house.db.unit() as unit:
        record = await unit.connections.of_kind(NUMBER, ConnectionKind.RETAILCRM)
    if record is not None and not record.config.get("user_extensions"):
        await house.sync_people.save(ACTOR, NUMBER, {"19": "150", "18": "151"})


async def widget(amocrm_url: str, client_id: str, service_url: str) -> None:
    """Upload our widget to the fake amoCRM, as an installer does in the integration's card."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{amocrm_url}/_twin/widget",
            params={"client_id": client_id},
            data=pack_for(service_url),
            headers={"Content-Type": "application/zip"},
        ) as reply,
    ):
        reply.raise_for_status()


async def pbx(house: House, host: str, port: int, user: str, secret: str) -> str:
    """Connect the private Asterisk; its lane opens the link. Returns the secret of its hooks."""
    form = ConnectionForm(
        kind=ConnectionKind.ASTERISK,
        address=host,
        secrets={"ami_user": user, "ami_secret": secret},
        config={"ami_port": port, "trunks": ["trunk"], "region": "BY"},
        name="Asterisk (demo)",
    )
    await house.set_up.save(ACTOR, NUMBER, form)
    await house.set_up.activate(ACTOR, NUMBER, ConnectionKind.ASTERISK)
    stored = await house.set_up.stored(NUMBER, ConnectionKind.ASTERISK)
    return open_account(house.vault, stored).secrets["hook_secret"]


async def no_pbx(house: House) -> None:
    """This machine cannot run Asterisk now: a link left from before would only knock in vain."""
    async with house.db.unit() as unit:
        stored = await unit.connections.of_kind(NUMBER, ConnectionKind.ASTERISK)
    if stored is not None:
        await house.set_up.pause(ACTOR, NUMBER, ConnectionKind.ASTERISK, "demo_without_asterisk")
