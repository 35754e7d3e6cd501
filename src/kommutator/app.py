"""One process of the service: its parts started in order and stopped in reverse.

Roles: `api` answers HTTP, `worker` decides and delivers, `pbx` holds links to PBXs. All three in
one process is the default; any number of processes of any role share one PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Self

import structlog
from fastapi import FastAPI

from kommutator.compose import compose
from kommutator.compose.composition import Composition, Kickable
from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.connectors.pbx.asterisk.by_link import DeliveryByLink
from kommutator.connectors.pbx.asterisk.delivery import AsteriskDelivery
from kommutator.connectors.pbx.asterisk.ssh_delivery import SshDelivery
from kommutator.doors.console import router as console
from kommutator.doors.http import amocrm, asterisk, channels, retailcrm, yclients
from kommutator.doors.http.app import Door, Family, create_app, create_watch
from kommutator.doors.pbx.links import Links
from kommutator.doors.pbx.runner import PbxRunner
from kommutator.flows.house import House
from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.crypto import Vault
from kommutator.kit.ids import Ids, SystemIds
from kommutator.kit.redact import Redactor
from kommutator.settings import Settings
from kommutator.store.database import Database
from kommutator.store.listener import Listener
from kommutator.store.unit import CONFIG, LIVE, WAKE, WANTED
from kommutator.workers import metrics
from kommutator.workers.delivery_runner import DeliveryRunner
from kommutator.workers.engine import LaneEngine
from kommutator.workers.journal_runner import JournalRunner
from kommutator.workers.lease import LaneRunner
from kommutator.workers.phone_book import PhoneBookFiller
from kommutator.workers.scheduler import Scheduler

_log = structlog.get_logger(__name__)
ROLES = ("api", "worker", "pbx")


class Application:
    """Everything of one process; use as `async with`.

    Attributes:
        house: the services, once started.
        asgi: the HTTP application; without the role `api` only its health and metrics.
        links: the PBX links that this process holds.
    """

    def __init__(
        self,
        settings: Settings,
        dsn: str,
        vault: Vault,
        *,
        roles: Collection[str] = ROLES,
        only: str | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        redactor: Redactor | None = None,
        means: WhatsAppMeans | None = None,
    ) -> None:
        self._settings = settings
        self._dsn = dsn
        self._vault = vault
        self._roles = frozenset(roles)
        self._only = only
        self._clock = clock or SystemClock()
        self._ids = ids or SystemIds()
        self._redactor = redactor or Redactor()
        self._means = means
        self._stack = AsyncExitStack()
        self.house: House
        self.asgi: FastAPI
        self.links = Links()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        db = await Database.open(self._dsn, size=self._settings.database_pool)
        self._stack.push_async_callback(db.close)
        made = compose(
            self._settings,
            db,
            self._vault,
            clock=self._clock,
            ids=self._ids,
            redactor=self._redactor,
            means=self._means,
        )
        self.house = made.house
        self._stack.push_async_callback(made.http.close)
        self._stack.push_async_callback(made.whatsapp.stop)
        self._stack.push_async_callback(made.house.refusals.stop)
        await self._run(made.house.intake.start, made.house.intake.stop)
        self._stack.push_async_callback(made.house.route.stop)
        self._stack.push_async_callback(made.house.grants.drain)
        engine = await self._engine(made, db)
        filler = None
        if "worker" in self._roles:
            filler = PhoneBookFiller(db, made.ask_crm, clock=self._clock, ids=self._ids)
            await self._run(filler.start, filler.stop)
        kicked: list[Kickable] = []
        if filler is not None:
            kicked = [filler, *(one for one in made.background if isinstance(one, Kickable))]
        await self._listen(made.house, engine, kicked)
        if "worker" in self._roles:
            scheduler = Scheduler(db, clock=self._clock)
            await self._run(scheduler.start, scheduler.stop)
            await self._run(made.recordings.start, made.recordings.stop)
            for aside in made.background:
                await self._run(aside.start, aside.stop)
        made.house.metrics.watch_cache("config", made.house.directory.stats)
        self._keep(made.house.directory.keep_fresh())
        if "api" in self._roles:
            self.asgi = create_app(made.house, only=self._only, families=_FAMILIES)
        else:
            self.asgi = create_watch(made.house)

    async def _engine(self, made: Composition, db: Database) -> LaneEngine | None:
        working = self._roles & {"worker", "pbx"}
        if not working:
            return None
        engine = LaneEngine(
            db,
            self._runners(made, db),
            clock=self._clock,
            ids=self._ids,
            roles=sorted(working),
            drain_s=self._settings.shutdown_s,
        )
        await self._run(engine.start, engine.stop)
        db.waker = engine.wake
        for collector in metrics.ALL:
            made.house.metrics.registry.register(collector)
        return engine

    def _runners(self, made: Composition, db: Database) -> Mapping[str, LaneRunner]:
        house, clock, ids = made.house, self._clock, self._ids
        house.metrics.watch_links(self.links.up_count)
        pbx = DeliveryByLink(
            AsteriskDelivery(self.links.link_of, clock=clock),
            SshDelivery(self.links.ssh_link_of, clock=clock),
        )
        vendors = DeliveryRunner(
            db,
            house.directory,
            dict(made.deliveries),
            clock=clock,
            ids=ids,
            enterprise_limit=self._settings.enterprise_concurrency,
        )
        return {
            "decide": JournalRunner(db, made.decide, prepare=made.prepare, clock=clock, ids=ids),
            "crm": vendors,
            "chat": vendors,
            "wa": made.whatsapp.runner(house.directory, house.intake, vendors),
            "pbx": PbxRunner(
                db,
                house.directory,
                house.intake,
                self.links,
                DeliveryRunner(db, house.directory, {pbx.kind: pbx}, clock=clock, ids=ids),
                pbx,
                clock=clock,
                ids=ids,
                greet=house.presence.tell_again,
            ),
        }

    async def _listen(
        self, house: House, engine: LaneEngine | None, kicked: Sequence[Kickable]
    ) -> None:
        def kick() -> None:
            for one in kicked:
                one.kick()

        def missed() -> None:
            house.forget_all()
            if engine is not None:
                engine.sweep_soon()
            kick()

        def config_changed(payload: str) -> None:
            house.config_changed(payload)
            kick()  # a CRM may have been connected

        channels: dict[str, Callable[[str], None]] = {
            CONFIG: config_changed,
            LIVE: house.news.publish,
        }
        if engine is not None:
            channels[WAKE] = engine.wake
        if kicked:
            channels[WANTED] = lambda _payload: kick()
        listener = Listener(self._dsn, channels, on_reconnect=missed, clock=self._clock)
        await self._run(listener.start, listener.stop)

    async def _run(
        self, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
    ) -> None:
        self._stack.push_async_callback(stop)
        await start()

    def _keep(self, forever: Awaitable[None]) -> None:
        task = asyncio.ensure_future(forever)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._stack.push_async_callback(end)


def _console(app: Door) -> None:
    app.include_router(console.router)


_FAMILIES: Mapping[str, Family] = {
    "retailcrm": retailcrm.add,
    "amocrm": amocrm.add,
    "yclients": yclients.add,
    "asterisk": asterisk.add,
    "channels": channels.add,
    "console": _console,
}
