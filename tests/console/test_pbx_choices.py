"""Country, queues and the pull of recordings: filled in, shown again, refused in words."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from kommutator.domain.connection import ConnectionKind
from tests.console.conftest import HERE, Console, connect_pbx
from tests.support.factories import value

pytestmark = pytest.mark.browser

MORE = "Ещё: страна, очереди, записи"
PASSWORD = "ari-password-not-real"
SAVE = "Сохранить и включить"
URL = "http://pbx.example.com:8088/ari"
AWAY = "https://elsewhere.example/ari"


async def stored(console: Console) -> dict[str, Any]:
    text = await value(console.house.db, "SELECT config::text FROM connections")
    config: dict[str, Any] = json.loads(text)
    return config


async def open_page(admin: Page, console: Console, width: int = 1280) -> None:
    await admin.set_viewport_size({"width": width, "height": 900})
    await admin.goto(f"{console.url}/console/connections/asterisk")
    await admin.get_by_text(MORE).click()


async def fill(admin: Page) -> None:
    await admin.get_by_label("Страна номеров").select_option("BY")
    await admin.get_by_label("Очереди", exact=True).fill("sales, support")
    await admin.get_by_label("Участник очереди").fill("Local/{extension}@from-queue/n")
    await admin.get_by_role("radio", name="Забирать с АТС по ARI").check()
    await admin.get_by_label("Адрес ARI").fill(f"{URL}/")
    await admin.get_by_label("Пользователь ARI").fill("puller")
    await admin.get_by_label("Пароль ARI").fill(PASSWORD)
    await admin.get_by_label("Удалять запись на АТС").check()


async def test_what_is_chosen_is_kept_and_shown_again(admin: Page, console: Console) -> None:
    await connect_pbx(console)
    await open_page(admin, console)
    await expect(admin.get_by_label("Адрес ARI")).to_be_hidden()
    await fill(admin)
    await admin.get_by_role("button", name=SAVE).click()
    await expect(admin.locator("#result")).to_contain_text("Подключение включено")

    config = await stored(console)
    assert (config["region"], config["queues"]) == ("BY", ["sales", "support"])
    assert config["queue_member"] == "Local/{extension}@from-queue/n"
    assert config["recordings"] == {"pull": "ari", "ari_url": URL, "delete": True}
    account = await console.house.directory.account_of(HERE, ConnectionKind.ASTERISK)
    assert account is not None
    assert (account.secrets["ari_user"], account.secrets["ari_password"]) == ("puller", PASSWORD)

    await open_page(admin, console)
    await expect(admin.get_by_label("Страна номеров")).to_have_value("BY")
    await expect(admin.get_by_label("Очереди", exact=True)).to_have_value("sales, support")
    await expect(admin.get_by_label("Адрес ARI")).to_have_value(URL)
    await expect(admin.get_by_label("Удалять запись на АТС")).to_be_checked()
    await expect(admin.get_by_label("Пароль ARI")).to_have_value("")
    await expect(admin.get_by_label("Пароль ARI")).to_have_attribute(
        "placeholder", "••••  (сохранён)"
    )
    assert PASSWORD not in await admin.content()

    await admin.get_by_label("Страна номеров").select_option("")
    await admin.get_by_label("Очереди", exact=True).fill("")
    await admin.get_by_label("Участник очереди").fill("")
    await admin.get_by_role("radio", name="АТС присылает их сама").check()
    await expect(admin.get_by_label("Адрес ARI")).to_be_hidden()
    await admin.get_by_role("button", name=SAVE).click()
    await expect(admin.locator("#result")).to_contain_text("Подключение включено")
    config = await stored(console)
    assert not {"region", "queues", "queue_member"} & set(config)
    assert config["recordings"]["pull"] == "none"


@pytest.mark.parametrize(
    ("label", "wrong", "said"),
    [
        ("Очереди", "two words", "Имя очереди не подходит: two words."),
        ("Участник очереди", "PJSIP/150", "с {extension} на месте номера"),
        ("Адрес ARI", "http://pbx.example.com:8088", "Это не похоже на адрес ARI."),
        ("Адрес ARI", "http://elsewhere.example/ari", "с именем самой АТС: pbx.example.com"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_saved(
    admin: Page, console: Console, label: str, wrong: str, said: str
) -> None:
    await connect_pbx(console)
    before = await stored(console)
    await open_page(admin, console)
    await fill(admin)
    await admin.get_by_label(label, exact=True).fill(wrong)
    await admin.get_by_role("button", name=SAVE).click()
    await expect(admin.locator("body")).to_contain_text(said)
    assert await stored(console) == before


async def test_another_address_asks_for_the_password_again(admin: Page, console: Console) -> None:
    await connect_pbx(console)
    await open_page(admin, console)
    await fill(admin)
    await admin.get_by_role("button", name=SAVE).click()
    await expect(admin.locator("#result")).to_contain_text("Подключение включено")
    await open_page(admin, console)
    await admin.get_by_label("Адрес ARI").fill(AWAY)
    await admin.get_by_role("button", name=SAVE).click()
    await expect(admin.locator("body")).to_contain_text(
        "прежний ключ мы на новый адрес не отправим"
    )
    assert (await stored(console))["recordings"]["ari_url"] == URL


@pytest.mark.parametrize("width", [1280, 360])
async def test_the_page_fits(admin: Page, console: Console, width: int, tmp_path: Path) -> None:
    await connect_pbx(console)
    await open_page(admin, console, width)
    await admin.get_by_role("radio", name="Забирать с АТС по ARI").check()
    await admin.screenshot(path=tmp_path / f"pbx-{width}.png", full_page=True)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await admin.evaluate(wide) <= 0


async def test_answers_have_their_own_days(admin: Page, console: Console) -> None:
    await admin.goto(f"{console.url}/console/settings")
    field = admin.get_by_label("Решения, кому звонить")
    await expect(field).to_have_value("90")
    await field.fill("45")
    await admin.locator("form[action$='/settings/enterprise'] button[type=submit]").click()
    await admin.wait_for_url("**done=saved")
    await expect(admin.get_by_label("Решения, кому звонить")).to_have_value("45")
    kept = (
        "SELECT settings->'retention_days'->>'route_answers' FROM enterprises WHERE number = '0367'"
    )
    assert await value(console.house.db, kept) == "45"
