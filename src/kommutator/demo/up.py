"""`kommutator up`: the service with everything a newcomer wants to touch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from kommutator.app import Application
from kommutator.demo import notes as notebook
from kommutator.demo import seed
from kommutator.demo.salons import open_salons
from kommutator.demo.stage import AMI_USER, AMOCRM_CLIENT_ID, YCLIENTS_APPLICATION_ID, Stage
from kommutator.demo.street import Street
from kommutator.demo.whatsapp import PEOPLE, SALON_PHONE, show_codes
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.serve import PortTaken
from kommutator.settings import Settings

_LINK_PATIENCE_S = 8.0
_LOOK_S = 0.02
_NOWHERE = "ws://127.0.0.1:9"
"""Where there is no fake WhatsApp, phones linked to one must not knock at the real one."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What to tell the newcomer.

    Attributes:
        urls: fake vendor → address.
        without_pbx: why there is no Asterisk, if there is none.
        missing: fake vendor that cannot run here → why.
    """

    urls: Mapping[str, str]
    street_url: str
    events_key: str
    without_pbx: str | None
    missing: Mapping[str, str]


def chat_url(report: DemoReport) -> str:
    """Where a client of the salon writes. Raises KeyError: no fake WhatsApp runs."""
    return f"{report.urls['whatsapp']}/person/{next(iter(PEOPLE))}"


def salon_phone_url(report: DemoReport) -> str:
    """The phone that we are linked to. Raises KeyError: no fake WhatsApp runs."""
    return f"{report.urls['whatsapp']}/salon/{SALON_PHONE}"


def demo_settings(settings: Settings) -> Settings:
    """The fake vendors live on this machine; production settings do not allow that."""
    hosts = tuple({*settings.private_hosts, "127.0.0.1"})
    return settings.model_copy(update={"private_hosts": hosts})


def with_vendors(settings: Settings, ready: Stage) -> Settings:
    """Our applications at the fake vendors, as an installer would enter real ones."""
    notes, urls = notebook.load(settings.home, SystemIds()), ready.urls
    salons, whatsapp = urls["yclients"], ready.facts.get("whatsapp", {})
    return settings.model_copy(
        update={
            "amocrm_client_id": AMOCRM_CLIENT_ID,
            "amocrm_client_secret": SecretStr(notes.amocrm_secret),
            "amocrm_authorize_url": f"{urls['amocrm']}/oauth",
            "yclients_partner_token": SecretStr(notes.yclients_partner_token),
            "yclients_user_token": SecretStr(notes.yclients_user_token),
            "yclients_application_id": YCLIENTS_APPLICATION_ID,
            "yclients_api_url": f"{salons}/api/v1",
            "yclients_marketplace_url": f"{salons}/marketplace",
            "yclients_cabinet_hosts": urlsplit(salons).netloc,
            "telegram_api_url": urls["telegram"],
            "telegram_links_url": f"{urls['telegram']}/t.me",
            "avito_api_url": urls["avito"],
            "whatsapp_url": whatsapp.get("ws_url", _NOWHERE),
            "whatsapp_root_key": whatsapp.get("root_key", ""),
        }
    )


@asynccontextmanager
async def stage(settings: Settings, *, crm_port: int) -> AsyncIterator[Stage]:
    """The fake world, started while the service itself is being started."""
    ids = SystemIds()
    notes = notebook.load(settings.home, ids)
    notebook.save(settings.home, notes)
    url = settings.public_url
    async with Stage(settings.home, notes, ids=ids, crm_port=crm_port, public_url=url) as ready:
        opening = asyncio.create_task(ready.open_office())
        try:
            yield ready
        finally:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)


@asynccontextmanager
async def demo(
    settings: Settings, app: Application, ready: Stage, *, street_port: int
) -> AsyncIterator[DemoReport]:
    """Connect the service to the fake world and open the street."""
    ids, clock = SystemIds(), SystemClock()
    notes = notebook.load(settings.home, ids)
    await seed.enterprise(app.house)
    key = await seed.events_key(app.house, notes.events_key)
    await seed.crm(app.house, ready.urls["retailcrm"], notes.crm_key)
    await seed.widget(ready.urls["amocrm"], AMOCRM_CLIENT_ID, settings.public_url)
    # Aside: the vendor's pace makes three branches take seconds, and nobody waits for them.
    aside = [asyncio.create_task(open_salons(app.house, ready.urls, notes, clock))]
    if "whatsapp" in ready.urls:
        codes = show_codes(app.house, ready.urls["whatsapp"], clock)
        aside.append(asyncio.create_task(codes))
    await ready.opened()
    if ready.office is not None:
        pbx = ready.office.pbx
        secret = await seed.pbx(app.house, "127.0.0.1", pbx.ports.ami, AMI_USER, pbx.ami_secret)
        here = f"http://127.0.0.1:{settings.port}"
        await pbx.ask_gateway(here, secret)
        ready.recorder.point_to(here, secret)
        await _link_up(app)
    else:
        await seed.no_pbx(app.house)
    street = Street(
        ready.office,
        base_url=settings.public_url,
        events_key=key,
        token=notes.street_token,
        clock=clock,
        ids=ids,
    )
    try:
        await street.start("127.0.0.1", street_port)
    except OSError as error:
        raise PortTaken("127.0.0.1", street_port, "--street-port 0") from error
    try:
        notes.events_key = key
        notes.base_url = settings.public_url
        notes.crm_url = ready.urls["retailcrm"]
        notes.amocrm_url = ready.urls["amocrm"]
        notes.yclients_url = ready.urls["yclients"]
        notes.street_url = street.url
        report = DemoReport(ready.urls, street.url, key, ready.without_pbx, ready.missing)
        notes.chat_url = chat_url(report) if "whatsapp" in ready.urls else None
        notebook.save(settings.home, notes)
        yield report
    finally:
        for task in aside:
            task.cancel()
        await asyncio.gather(*aside, return_exceptions=True)
        await street.stop()
        # The next start has another Asterisk on another port; nobody shall knock at this one.
        await seed.no_pbx(app.house)


async def _link_up(app: Application) -> None:
    """Ready means that the first click rings; a PBX that stays away is shown in the console."""
    for _ in range(int(_LINK_PATIENCE_S / _LOOK_S)):
        if app.links.up_count():
            return
        await asyncio.sleep(_LOOK_S)
