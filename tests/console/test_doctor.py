"""The check-up page and the files for the PBX, in a real browser."""

import os
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber
from tests.console.conftest import Console, connect_crm, connect_pbx, sign_in
from tests.support.factories import value
from tests.support.house import PLATFORM_EMAIL

pytestmark = pytest.mark.browser

_HERE, _KIND = EnterpriseNumber("0367"), ConnectionKind.ASTERISK
_FOLDER = os.environ.get("KOMMUTATOR_TEST_SCREENSHOTS")  # for a look by eye
_SHOTS = Path(_FOLDER) if _FOLDER else None


async def test_each_red_line_says_whose_turn_it_is(admin: Page, console: Console) -> None:
    await connect_crm(console)
    await connect_pbx(console)
    await admin.goto(f"{console.url}/console/diagnostics")
    await admin.get_by_role("link", name="Проверка").click()
    link = admin.locator("#check-pbx_login")
    await expect(link).to_contain_text("не отвечает")
    await expect(link).to_contain_text("Ход администратора АТС")
    await expect(admin.locator("#check-crm .finding-ok")).to_be_visible()
    await expect(admin.locator("#check-database")).to_have_count(0)
    first = admin.locator("#findings li").first
    await expect(first.locator(".finding-fail")).to_be_visible()


async def test_a_record_is_written_into_the_crm_and_taken_back(
    admin: Page, console: Console
) -> None:
    await connect_crm(console)
    await admin.goto(f"{console.url}/console/doctor")
    await admin.get_by_role("button", name="Записать и удалить").click()
    await expect(admin.locator("#crm-record")).to_contain_text("и удалена")
    status = "SELECT status FROM attempts WHERE event_type = 'test_record'"
    assert await value(console.house.db, status) == "success"


async def test_platform_staff_see_the_installation_too(page: Page, console: Console) -> None:
    await sign_in(page, console, PLATFORM_EMAIL)
    await page.goto(f"{console.url}/console/doctor?enterprise_number=0367")
    await page.goto(f"{console.url}/console/doctor/findings?enterprise_number=0367")
    await expect(page.locator("#check-database")).to_contain_text("отвечает за")
    await expect(page.locator("#check-workers")).to_contain_text("Ход администратора сервера")


async def test_files_are_masked_until_asked_for(admin: Page, console: Console) -> None:
    await admin.goto(f"{console.url}/console/connections/asterisk/files")
    await admin.get_by_label("Адрес АТС").fill("pbx.example.com")
    await admin.get_by_label("Имя транка").fill("provider")
    await admin.get_by_role("button", name="Показать с секретами").click()
    await expect(admin.locator("main")).to_contain_text("@provider,60")
    account = await console.house.directory.account_of(_HERE, _KIND)
    assert account is not None
    secret = account.secrets["ami_secret"]
    assert secret in await admin.content()

    await admin.goto(f"{console.url}/console/connections/asterisk/files")
    assert secret not in await admin.content()
    await expect(admin.locator("main")).to_contain_text("SHOWN-ON-REQUEST")
    async with admin.expect_download() as downloading:
        await admin.get_by_role("button", name="Скачать архив").click()
    archive = zipfile.ZipFile(await (await downloading.value).path())
    assert secret in archive.read("kommutator-pbx/manager.kommutator.conf").decode()
    assert "Куда:" in archive.read("kommutator-pbx/INSTALL.txt").decode()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("locale", ["ru", "uk", "en"])
async def test_nothing_runs_over_the_edge(
    admin: Page, console: Console, locale: str, width: int
) -> None:
    await connect_crm(console)
    await connect_pbx(console)
    cookie = {"name": "kommutator_locale", "value": locale, "url": console.url}
    await admin.context.add_cookies([cookie])  # type: ignore[list-item]  a TypedDict by its keys
    await admin.set_viewport_size({"width": width, "height": 900})
    for path, mark in (("doctor", "#check-crm"), ("connections/asterisk/files", "pre")):
        await admin.goto(f"{console.url}/console/{path}")
        await admin.locator(mark).first.wait_for(state="attached")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await admin.evaluate(wide) <= 0, path
        assert "doctor." not in await admin.inner_text("main")
        if _SHOTS is not None:
            shot = _SHOTS / f"{path.replace('/', '-')}-{locale}-{width}.png"
            await admin.screenshot(path=shot, full_page=True)
