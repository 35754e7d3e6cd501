"""The fake world around the service: CRMs, salons, messengers, PBX, phones, clients."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
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
YCLIENTS_APPLICATION_ID = 19999
PLACES = {"retailcrm": 0, "amocrm": 1, "yclients": 2, "whatsapp": 3, "telegram": 4, "avito": 5}
"""Fake vendor → how far its port is from the first one's."""
_PAUSE_S = 5.0
_log = structlog.get_logger()


@dataclass(slots=True)
class Office:
    """A running PBX with people at its phones."""

    pbx: PrivateAsterisk
    people: DemoOffice


class Stage:
    """Use as `async with`. `urls` (fake vendor → address) answer as soon as it is entered.

    `facts`: what else clients of a fake need: `facts["whatsapp"]["root_key"]`, `["ws_url"]`. A fake
    that cannot run on this machine is in neither, but in `missing` with the reason.
    """

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
        self.urls: Mapping[str, str] = {}
        self.facts: Mapping[str, Mapping[str, str]] = {}
        self.office: Office | None = None
        self.without_pbx: str | None = None
        self.missing: Mapping[str, str] = {}
        self._opened = asyncio.Event()

    async def __aenter__(self) -> Self:
        first = self._crm_port
        config = TwinsConfig(
            names=tuple(PLACES),
            ports={name: first + place if first else 0 for name, place in PLACES.items()},
            options=self._options(),
            ids=self._ids,
        )
        try:
            twins = await start_twins(config)
        except OSError as error:
            raise PortTaken("127.0.0.1", self._crm_port, "--crm-port 0") from error
        self._stack.push_async_callback(twins.stop)
        self.urls = twins.base_urls
        self.facts = twins.describe()
        self.missing = twins.missing
        return self

    def _options(self) -> Mapping[str, Mapping[str, str]]:
        """Secrets as the notes have them, and where the vendors find us."""
        notes, url = self._notes, self._public_url
        return {
            "retailcrm": {"api_key": notes.crm_key, "limited_api_key": notes.crm_limited_key},
            "amocrm": {
                "client_id": AMOCRM_CLIENT_ID,
                "client_secret": notes.amocrm_secret,
                "redirect_uri": f"{url}/api/v1/amocrm/auth/callback",
                "uninstall_url": f"{url}/api/v1/amocrm/uninstalled",
            },
            "yclients": {
                "partner_token": notes.yclients_partner_token,
                "user_token": notes.yclients_user_token,
                "application_id": str(YCLIENTS_APPLICATION_ID),
                "redirect_url": f"{url}/yclients/connect",
                "callback_url": f"{url}/api/yclients/webhook",
                "operator_url": f"{url}/api/yclients/messages",
            },
            "telegram": {"token": telegram_token(notes)},
            "whatsapp": {"state": str(self._home / "twins" / "whatsapp.state")},
            "avito": {
                "client_id": notes.avito_client_id,
                "client_secret": notes.avito_client_secret,
            },
        }

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


def telegram_token(notes: DemoNotes) -> str:
    """Of the demo's bot, in the shape that BotFather gives."""
    return f"7000000001:{notes.telegram_secret}"


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
