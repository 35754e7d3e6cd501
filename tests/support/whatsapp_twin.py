"""The fake WhatsApp and sessions of the real Baileys against it."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import aiohttp
import pytest

from kommutator.kit.node import find_node
from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.whatsapp import Hands

CLIENT = Path(__file__).with_name("whatsapp_baileys.mjs")
LIBRARY = Path(__file__).parents[2] / "sidecars" / "node_modules" / "baileys" / "lib" / "index.js"
LIMIT_S = 15.0
Json = dict[str, Any]


@dataclass(frozen=True)
class RunningWhatsApp:
    """One running fake."""

    url: str
    socket_url: str
    root_key: str
    hands: Hands
    http: aiohttp.ClientSession


@asynccontextmanager
async def open_whatsapp(**options: str) -> AsyncIterator[RunningWhatsApp]:
    """Skips where there is no Node; in CI that is a failure."""
    config = TwinsConfig(
        names=("whatsapp",),
        ports={"whatsapp": 0},
        options={"whatsapp": options},
        environment={},
    )
    async with await start_twins(config) as running, aiohttp.ClientSession() as http:
        if "whatsapp" in running.missing:
            without_node(running.missing["whatsapp"])
        facts = running.describe()["whatsapp"]
        url = facts["base_url"]
        yield RunningWhatsApp(url, facts["ws_url"], facts["root_key"], Hands(url, http), http)


def without_node(reason: str) -> NoReturn:
    """CI has Node; there, silence would mean that WhatsApp goes untested."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class BaileysClients:
    """A process of Node's with as many sessions of Baileys as one opens."""

    process: Process
    told: list[Json] = field(default_factory=list)
    _number: int = 0
    _answers: dict[int, asyncio.Future[Json]] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Sort what it prints, until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            if "n" in said:
                self._answers.pop(said["n"]).set_result(said)
            else:
                self.told.append(said)
                self._news.set()
                self._news = asyncio.Event()

    async def do(self, word: str, **order: Any) -> Json:
        """One order of the script; what it answered."""
        assert self.process.stdin is not None
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        line = json.dumps({"n": self._number, "do": word, **order})
        self.process.stdin.write(f"{line}\n".encode())
        async with asyncio.timeout(LIMIT_S):
            said = await answer
        assert "error" not in said, said
        ok: Json = said["ok"]
        return ok

    async def until(self, wanted: Callable[[Json], bool], after: int = 0) -> Json:
        """The first of what was told from number `after` on that is so."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                news = self._news
                for said in self.told[after:]:
                    if wanted(said):
                        return said
                await news.wait()


@dataclass
class Baileys:
    """One session: a device that may be linked, closed, and opened again with its keys."""

    clients: BaileysClients
    whatsapp: RunningWhatsApp
    name: str
    mark: int = 0

    async def open(self, **options: Any) -> None:
        """Begin to connect; what was told before is over."""
        self.mark = len(self.clients.told)
        there = {"url": self.whatsapp.socket_url, "root": self.whatsapp.root_key}
        await self.do("open", **there, **options)

    async def opened(self, **options: Any) -> Json:
        """Connect, and have everything that waited."""
        await self.open(**options)
        told = await self.hear("open")
        number = told["me"]["id"].partition(":")[0]
        await self.whatsapp.hands.wait(what="sessions", phone=number, ready="true")
        return told

    async def linked(self, phone: str, name: str) -> Json:
        """From a QR code to open, and the first history, without which Baileys holds news back."""
        await self.open()
        qr = await self.hear("qr")
        await self.whatsapp.hands.scan(qr["text"], phone, name)
        await self.hear("close", code=515)
        told = await self.opened()
        await self.hear("message", kinds=["protocolMessage"])
        return told

    async def do(self, word: str, **order: Any) -> Json:
        return await self.clients.do(word, name=self.name, **order)

    async def send(self, to: str, text: str, message_id: str | None = None) -> str:
        """The message's id."""
        sent = await self.do("send", to=to, text=text, **({"id": message_id} if message_id else {}))
        return str(sent["id"])

    async def hear(self, event: str, **facts: Any) -> Json:
        """The first such event since the session was opened, past or to come."""

        def so(said: Json) -> bool:
            same = said["name"] == self.name and said["event"] == event
            return same and all(said[key] == value for key, value in facts.items())

        return await self.clients.until(so, self.mark)

    async def status(self, message_id: str, status: int) -> Json:
        """What became of a message of ours: an update, or told with its echo."""

        def so(said: Json) -> bool:
            ours = said["name"] == self.name and said.get("id") == message_id
            return ours and said.get("status") == status

        return await self.clients.until(so, self.mark)


@asynccontextmanager
async def open_clients() -> AsyncIterator[BaileysClients]:
    """The real library, unmodified."""
    node = find_node()
    if node is None or not LIBRARY.is_file():
        without_node("no Node 20, or its parts were not fetched: run `make setup`")
    command = (str(node), str(CLIENT), LIBRARY.as_uri())
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=1 << 22)
    clients = BaileysClients(process)
    listening = asyncio.create_task(clients.listen())
    try:
        yield clients
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening
