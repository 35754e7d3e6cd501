"""Contract §1.6: call events and pop-ups."""

from typing import Any

import pytest

from tests.twins.crm import PHONE_OF_TESTOV, Crm

OFF = {"success": False, "errorMsg": "Telephony not enabled"}


async def test_off_until_a_module_is_registered(crm: Crm) -> None:
    answer = await crm.ring()
    assert (answer.status, answer.json) == (200, OFF)


async def test_off_again_after_deactivation(crm: Crm) -> None:
    await crm.register()
    assert (await crm.ring()).json == {"success": True}
    await crm.register(active=False)
    assert (await crm.ring()).json == OFF


async def test_off_while_frozen(crm: Crm) -> None:
    await crm.register()
    await crm.order("module", code="kommutator", freeze=True)
    assert (await crm.ring()).json == OFF


async def test_status_of_off_is_a_switch(crm: Crm) -> None:
    await crm.control("switches", telephony_off_status=400)
    assert (await crm.ring()).status == 400


async def test_popup_reaches_the_owner_of_the_code(crm: Crm) -> None:
    await crm.register()
    assert (await crm.ring(callExternalId="c-1", site="shop-main")).json == {"success": True}
    (popup,) = (await crm.state())["popups"]
    assert (popup["userId"], popup["userName"]) == (19, "Образцова Елена")
    assert (popup["phone"], popup["customerName"]) == (PHONE_OF_TESTOV, "Тестов Андрей")
    assert popup["closedAt"] is None
    assert isinstance(popup["shownAt"], float)


async def test_popup_for_a_group(crm: Crm) -> None:
    await crm.register()
    await crm.ring(codes=["101", "102"], userIds=[16])
    assert [p["userId"] for p in (await crm.state())["popups"]] == [16, 18, 19]


async def test_strangers_are_named(crm: Crm) -> None:
    await crm.register()
    answer = await crm.ring(codes=["101", "777"], userIds=[19, 5])
    assert answer.json == {"success": True, "notExistCodes": ["777"], "notExistUsers": [5]}


async def test_nobody_named_means_everybody(crm: Crm) -> None:
    await crm.register()
    await crm.ring(codes=[])
    assert len((await crm.state())["popups"]) == 6


async def test_repeated_event_shows_one_popup(crm: Crm) -> None:
    await crm.register()
    await crm.ring(callExternalId="c-1")
    await crm.ring(callExternalId="c-1")
    (popup,) = (await crm.state())["popups"]
    assert popup["repeats"] == 1


async def test_hangup_closes_the_popups_of_its_call(crm: Crm) -> None:
    await crm.register()
    await crm.ring(callExternalId="c-1")
    await crm.ring(callExternalId="c-2")
    await crm.ring(callExternalId="c-1", type="hangup", hangupStatus="no answered")
    first, second = (await crm.state())["popups"]
    assert (first["hangupStatus"], first["closedAt"] is None) == ("no answered", False)
    assert (second["hangupStatus"], second["closedAt"]) == (None, None)


async def test_hangup_for_one_leaves_the_others(crm: Crm) -> None:
    await crm.register()
    await crm.ring(callExternalId="c-1", codes=["101", "102"])
    await crm.ring(callExternalId="c-1", type="hangup", codes=["102"])
    popups = (await crm.state())["popups"]
    assert {p["userId"]: p["closedAt"] is None for p in popups} == {18: False, 19: True}


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"phone": ""}, {"phone": "This value should not be blank."}),
        ({"type": "ring"}, {"type": "The value you selected is not a valid choice."}),
        (
            {"type": "hangup", "hangupStatus": "no answer"},
            {"hangupStatus": "The value you selected is not a valid choice."},
        ),
    ],
)
async def test_refusals(crm: Crm, changes: dict[str, Any], errors: dict[str, str]) -> None:
    await crm.register()
    answer = await crm.ring(**changes)
    assert answer.status == 400
    assert answer.json == {
        "success": False,
        "errorMsg": "Errors in the entity format",
        "errors": errors,
    }
    assert (await crm.state())["events"] == []


async def test_event_without_a_shop_is_noted(crm: Crm) -> None:
    await crm.register()
    await crm.ring()
    await crm.ring(site="shop-main")
    assert [v["kind"] for v in (await crm.state())["violations"]] == ["site_missing"]
