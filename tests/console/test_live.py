"""The live board, its buttons, and the card of a call while it lives and after."""

import asyncio
import io
import math
import wave
from array import array
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from functools import partial

import aiohttp
import pytest
from playwright.async_api import Page, expect

from kommutator.domain.calls.events import LegBorn, LegDialled, LegRang, Party, PartyKind
from kommutator.domain.calls.memory import Memory, dump
from kommutator.domain.calls.observe import observe
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, Permission, Role
from kommutator.doors.console.live import Acts, acts_of
from kommutator.store.views import CallLine, CallViews
from tests.console.conftest import ADMIN, EMPLOYEE, HERE, Console, connect_pbx, sign_in
from tests.console.visitor import Visitor, visiting
from tests.support.factories import CLIENT, LINE, a_call, a_click, execute, value

RINGING = {
    "phase": "ringing", "result": None, "answered_by": [], "answered_at": None, "ended_at": None,
    "wait_s": None, "talk_s": None,
}  # fmt: skip


@pytest.fixture
async def visitor(console: Console) -> AsyncIterator[Visitor]:
    async with visiting(console) as made:
        yield made


async def a_ringing_call(console: Console, call_id: str = "1700000000.1") -> None:
    """An incoming call that rings at 151, with the memory that the reducer would keep of it."""
    now = console.house.clock.now()
    at = now.timestamp()
    memory = Memory(call_id)
    phone = Party(PartyKind.EXTENSION, "151")
    trunk = Party(PartyKind.TRUNK)
    for event in (
        LegBorn(call=call_id, leg=call_id, at=at, name="PJSIP/trunk-1", party=trunk,
                caller=CLIENT, dialled=LINE),
        LegDialled(call=call_id, leg="leg-2", at=at, name="PJSIP/151-2", party=phone),
        LegRang(call=call_id, leg="leg-2", at=at, name="PJSIP/151-2", party=phone),
    ):  # fmt: skip
        observe(event, memory)
    await a_call(console.house.db, HERE, call_id, now, rang=["151"], **RINGING)
    await execute(
        console.house.db,
        "UPDATE calls SET fold = $2::text::jsonb WHERE id = $1",
        call_id,
        dump(memory).decode(),
    )


async def line_of(console: Console, call_id: str) -> CallLine:
    async with console.house.db.unit() as unit:
        found = await CallViews(unit.connection).one(HERE, call_id)
    assert found is not None
    return found


async def test_each_may_do_only_what_the_role_and_the_call_allow(console: Console) -> None:
    await a_ringing_call(console)
    ringing = await line_of(console, "1700000000.1")
    await a_call(console.house.db, HERE, "kmt-1", ringing.started_at, **{
        **RINGING, "direction": "out", "rang": ["150"], "requested_by": EMPLOYEE,
    })  # fmt: skip
    clicked = await line_of(console, "kmt-1")
    await a_call(console.house.db, HERE, "told", ringing.started_at, source="http", **RINGING)
    told = await line_of(console, "told")

    def acts(call: CallLine, name: str, extension: str | None, may: Iterable[Permission]) -> Acts:
        actor = Actor(name, Role.ENTERPRISE_ADMIN, HERE, scopes=frozenset(may))
        return acts_of(call, actor, extension)

    employee = {Permission.READ_CALLS, Permission.PLACE_CALLS}
    everything = set(Permission)
    assert acts(ringing, EMPLOYEE, "150", employee) == Acts(take=True)
    assert acts(ringing, EMPLOYEE, None, employee) == Acts()
    assert acts(ringing, ADMIN, None, everything) == Acts(give=True)
    assert acts(ringing, "reader", "150", {Permission.READ_CALLS}) == Acts()
    assert acts(clicked, EMPLOYEE, None, employee) == Acts(cancel=True)
    assert acts(clicked, "somebody", "150", employee) == Acts(cancel=True)  # their own phone rings
    assert acts(clicked, "somebody", "151", employee) == Acts()
    assert acts(clicked, ADMIN, None, everything) == Acts(cancel=True)
    assert acts(told, ADMIN, "150", everything) == Acts()


async def test_an_employee_takes_only_to_the_own_phone(visitor: Visitor, console: Console) -> None:
    await connect_pbx(console)
    await a_ringing_call(console)
    await visitor.sign_in(EMPLOYEE)
    fields = {"csrf_token": visitor.csrf, "call_id": "1700000000.1"}
    assert (await visitor.post("/console/calls/take", extension="152", **fields))[0] == 403
    status, _, location = await visitor.post("/console/calls/take", **fields)
    assert (status, location) == (303, "/console/calls?done=call_taken")
    owed = await value(console.house.db, "SELECT payload FROM outbox WHERE kind = 'take_call'")
    assert (owed["extension"], owed["leg"]) == ("150", "1700000000.1")


