"""The demo's salons and messengers: connected by themselves, at the first start and the next."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kommutator.kit.node import find_node
from kommutator.store.database import Database
from tests.stories.test_up import up
from tests.support.command import Command, environment, left_behind, run
from tests.support.pbx import pbx_cache
from tests.support.town import free_port
from tests.support.waiting import eventually

SALON = 962302
PHONE, CLIENT = "70000000900", "70000000101"
_ACTIVE = "SELECT count(*) FROM connections WHERE kind = 'yclients' AND status = 'active'"
_COPIED = """
SELECT count(*) FROM connections c JOIN salons s ON s.connection_id = c.id
 WHERE c.account_key = '962302' AND c.status = 'active' AND s.copied_at IS NOT NULL"""
_CONNECTED = "SELECT max(created_at)::text FROM connections WHERE kind = 'yclients'"
_BOUND = "SELECT count(*) FROM notice_receivers WHERE chat_id IS NOT NULL"
_SHARED = """
SELECT count(*) FROM chats
 WHERE chat_id = '5002' AND phone = '+70000000101' AND closed_at IS NULL"""
_STAFF = """
SELECT min(s.id) FROM salon_staff s JOIN salons USING (connection_id) WHERE salon_id = 962302"""
_TOLD = "SELECT count(*) FROM notices"


class Fake:
    """A fake vendor by the address that the welcome names."""

    def __init__(self, session: aiohttp.ClientSession, command: Command, name: str) -> None:
        found = re.search(rf"Fake {name}: +(\S+)", command.said)
        assert found is not None, command.said
        self._session, self._url = session, found[1]

    async def look(self, what: str, /, **query: Any) -> Any:
        async with self._session.get(f"{self._url}/_twin/{what}", params=query) as reply:
            return await reply.json()

    async def order(self, what: str, /, **body: Any) -> Any:
        async with self._session.post(f"{self._url}/_twin/{what}", json=body) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()


async def a_new_visit(yclients: Fake, staff_id: int) -> None:
    """An administrator writes somebody down."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    client = {"phone": "70000000177", "name": "Ольга"}
    await yclients.order(
        "act", company=SALON, act="create", staff_id=staff_id, services=[],
        datetime=f"{tomorrow} 12:00:00", client=client, anyway=True,
    )  # fmt: skip


async def the_phone_is_linked(session: aiohttp.ClientSession, command: Command) -> Fake | None:
    """Of the first salon, as its first device; None: without Node the welcome says so."""
    if find_node() is None:
        assert os.environ.get("CI") != "true", "CI has Node"
        assert "whatsapp is not running: the fake WhatsApp needs Node" in command.said
        return None
    whatsapp = Fake(session, command, "WhatsApp")
    assert f"/person/{CLIENT}  (write: " in command.said
    row = {"phone": PHONE, "ready": "true", "id": "1"}
    found = await whatsapp.look("wait", what="sessions", timeout="60", **row)
    assert found["ok"], found
    return whatsapp


async def a_code_can_be_scanned_by_a_press(
    session: aiohttp.ClientSession, command: Command, whatsapp: Fake
) -> None:
    """The fake phone knows a code that our page shows: nobody carries its text over."""
    found = re.search(r"Console: +(\S+)/console/\s+Login: +(\S+)\s+Password: +(\S+)", command.said)
    assert found is not None, command.said
    api = f"{found[1]}/api/v1"
    proof = {"email": found[2], "password": found[3]}
    async with session.post(f"{api}/auth/login", json=proof) as reply:
        headers = {"authorization": f"Bearer {(await reply.json())['access_token']}"}
    house = {"enterprise_number": "0367"}
    async with session.post(
        f"{api}/whatsapp", json={"salon": None}, params=house, headers=headers
    ) as reply:
        phone = (await reply.json())["id"]
    async with session.post(
        f"{api}/whatsapp/{phone}/link", json={"method": "qr"}, params=house, headers=headers
    ) as reply:
        assert reply.status == 200, await reply.text()
    pending = await whatsapp.look("wait", what="pending", timeout="60", shown="true")
    assert pending["ok"], pending


