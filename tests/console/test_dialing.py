"""The rules for outgoing calls as an administrator sets them, and what they do at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from kommutator.domain.clicks import ClickRequest
from kommutator.domain.connection import ConnectionKind
from kommutator.doors.console.settings_form import retention
from kommutator.kit.errors import Forbidden
from tests.console.conftest import ADMIN, EMPLOYEE, HERE, Console, connect_pbx
from tests.console.visitor import Visitor, visiting
from tests.support.factories import value
from tests.support.waiting import eventually

SAVED = {
    "allowed": "+48 22\n+48 (12)",
    "denied": "+7809, +37599",
    "per_employee": "3",
    "per_enterprise": "30",
    "numbers": "+375170000001 Продажи\n+375170000002\n",
    "shown": "* +375170000001\n150 +375170000002",
}


@pytest.fixture
async def visitor(console: Console) -> AsyncIterator[Visitor]:
    async with visiting(console) as made:
        yield made


async def dialing(console: Console) -> Any:
    async with console.house.db.unit() as unit:
        return (await unit.enterprises.get(HERE)).settings.get("dialing")


async def test_two_forms_saved_at_once_are_both_kept(visitor: Visitor, console: Console) -> None:
    await visitor.sign_in(ADMIN)
    kept = {f"keep_{family}": "30" for family, _ in retention({})}
    enterprise = {"name": "June", "time_zone": "Europe/Minsk", "locale": "ru", **kept}
    lock = "SELECT FROM enterprises WHERE number = $1 FOR UPDATE"
    async with console.house.db.unit() as first:
        await first.connection.execute(lock, HERE)
        forms = [
            asyncio.create_task(save(visitor, country="BY")),
            asyncio.create_task(
                visitor.post("/console/settings/enterprise", csrf_token=visitor.csrf, **enterprise)
            ),
        ]

        async def both_wait() -> bool:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            return bool(await value(console.house.db, waiting) == len(forms))

        await eventually(both_wait)
    assert [(await form)[0] for form in forms] == [303, 303]
    async with console.house.db.unit() as unit:
        settings = (await unit.enterprises.get(HERE)).settings
    assert settings["dialing"]["countries"] == ["BY"]
    assert settings["retention_days"]["calls"] == 30


async def save(visitor: Visitor, **fields: str) -> tuple[int, str]:
    sent = {**SAVED, "csrf_token": visitor.csrf, **fields}
    status, page, location = await visitor.post("/console/settings/dialing", **sent)
    return status, location or page


async def test_saved_rules_hold_at_once(visitor: Visitor, console: Console) -> None:
    await connect_pbx(console)
    await visitor.sign_in(ADMIN)
    assert (await save(visitor, country="BY"))[0] == 303
    assert await dialing(console) == {
        "countries": ["BY"],
        "allowed": ["+4822", "+4812"],
        "denied": ["+7809", "+37599"],
        "premium": False,
        "per_employee": 3,
        "per_enterprise": 30,
    }
    pbx = await console.house.directory.account_of(HERE, ConnectionKind.ASTERISK)
    assert pbx is not None
    assert pbx.config["numbers"] == {"+375170000001": "Продажи", "+375170000002": ""}
    assert pbx.config["shown"] == {"*": "+375170000001", "150": "+375170000002"}
    clicks = console.house.clicks
    with pytest.raises(Forbidden):
        await clicks.place(HERE, ClickRequest("+79161234567", "tests", code="150"))
    placed = await clicks.place(HERE, ClickRequest("+48221234567", "tests", code="150"))
    async with console.house.db.unit() as unit:
        (row,) = await unit.outbox.page(HERE, call_id=placed.call_id)
    assert '"line": "+375170000002"' in row.payload
    _, page, _ = await visitor.get("/console/settings")
    assert "150 +375170000002" in page
    assert "+375170000001 Продажи" in page


async def test_the_audit_tells_who_opened_what(visitor: Visitor, console: Console) -> None:
    await visitor.sign_in(ADMIN)
    await save(visitor, country="BY", premium="1")
    async with console.house.db.unit() as unit:
        (row, *_) = [r for r in await unit.audit.page(HERE) if r.action == "enterprise.update"]
    assert (row.actor, row.detail["dialing"]["premium"]) == (ADMIN, True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"country": "XX"}, "There is no country with the code XX."),
        ({"allowed": "4822"}, "This does not look like the beginning of a number: 4822."),
        ({"denied": "+"}, "This does not look like the beginning of a number: +."),
        ({"per_employee": "0"}, "The number of calls per minute must be from 1 to 600."),
        ({"per_enterprise": "many"}, "The number of calls per minute must be from 1 to 6000."),
        ({"numbers": "170000001 Sales"}, "170000001 Sales"),
        ({"shown": "everybody +375170000001"}, "everybody"),
        ({"shown": "150 112"}, "150 112"),
    ],
)
async def test_what_means_nothing_is_refused_by_a_sentence(
    visitor: Visitor, console: Console, fields: dict[str, str], said: str
) -> None:
    await visitor.sign_in(ADMIN)
    status, page = await save(visitor, **fields)
    assert status == 400
    assert said in page
    assert await dialing(console) is None


async def test_an_employee_opens_nothing(visitor: Visitor, console: Console) -> None:
    await visitor.sign_in(EMPLOYEE)
    assert (await save(visitor, country="GB"))[0] == 403
    assert await dialing(console) is None


@pytest.mark.browser
async def test_the_form_shows_the_defaults_and_keeps_what_is_ticked(
    admin: Page, console: Console
) -> None:
    await connect_pbx(console)
    await admin.goto(f"{console.url}/console/settings")
    form = admin.locator("#dialing")
    await expect(form.get_by_label("Беларусь")).to_be_checked()
    await expect(form.get_by_label("Звонков в минуту на сотрудника")).to_have_value("10")
    await form.get_by_label("Таджикистан").uncheck()
    await form.get_by_text("Другие страны").click()
    await form.get_by_label("Польша").check()
    await form.get_by_label("Запрещённые начала номеров").fill("+48700")
    await form.get_by_label("Номера компании").fill("+375170000001 Продажи")
    await form.get_by_role("button", name="Сохранить").click()
    await expect(admin.get_by_text("Сохранено")).to_be_visible()
    await expect(form.get_by_label("Польша")).to_be_checked()
    await expect(form.get_by_label("Таджикистан")).not_to_be_checked()
    denied = "SELECT settings->'dialing'->>'denied' FROM enterprises WHERE number = $1"
    kept = await value(console.house.db, denied, HERE)
    assert kept == '["+48700"]'