async def test_another_tenants_call_is_not_there(visitor: Visitor, console: Console) -> None:
    await connect_pbx(console)
    await a_ringing_call(console)
    await visitor.sign_in("admin@0411.example")
    _, page, _ = await visitor.get("/console/calls")
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    fields = {"csrf_token": token, "call_id": "1700000000.1"}
    assert (await visitor.post("/console/calls/cancel", **fields))[0] == 404
    assert (await visitor.post("/console/calls/take", extension="150", **fields))[0] in (404, 409)
    assert (await visitor.get("/console/calls/card?id=1700000000.1&part=1"))[0] == 404
    assert (await visitor.get("/console/calls/live"))[1].count("1700000000.1") == 0
    assert await value(console.house.db, "SELECT count(*) FROM outbox") == 0


async def test_only_clicks_are_cancelled_and_only_by_those_who_may(
    visitor: Visitor, console: Console
) -> None:
    await a_ringing_call(console)
    await a_call(console.house.db, HERE, "kmt-1", console.house.clock.now(), **{
        **RINGING, "direction": "out", "rang": ["151"], "requested_by": "crm:19",
    })  # fmt: skip
    async with console.house.db.unit() as unit:
        await unit.extensions.put(HERE, "150")
        await a_click(console.house, unit, HERE, "kmt-1")
    await visitor.sign_in(EMPLOYEE)
    token = visitor.csrf
    cancel = "/console/calls/cancel"
    assert (await visitor.post(cancel, csrf_token=token, call_id="1700000000.1"))[0] == 404
    assert (await visitor.post(cancel, csrf_token=token, call_id="kmt-1"))[0] == 403


async def test_why_this_person_is_told_on_board_and_card(
    visitor: Visitor, console: Console
) -> None:
    await a_ringing_call(console)
    for enterprise, why in ((HERE, "route.owner"), ("0411", "route.pinned")):
        await execute(
            console.house.db,
            """INSERT INTO route_answers (enterprise, call_id, extension, why, age_s, skipped)
               VALUES ($1, '1700000000.1', '151', $2, 7200, '[["152", "dinner"]]')""",
            enterprise,
            why,
        )
    say = partial(console.house.texts.translate, "en")
    await visitor.sign_in(ADMIN)
    for path in ("/console/", "/console/calls", "/console/calls/card?id=1700000000.1"):
        _, page, _ = await visitor.get(path)
        assert say("route.owner") in page, path
        assert "known for 2 hours" in page, path
        assert f"152 · Склад — {say('route.skip.dinner')}" in page, path
        assert say("route.pinned") not in page, path


@pytest.mark.browser
async def test_a_ringing_call_appears_counts_its_seconds_and_is_taken_over(
    page: Page, console: Console
) -> None:
    await connect_pbx(console)
    await sign_in(page, console, EMPLOYEE)
    await page.goto(f"{console.url}/console/calls")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await expect(page.get_by_text("Сейчас никто не звонит")).to_be_visible()
    async with page.expect_request(lambda request: "/calls/live" in request.url):
        pass  # the board waits for news now
    await a_ringing_call(console)
    console.house.news.publish(f'{{"enterprise_number":"{HERE}","call_id":"1700000000.1"}}')
    call = page.locator(".live-call")
    await expect(call).to_contain_text("Звонит на: 151", timeout=1000)
    await expect(call).to_contain_text("линия +375000000001")
    before = len(asked)
    await expect(call.locator("[data-runs]")).to_have_text("0:02")
    assert len(asked) - before <= 1, "seconds run in the browser"
    await expect(call.get_by_text("Передать на другой телефон")).to_have_count(0)
    await call.get_by_role("button", name="Забрать себе (150)").click()
    await expect(page.get_by_role("status").last).to_contain_text("Переводим звонок на 150")
    owed = await value(console.house.db, "SELECT payload FROM outbox WHERE kind = 'take_call'")
    assert owed["extension"] == "150"
    await execute(console.house.db, "UPDATE calls SET phase = 'talking', answered_by = '{150}'")
    console.house.news.publish(f'{{"enterprise_number":"{HERE}"}}')
    await expect(call).to_contain_text("Говорит: 150 · Джулай Джуновый", timeout=1000)
    await expect(call.get_by_role("button", name="Забрать себе")).to_have_count(0)