async def a_client_is_answered(whatsapp: Fake) -> None:
    await whatsapp.order("inbound", to=PHONE, **{"from": CLIENT}, text="Хочу на мужскую стрижку")
    row = {"salon": PHONE, "person": CLIENT, "from": "salon", "via": "device"}
    told = await whatsapp.look("wait", what="messages", timeout="60", **row)
    assert "Андрей" in told["items"][0]["text"], told


async def test_the_chain_is_copied_its_administrator_hears_of_a_visit_and_its_phone_answers(
    tmp_path: Path, database_url: str
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()  # without apt there is no Asterisk, which has no part in this
    if (node := find_node()) is not None:
        (tools / "node").symlink_to(node)
    env = environment(tmp_path, database_url=database_url, port=free_port()) | {"PATH": str(tools)}
    db = await Database.open(database_url, size=1)

    async def value(query: str) -> Any:
        async with db.single() as unit:
            return await unit.connection.fetchval(query)

    async def settled() -> bool:
        found = [await value(query) for query in (_ACTIVE, _COPIED, _BOUND, _SHARED)]
        return found == [3, 1, 1, 1] and await value(_CONNECTED) != before

    before = None
    async with aiohttp.ClientSession() as session:
        async with up(env) as command:
            await eventually(settled, 60)
            yclients = Fake(session, command, "YClients")
            telegram = Fake(session, command, "Telegram")
            if (whatsapp := await the_phone_is_linked(session, command)) is not None:
                await a_client_is_answered(whatsapp)
                await a_code_can_be_scanned_by_a_press(session, command, whatsapp)
            await yclients.order("switches", hook_delay_seconds=0.0)
            await a_new_visit(yclients, await value(_STAFF))
            heard = await telegram.look("wait", ours="true", chat="5001", count="2", timeout="30")
            assert "Ольга" in heard["items"][-1]["text"], heard
            assert await value(_TOLD) == 1
            asked = await yclients.look("journal", path=f"/api/v1/company/{SALON}/settings/online")
            assert len(asked["items"]) <= 2  # many rounds began at once, and one asked for all
            before = await value(_CONNECTED)
            await command.end()
        async with up(env) as command:
            await eventually(settled, 60)
            await the_phone_is_linked(session, command)
            await command.end()
    assert await value(_TOLD) == 1  # other days in the journal of the fake are no news
    await db.close()
    assert "Traceback" not in command.said
    assert left_behind(tmp_path) == []


@pytest.mark.pbx
async def test_a_call_from_the_street_is_in_the_salons_history_with_its_recording(
    tmp_path: Path, database_url: str, asterisk_installation: object
) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    (tmp_path / "cache" / "asterisk").symlink_to(pbx_cache().absolute())
    env = environment(tmp_path, database_url=database_url, port=free_port())
    async with aiohttp.ClientSession() as session, up(env) as command:
        yclients = Fake(session, command, "YClients")

        async def takes_calls() -> bool:
            return bool((await yclients.look("telephony", company=str(SALON)))["enabled"])

        await eventually(takes_calls, 60)
        code, said = await run("demo", env=env)
        assert code == 0, said
        found = await yclients.look("calls", company=str(SALON), count="1", timeout="40")
        (call,) = found["items"]
        assert (call["type"], call["status"]) == ("incoming", "success")
        told = (await yclients.look("telephony", company=str(SALON)))["commands"]
        assert [one["command"] for one in told] == ["setup", "event", "history"]
        async with session.get(call["record_link"]) as played:
            assert (played.status, played.content_type.split("/")[0]) == (200, "audio")
        assert await command.end() == 0
    assert left_behind(tmp_path) == []
