"""Bulk writes in a real browser: a file handed in, the bar moving, what was refused and why."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from kommutator.domain.bulk import BulkAction
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.workers.bulk import BulkWorker
from kommutator.workers.bulk_steps import BulkSteps
from tests.console.conftest import ADMIN, EMPLOYEE, HERE, Console, sign_in
from tests.console.visitor import visiting
from tests.support.cards import Cards, free_turn, settle_amocrm
from tests.support.waiting import takes

LEADS = EntityKind.LEADS


class Slow(Cards):
    """A CRM that one can watch."""

    async def update_many(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]  # as given
        await takes(0.4)
        return await super().update_many(*args, **kwargs)  # type: ignore[arg-type]  # as given


@asynccontextmanager
async def working(console: Console, cards: Cards) -> AsyncIterator[None]:
    house = console.house
    steps = BulkSteps(house.db, cards, cards, free_turn, ids=house.ids, settle_s=0.0)
    worker = BulkWorker(
        house.db, house.amocrm_accounts, steps, clock=house.clock, ids=house.ids, tick_s=0.05
    )
    await worker.start()
    try:
        yield
    finally:
        await worker.stop()


async def photo(page: Page, name: str) -> None:
    if folder := os.environ.get("KOMMUTATOR_TEST_PHOTOS"):
        await page.screenshot(path=f"{folder}/bulk-{name}.png", full_page=True)


@pytest.mark.browser
async def test_a_file_is_handed_in_and_its_progress_watched(console: Console, page: Page) -> None:
    await settle_amocrm(console.house, HERE, "31920194")
    cards = Slow()
    ids = cards.seed(LEADS, 30)
    rows = [f"{one};{100 + place}" for place, one in enumerate(ids)]
    sheet = "\n".join(["id;price", *rows, "999999;5"]).encode()
    await sign_in(page, console, ADMIN)
    await page.goto(f"{console.url}/console/amocrm/bulk")
    await expect(page.get_by_role("heading", name="Новое задание")).to_be_visible()
    await photo(page, "form")
    file = {"name": "leads.csv", "mimeType": "text/csv", "buffer": sheet}
    await page.get_by_label("Файл CSV или JSON").set_input_files(file)  # type: ignore[arg-type]  # a payload
    await page.get_by_label("Записей в запросе").fill("10")
    await page.get_by_role("button", name="Начать").click()
    state = page.locator("#bulk-state")
    await expect(state).to_contain_text("Ждёт очереди")
    async with working(console, cards):
        await expect(state).to_contain_text("Выполняется")
        await photo(page, "running")
        await expect(state).to_contain_text("Выполнено", timeout=20_000)
    await expect(state).to_contain_text("name: InvalidType")
    await expect(page.get_by_role("button", name="Повторить отклонённые (1)")).to_be_visible()
    await photo(page, "done")
    await page.set_viewport_size({"width": 360, "height": 740})
    await photo(page, "done-phone")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    await page.get_by_role("link", name="Все задания").click()
    await expect(page.get_by_text("31 из 31")).to_be_visible()
    await photo(page, "list-phone")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert [row["price"] for row in cards.rows[LEADS].values()] == list(range(100, 130))


async def test_employees_see_the_jobs_of_their_own_account_only(console: Console) -> None:
    house = console.house
    await settle_amocrm(house, HERE, "1")
    async with visiting(console) as visitor:
        await visitor.sign_in(EMPLOYEE)
        status, page, _ = await visitor.get("/console/amocrm/bulk")
        assert (status, "No amoCRM is connected" in page) == (200, True)
    async with visiting(console) as visitor:
        await visitor.sign_in(ADMIN)
        _, page, _ = await visitor.get("/console/amocrm/bulk")
        assert "No jobs yet" in page
        unknown = await visitor.get("/console/amocrm/bulk/00000000-0000-0000-0000-000000000001")
        assert unknown[0] == 404


async def test_a_neighbour_finds_no_job_of_ours(console: Console) -> None:
    house = console.house
    await settle_amocrm(house, HERE, "1")
    await settle_amocrm(house, EnterpriseNumber("0411"), "2")
    admin = Actor("tests", Role.ENTERPRISE_ADMIN, HERE)
    account = await house.amocrm_accounts.acting(admin, HERE)
    items = [{"name": "only-0367-knows"}]
    made = await house.bulk.order(admin, account, LEADS, BulkAction.CREATE, items)
    path = f"/console/amocrm/bulk/{made.job.id}"
    async with visiting(console) as visitor:
        await visitor.sign_in("admin@0411.example")
        for url in (path, f"{path}/state", f"{path}?enterprise_number=0367"):
            status, page, _ = await visitor.get(url)
            assert (status, "only-0367" in page) == (404, False)
        _, own, _ = await visitor.get("/console/amocrm/bulk")
        csrf = own.partition('name="csrf_token" value="')[2].partition('"')[0]
        for act in ("cancel", "retry"):
            status, _, _ = await visitor.post(f"{path}/{act}", csrf_token=csrf, enterprise="0411")
            assert status == 404
    async with visiting(console) as visitor:
        await visitor.sign_in(ADMIN)
        assert (await visitor.get(path))[0] == 200