@pytest.mark.browser
async def test_an_administrator_sends_a_ringing_call_to_any_phone(
    admin: Page, console: Console
) -> None:
    await connect_pbx(console)
    await a_ringing_call(console)
    await admin.goto(f"{console.url}/console/calls/card?id=1700000000.1")
    await admin.get_by_text("Передать на другой телефон").click()
    choice = admin.get_by_label("Куда передать звонок")
    await choice.select_option("152")
    await execute(console.house.db, "UPDATE calls SET client_name = 'Анна Клиентова'")
    console.house.news.publish(f'{{"enterprise_number":"{HERE}"}}')
    await expect(admin.get_by_text("Анна Клиентова").first).to_be_visible()
    await expect(choice).to_have_value("152")  # news does not undo what a person is about to do
    await admin.get_by_role("button", name="Передать", exact=True).click()
    await expect(admin.get_by_role("status").last).to_contain_text("Переводим звонок на 152")
    await execute(
        console.house.db, "UPDATE calls SET phase = 'ended', result = 'no_answer', ended_at = now()"
    )
    console.house.news.publish(f'{{"enterprise_number":"{HERE}"}}')
    await expect(admin.get_by_text("Передать на другой телефон")).to_have_count(0)


@pytest.mark.browser
async def test_an_error_of_a_button_is_told_as_a_toast(admin: Page, console: Console) -> None:
    await a_ringing_call(console)
    await admin.goto(f"{console.url}/console/calls")
    await admin.get_by_text("Передать на другой телефон").click()
    await admin.get_by_role("button", name="Передать", exact=True).click()
    await expect(admin.get_by_role("alert")).to_contain_text("не подключена АТС")


def a_tone(seconds: int) -> bytes:
    """A WAV file as Asterisk writes it: 8 kHz, 16 bit, mono."""
    samples = array("h", (int(8000 * math.sin(n / 3)) for n in range(8000 * seconds)))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


async def hand_in(console: Console, name: str, sound: bytes) -> None:
    """As the PBX's script does."""
    account = await console.house.directory.account_of(HERE, ConnectionKind.ASTERISK)
    assert account is not None
    headers = {"X-Kommutator-Secret": account.secrets["hook_secret"]}
    url = f"{console.url}/asterisk/recordings/{name}"
    async with (
        aiohttp.ClientSession() as http,
        http.put(url, data=sound, headers=headers) as answer,
    ):
        assert answer.status < 300, await answer.text()


@pytest.mark.browser
async def test_the_card_waits_for_a_recording_and_plays_it(admin: Page, console: Console) -> None:
    await connect_pbx(console)
    now = console.house.clock.now()
    await a_call(console.house.db, HERE, "c-1", now - timedelta(minutes=3))
    async with console.house.db.unit() as unit:
        await unit.recordings.expect(
            HERE, "gw-c-1", call_id="c-1", connection_id=None, now=now,
            try_at=now + timedelta(minutes=5),
        )  # fmt: skip
    await admin.goto(f"{console.url}/console/calls/card?id=c-1")
    box = admin.locator("#recordings")
    await expect(box).to_contain_text("Ждём запись от АТС")
    await hand_in(console, "gw-c-1", a_tone(3))
    console.house.news.publish(f'{{"enterprise_number":"{HERE}"}}')
    player = box.locator("audio")
    await expect(player).to_be_visible()
    played = await asyncio.wait_for(player.evaluate(_PLAY), 10)
    assert played == {"seconds": 3, "error": None}
    async with admin.expect_download() as begun:
        await box.get_by_role("link", name="Скачать").click()
    saved = await (await begun.value).path()
    assert saved.read_bytes()[:4] == b"RIFF"


_PLAY = """async (audio) => {
  audio.muted = true;
  await audio.play();
  await new Promise((done) => audio.addEventListener("timeupdate", done, { once: true }));
  return { seconds: Math.round(audio.duration), error: audio.error && audio.error.message };
}"""


@pytest.mark.browser
async def test_a_missing_recording_is_found_in_the_list_and_asked_for_again(
    admin: Page, console: Console
) -> None:
    await connect_pbx(console)
    db, now = console.house.db, console.house.clock.now()
    await a_call(db, HERE, "c-1", now - timedelta(hours=1))
    await a_call(db, HERE, "c-2", now - timedelta(hours=2), client="+375290000002")
    await execute(
        db,
        """INSERT INTO recordings (enterprise, name, call_id, state, error)
           VALUES ($1, 'gw-c-1', 'c-1', 'missing', 'never_came'),
                  ('0411', 'gw-c-2', 'c-2', 'missing', 'never_came')""",
        HERE,
    )
    await admin.goto(f"{console.url}/console/calls")
    await expect(admin.get_by_text("Звонков, чья запись не нашлась: 1")).to_be_visible()
    await admin.get_by_role("link", name="Показать", exact=True).click()
    await expect(admin.locator("#rows tr")).to_have_count(1)
    await admin.get_by_role("link", name="Подробности").click()
    await expect(admin.locator("#recordings")).to_contain_text("Записи нет")
    await admin.get_by_role("button", name="Поискать ещё раз").click()
    await expect(admin.get_by_role("status").last).to_contain_text("Ищем запись ещё раз")
    assert await value(db, "SELECT state FROM recordings WHERE name = 'gw-c-1'") == "expected"
    assert await value(db, "SELECT state FROM recordings WHERE name = 'gw-c-2'") == "missing"
