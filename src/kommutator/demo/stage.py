"""The fake world around the service: CRM, PBX, phones, clients."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from kommutator.demo.notes import DemoNotes
from kommutator.demo.recorder import Recorder
from kommutator.kit.ids import Ids
from kommutator.serve import PortTaken
from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.demo import DemoOffice
from kommutator.twins.pbx.errors import PbxError
from kommutator.twins.pbx.install import install
from kommutator.twins.pbx.server import PrivateAsterisk

AMI_USER = "gateway"
AMOCRM_CLIENT_ID = "b1f6a0de-0000-4000-8000-00000000c0de"
_PAUSE_S = 5.0
_log = structlog.get_logger()


@dataclass(slots=True)
class Office:
    """A running PBX with people at its phones."""

    pbx: PrivateAsterisk
    people: DemoOffice


class Stage:
    """Use as `async with`. `crm_url` and `amocrm_url` answer as soon as it is entered."""

    def __init__(
        self, home: Path, notes: DemoNotes, *, ids: Ids, crm_port: int, public_url: str
    ) -> None:
        self._home = home
        self._notes = notes
        self._ids = ids
        self._crm_port = crm_port
        self._public_url = public_url
        self._stack = AsyncExitStack()
        self.recorder = Recorder(home / "asterisk" / "tools")
        self.crm_url = ""
        self.amocrm_url = ""
        self.office: Office | None = None
        self.without_pbx: str | None = None
        self._opened = asyncio.Event()

    async def __aenter__(self) -> Self:
        options = {
            "api_key": self._notes.crm_key,
            "limited_api_key": self._notes.crm_limited_key,
        }
        amocrm = {
            "client_id": AMOCRM_CLIENT_ID,
            "client_secret": self._notes.amocrm_secret,
            "redirect_uri": f"{self._public_url}/api/v1/amocrm/auth/callback",
            "uninstall_url": f"{self._public_url}/api/v1/amocrm/uninstalled",
        }
        beside = self._crm_port + 1 if self._crm_port else 0
        config = TwinsConfig(
            names=("retailcrm", "amocrm"),
            ports={"retailcrm": self._crm_port, "amocrm": beside},
            options={"retailcrm": options, "amocrm": amocrm},
            ids=self._ids,
        )
        try:
            twins = await start_twins(config)
        except OSError as error:
            raise PortTaken("127.0.0.1", self._crm_port, "--crm-port 0") from error
        self._stack.push_async_callback(twins.stop)
        self.crm_url = twins.base_urls["retailcrm"]
        self.amocrm_url = twins.base_urls["amocrm"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def open_office(self) -> None:
        """Start Asterisk and the phones, or remember why not in `without_pbx`."""
        try:
            self.office = await self._office()
        except (PbxError, OSError) as reason:
            self.without_pbx = str(reason)
        finally:
            self._opened.set()

    async def opened(self) -> None:
        """Wait until the office stands, or is known not to."""
        await self._opened.wait()

    async def _office(self) -> Office:
        installation = await asyncio.to_thread(install, self._home / "cache" / "asterisk")
        config = PbxConfig(
            ami_secret=self._notes.ami_secret,
            phone_secret=self._notes.phone_secret,
            record=True,
            recorded_command=self.recorder.install(),
        )
        pbx = PrivateAsterisk(installation, self._home / "asterisk", config)
        await self._stack.enter_async_context(pbx)
        self._stack.push_async_callback(_end, asyncio.create_task(_keep_up(pbx)))
        people = DemoOffice(pbx)
        await self._stack.enter_async_context(people)
        return Office(pbx, people)


async def _keep_up(pbx: PrivateAsterisk) -> None:
    """Bring a crashed PBX back, as its supervisor does on a real machine."""
    while True:
        await pbx.ended()
        _log.warning("demo.pbx_ended")
        try:
            await pbx.restart()
        except PbxError as reason:
            _log.warning("demo.pbx_does_not_start", error=str(reason)[:200])
            await asyncio.sleep(_PAUSE_S)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
