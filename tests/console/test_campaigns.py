"""Campaigns as an administrator meets them: made, filled, started, watched, paused."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from tests.console.conftest import HERE, Console, connect_pbx

pytestmark = pytest.mark.browser


async def _make(admin: Page, console: Console) -> None:
    await connect_pbx(console)
    await admin.goto(f"{console.url}/console/campaigns")
    await admin.get_by_role("link", name="Новая кампания").first.click()
    await admin.get_by_label("Название").fill("Весна")
    await admin.get_by_label("151", exact=False).check()
    await admin.get_by_label("Звонков в минуту").fill("12")
    await admin.get_by_role("button", name="Сохранить").click()
    await expect(admin.get_by_role("heading", name="Весна")).to_be_visible()


async def test_from_nothing_to_a_pause(admin: Page, console: Console) -> None:
    await _make(admin, console)
    await admin.get_by_label("Номера, по одному в строке").fill(
        "+375 17 000-00-01; Анна\n+375170000002\nникто"
    )
    await admin.get_by_role("button", name="Добавить").click()
    await expect(admin.get_by_text("Добавлено: 2, уже были: 0.")).to_be_visible()
    await expect(admin.get_by_text("Строк без номера: 1. никто")).to_be_visible()
    await admin.get_by_role("button", name="Запустить").click()
    await admin.get_by_role("dialog").get_by_role("button", name="Да").click()
    await expect(admin.get_by_role("button", name="Пауза")).to_be_visible()
    await admin.get_by_role("button", name="Пауза").click()
    await expect(admin.get_by_text("остановил человек")).to_be_visible()
    await expect(admin.get_by_role("button", name="Продолжить")).to_be_visible()


async def test_the_form_keeps_what_was_typed(admin: Page, console: Console) -> None:
    await _make(admin, console)
    (shown,) = await console.house.campaigns.page(HERE)
    assert (shown.plan.agents, shown.plan.per_minute) == (("151",), 12)
    await admin.get_by_role("link", name="Настроить").click()
    await admin.get_by_label("Сначала клиенту").check()
    await admin.get_by_label("занято", exact=True).first.fill("")
    await admin.get_by_label("Последний день").fill("2027-03-31")
    await admin.get_by_label("пн: с").fill("08:30")
    await admin.get_by_text("Что записать в CRM").click()
    await admin.locator("#note-talked").fill("Поговорили: {result}")
    await admin.get_by_role("button", name="Сохранить").click()
    await expect(admin.get_by_role("button", name="Запустить")).to_be_visible()
    (shown,) = await console.house.campaigns.page(HERE)
    plan = shown.plan
    assert plan.mode.value == "client_first"
    assert plan.windows["mon"] == (("08:30", "19:00"),)
    assert {one.value: s for one, s in plan.retries.items()} == {"busy": None}
    assert plan.ends_at is not None
    assert plan.ends_at.isoformat() == "2027-04-01T00:00:00+03:00"
    assert [told.note for told in plan.write_back.values()] == ["Поговорили: {result}"]
    await admin.get_by_role("link", name="Настроить").click()
    await expect(admin.get_by_label("Последний день")).to_have_value("2027-03-31")


async def test_the_list_of_those_never_called(
    admin: Page, console: Console, tmp_path: Path
) -> None:
    await connect_pbx(console)
    await admin.goto(f"{console.url}/console/do-not-call")
    await admin.get_by_label("Номера, по одному в строке").fill("+375170000001\nникто")
    await admin.get_by_label("Почему").fill("просил")
    table = tmp_path / "list.csv"
    table.write_bytes("телефон;имя\n80170000002;Анна\n".encode("cp1251"))
    await admin.locator("input[type=file]").set_input_files(table)
    await admin.get_by_role("button", name="Добавить").click()
    await expect(admin.get_by_text("Добавлено: 2, уже были: 0.")).to_be_visible()
    await expect(admin.get_by_text("Строк без номера: 1.")).to_be_visible()
    await expect(admin.get_by_text("всего: 2")).to_be_visible()
    await admin.get_by_role("button", name="Разрешить").first.click()
    await admin.get_by_role("dialog").get_by_role("button", name="Да").click()
    await expect(admin.get_by_text("всего: 1")).to_be_visible()
    await expect(admin.get_by_text("+375 17 000-00-02")).to_be_visible()


async def test_one_of_several_accounts_is_chosen(admin: Page, console: Console) -> None:
    ids = [console.house.ids.uuid() for _ in range(2)]
    for name, connection_id in zip(("Июнь", "Июль"), ids, strict=True):
        async with console.house.db.unit() as unit:  # one after the other: the first is older
            await unit.connections.create(
                HERE, connection_id, kind=ConnectionKind.AMOCRM, name=name,
                base_url="https://example.amocrm.ru", account_key=name, config={}, sealed={},
            )  # fmt: skip
            await unit.connections.set_status(HERE, connection_id, ConnectionStatus.ACTIVE)
    console.house.directory.clear()
    await _make(admin, console)
    (shown,) = await console.house.campaigns.page(HERE)
    assert shown.plan.source.connection_id is None  # the oldest
    await admin.get_by_role("link", name="Настроить").click()
    await admin.get_by_label("Сделки", exact=False).first.check()
    await admin.get_by_text("Какие сделки").click()
    await admin.get_by_label("Аккаунт amoCRM").select_option("Июль")
    await admin.get_by_role("button", name="Сохранить").click()
    await expect(admin.get_by_role("button", name="Запустить")).to_be_visible()
    (shown,) = await console.house.campaigns.page(HERE)
    assert (shown.plan.source.kind, shown.plan.source.connection_id) == ("leads", ids[1])
    await admin.get_by_role("link", name="Настроить").click()
    await expect(admin.get_by_label("Аккаунт amoCRM")).to_have_value(str(ids[1]))
