"""Our widget, packed, uploaded into a fake amoCRM and living on its pages in a real browser."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from kommutator.connectors.crm.amocrm.widget import pack_for
from kommutator.domain.commands import OriginateCall
from kommutator.domain.connection import ConnectionKind
from kommutator.flows.forms import ConnectionForm
from tests.support.amocrm_service import ACTOR, HERE, AmoService, open_amocrm_service

pytestmark = pytest.mark.browser
KNOWN = "+70000000101"  # of the contact whom the host page shows
FROM_PAGE = """async ([url, token]) => {
  try {
    const answer = await fetch(url, { headers: { "X-Auth-Token": token } });
    return [answer.status, (await answer.json()).error?.code ?? null];
  } catch (failure) { return [0, failure.name]; }
}"""


@dataclass(frozen=True)
class Desk:
    """Attributes:
    users: of amoCRM: the first has extension 150, the second 151, the others none.
    """

    service: AmoService
    users: list[str]

    async def owed(self) -> list[tuple[str, str, str]]:
        """(extension, client, who asked) of every call that waits for the PBX."""
        async with self.service.house.db.unit() as unit:
            rows = await unit.outbox.page(HERE, kind="originate_call")
        commands = [row.command() for row in reversed(rows)]
        return [
            (command.extension, command.client, command.requested_by)
            for command in commands
            if isinstance(command, OriginateCall)
        ]

    async def open(self, page: Page, **query: str) -> None:
        """The page of one widget in one card."""
        client_id = self.service.twin.client["client_id"]
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        await page.goto(f"{self.service.twin.url}/widget-host/{client_id}?{asked}")
        await expect(page.locator("#link")).to_have_text("виджет работает")

    async def token(self, **order: str) -> str:
        client_id = self.service.twin.client["client_id"]
        told = await self.service.twin.order("disposable", client_id=client_id, **order)
        return str(told["token"])


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with open_amocrm_service(database_url, roles=("api",)) as service:
        users = await service.users()
        await service.connect(user_extensions={users[0]: "150", users[1]: "151"})
        await _connect_pbx(service)
        await _upload(service)
        yield Desk(service, users)


async def _connect_pbx(service: AmoService) -> None:
    """A PBX that nobody links to: what it is asked stays in the outbox."""
    secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-ami-secret"}
    form = ConnectionForm(
        ConnectionKind.ASTERISK, "127.0.0.1", secrets=secrets, config={"ami_port": 1}
    )
    await service.house.set_up.save(ACTOR, HERE, form)
    await service.house.set_up.activate(ACTOR, HERE, ConnectionKind.ASTERISK)
    async with service.house.db.unit() as unit:  # the twin's numbers are of no country
        await unit.connection.execute(
            """UPDATE enterprises SET settings = '{"dialing": {"allowed": ["+7000"]}}'"""
        )
    service.house.directory.clear()


async def _upload(service: AmoService) -> None:
    url = f"{service.twin.url}/_twin/widget?client_id={service.twin.client['client_id']}"
    headers = {"Content-Type": "application/zip"}
    packed = pack_for(service.url)
    async with service.twin.http.post(url, data=packed, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert (await answer.json())["complaints"] == []


async def test_a_click_rings_the_phone_of_whoever_clicked(desk: Desk, page: Page) -> None:
    for user in (0, 1):
        await desk.open(page, user=desk.users[user])
        async with page.expect_response("**/api/v1/amocrm/widget/call") as placed:
            await page.get_by_label(f"Позвонить на {KNOWN}").click()
        assert (await placed.value).status == 202
        await expect(page.locator("#toast")).to_contain_text("сейчас зазвонит ваш телефон")
    assert await desk.owed() == [
        ("150", KNOWN, f"amocrm:{desk.users[0]}"),
        ("151", KNOWN, f"amocrm:{desk.users[1]}"),
    ]


async def test_a_double_click_is_one_call(desk: Desk, page: Page) -> None:
    await desk.open(page, user=desk.users[0])
    async with page.expect_response("**/api/v1/amocrm/widget/call"):
        await page.get_by_label(f"Позвонить на {KNOWN}").dblclick()
    assert len(await desk.owed()) == 1


async def test_what_is_refused_is_told_on_the_page(desk: Desk, page: Page) -> None:
    await desk.open(page, user=desk.users[2])
    async with page.expect_response("**/api/v1/amocrm/widget/call") as refused:
        await page.get_by_label(f"Позвонить на {KNOWN}").click()
    answer = await refused.value
    assert answer.status == 400
    said = (await answer.json())["error"]["message"]
    await expect(page.locator("#toast")).to_contain_text(said)
    assert await desk.owed() == []


@pytest.mark.parametrize(
    ("user", "words"),
    [(0, "Ваш внутренний номер: 150."), (2, "внутреннего номера у вас нет")],
)
async def test_the_settings_window_says_how_things_are(
    desk: Desk, page: Page, user: int, words: str
) -> None:
    await desk.open(page, user=desk.users[user])
    await page.get_by_role("button", name="Открыть настройки виджета").click()
    await expect(page.locator(".kommutator-state")).to_contain_text(words)


async def test_a_token_of_another_account_and_an_old_one(desk: Desk, page: Page) -> None:
    await desk.open(page, user=desk.users[0])
    url = f"{desk.service.url}/api/v1/amocrm/widget/state"
    fine = await desk.token(account="demo")
    assert await page.evaluate(FROM_PAGE, [url, fine]) == [200, None]
    foreign = await desk.token(account="large")
    wrong = [401, "amocrm_widget_token_wrong"]
    assert await page.evaluate(FROM_PAGE, [url, foreign]) == wrong
    assert await page.evaluate(FROM_PAGE, [url, f"{fine[:-6]}AAAAAA"]) == wrong
    await desk.service.twin.order("switches", clock_skew_seconds=-7200)
    over = [401, "amocrm_widget_token_expired"]
    assert await page.evaluate(FROM_PAGE, [url, await desk.token(account="demo")]) == over
    await page.get_by_label(f"Позвонить на {KNOWN}").click()
    await expect(page.locator("#toast")).to_contain_text(
        "Токен виджета истёк. Обновите страницу amoCRM и повторите."
    )
    assert await desk.owed() == []


async def test_a_page_of_a_foreign_origin_learns_nothing(desk: Desk, page: Page) -> None:
    url = f"{desk.service.url}/api/v1/amocrm/widget/state"
    token = await desk.token(account="demo")
    await page.route("https://evil.example/", lambda route: route.fulfill(body="<p>evil</p>"))
    await page.goto("https://evil.example/")
    assert await page.evaluate(FROM_PAGE, [url, token]) == [0, "TypeError"]
    # Whoever forges the origin without a browser is not let in by another account's token either.
    headers = {"X-Auth-Token": token, "Origin": "https://evil.amocrm.ru"}
    async with desk.service.http.get(url, headers=headers) as answer:
        assert answer.status == 401
        assert re.search("amocrm_widget_token_wrong", await answer.text())
