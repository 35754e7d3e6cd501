"""The page of routing rules: what is typed, what is stored, and the try-out."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from kommutator.domain.routing import STEPS, read_routing
from kommutator.doors.console import routing_form as forms
from kommutator.kit.errors import InvalidInput
from tests.console.conftest import ADMIN, HERE, Console, connect_pbx
from tests.console.visitor import Visitor, visiting
from tests.support.factories import execute, value

KNOWN = {"150", "151", "152"}
BASE = {"last_talker_days": "90", "use-owner": "1", "use-line": "1"}
CLIENT = "+375173600070"


@pytest.fixture
async def visitor(console: Console) -> AsyncIterator[Visitor]:
    async with visiting(console) as made:
        yield made


def read(**sent: str) -> dict[str, Any]:
    return forms.read({**BASE, **sent}, list(STEPS), KNOWN, "BY")


def test_what_is_stored_is_read_back_by_the_decision_as_it_was_typed() -> None:
    stored = read(
        enabled="1", busy="group", away="ring", closed="next", hours_on="1",
        **{"mon-from": "09:00", "mon-to": "18:30", "sat-from": "22:00", "sat-to": "06:00"},
        **{"absent-0": "150", "deputy-0": "151", "absent-1": "", "deputy-1": ""},
        **{"line-0": "8 017 360-00-70", "line-extension-0": "152", "line-1": ""},
    )  # fmt: skip
    policy = read_routing({"routing": stored}, "BY")
    assert policy.enabled is True
    assert policy.order == ("owner", "line")
    assert (policy.busy, policy.away, policy.closed) == ("group", "ring", "next")
    assert policy.hours is not None
    assert sorted(policy.hours) == [0, 5]
    assert policy.deputies == {"150": "151"}
    assert policy.line_rule(CLIENT).extension == "152"
    shown = forms.shown(stored)
    assert shown["hours"][0] == ("mon", "09:00", "18:30")
    assert shown["hours"][1] == ("tue", "", "")
    assert shown["steps"] == [
        ("owner", True), ("line", True), ("pinned", False), ("last_talker", False),
    ]  # fmt: skip


def test_nothing_stored_shows_the_defaults_of_the_decision() -> None:
    shown, policy = forms.shown({}), read_routing({})
    assert tuple(step for step, used in shown["steps"] if used) == policy.order
    assert dict(shown["obstacles"]) == {
        "busy": policy.busy, "away": policy.away, "closed": policy.closed,
    }  # fmt: skip
    assert shown["enabled"] is policy.enabled
    assert shown["hours_on"] is (policy.hours is not None)
    assert shown["last_talker_days"] == policy.last_talker.days


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"hours_on": "1"}, "routing_hours_invalid"),
        ({"hours_on": "1", "mon-from": "09:00"}, "routing_hours_invalid"),
        ({"hours_on": "1", "mon-from": "nine", "mon-to": "18:00"}, "routing_hours_invalid"),
        ({"last_talker_days": "-1"}, "routing_days_invalid"),
        ({"last_talker_days": "²"}, "routing_days_invalid"),
        ({"line-0": "somewhere"}, "line_invalid"),
        ({"line-0": CLIENT, "line-extension-0": "999"}, "extension_unknown"),
        ({"absent-0": "150", "deputy-0": "999"}, "extension_unknown"),
        ({"absent-0": "150", "deputy-0": "150"}, "deputy_invalid"),
    ],
)
def test_mistakes_are_refused(sent: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(**sent)
    assert refused.value.code == code


def test_steps_move_and_stop_at_the_ends() -> None:
    assert forms.moved(STEPS, "owner:up") == ["owner", "pinned", "last_talker", "line"]
    assert forms.moved(STEPS, "pinned:up") == list(STEPS)
    assert forms.moved(STEPS, "line:down") == list(STEPS)
    assert forms.moved([], "nobody:up") == list(STEPS)


async def test_without_scripts_a_step_is_moved_by_saving(
    visitor: Visitor, console: Console
) -> None:
    await connect_pbx(console)
    await visitor.sign_in(ADMIN)
    fields = {**BASE, "csrf_token": visitor.csrf, "move": "line:up", "use-pinned": "1"}
    status, _, location = await visitor.post("/console/routing", **fields)
    assert (status, location) == (303, "/console/routing?done=saved")
    order = await value(console.house.db, "SELECT config->'routing'->>'order' FROM connections")
    assert order == '["pinned", "owner", "line"]'


async def test_a_neighbour_has_neither_rules_nor_answers(
    visitor: Visitor, console: Console
) -> None:
    await connect_pbx(console)
    await _answer(console)
    await visitor.sign_in("admin@0411.example")
    _, page, _ = await visitor.get("/console/routing")
    assert "Connect the PBX first" in page
    assert "360-00-70" not in page
    assert (await visitor.get("/console/routing?enterprise=0367"))[0] == 404


async def _answer(console: Console) -> None:
    await execute(
        console.house.db,
        """INSERT INTO route_answers (enterprise, call_id, caller, extension, why, skipped)
           VALUES ($1, '1700000000.9', $2, '151', 'route.deputy', '[["150", "talking"]]')""",
        HERE,
        CLIENT,
    )


@pytest.mark.browser
async def test_rules_are_tried_before_they_are_saved_and_nothing_is_written(
    admin: Page, console: Console
) -> None:
    await connect_pbx(console)
    await execute(
        console.house.db,
        """INSERT INTO phone_book (enterprise, phone, known, pinned, last_talker, last_talk_at)
           VALUES ($1, $2, true, '150', '151', now())""",
        HERE,
        CLIENT,
    )
    await _answer(console)
    await admin.goto(f"{console.url}/console/routing")
    await expect(admin.locator("#answers tbody tr")).to_have_count(1)
    await expect(admin.locator("#answers")).to_contain_text("150 · Джулай Джуновый — разговаривает")
    await admin.get_by_label("Номер клиента").fill("+375 17 360-00-70")
    tried = admin.locator("#tried")
    await admin.get_by_role("button", name="Проверить").click()
    await expect(tried).to_contain_text("Зазвонит 150 · Джулай Джуновый")
    await expect(tried).to_contain_text("Закреплён за этим клиентом")
    up = admin.get_by_role("button", name="Выше: Кто говорил с клиентом последним")
    await up.click()
    await up.click()
    await admin.get_by_role("button", name="Проверить").click()
    await expect(tried).to_contain_text("Зазвонит 151")
    await admin.get_by_label("Умная переадресация включена").uncheck()
    await admin.get_by_role("button", name="Проверить").click()
    await expect(tried).to_contain_text("Зазвонит общая группа")
    await admin.get_by_role("button", name="Сохранить").click()
    await expect(admin.get_by_text("Сохранено")).to_be_visible()
    db = console.house.db
    assert await value(db, "SELECT count(*) FROM route_answers") == 1
    assert await value(db, "SELECT wanted_at FROM phone_book") is None
    stored = await value(db, "SELECT config->'routing' FROM connections")
    assert stored["enabled"] is False
    assert stored["order"] == ["last_talker", "pinned", "owner", "line"]
    await expect(admin.get_by_label("Умная переадресация включена")).not_to_be_checked()
