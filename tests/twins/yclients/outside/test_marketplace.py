"""Connecting, paying and leaving, over the wire (contract §1.11)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.yclients_town import SALON, SECOND, THIRD
from tests.twins.yclients.outside.partner import CONNECTION, Hearer, Partner

PAYMENT = {
    "payment_sum": 990.99,
    "currency_iso": "RUB",
    "payment_date": "2026-01-01 10:10:00",
    "period_from": "2026-01-01 10:10:00",
    "period_to": "2026-02-01 10:10:00",
}


async def pay(partner: Partner, **changes: Any) -> Any:
    body = PAYMENT | {"salon_id": SALON, "application_id": partner.app} | changes
    return await partner.send("POST", "/marketplace/partner/payment", body)


async def test_connect_call_back_work(partner: Partner) -> None:
    assert await partner.status() == "404"
    told = await partner.order("market/connect", salon_ids=[SALON])
    query = parse_qs(urlsplit(told["location"]).query)
    assert query["salon_id"] == [str(SALON)]
    assert set(query) == {"salon_id", "user_data", "user_data_sign"}
    assert await partner.status() == "pending"
    rights = f"/api/v1/user/permissions/{SALON}"
    assert (await partner.as_system("GET", rights)).status == 403
    answer = await partner.callback(api_key="key", channels=["whatsapp"])
    assert (answer.status, answer.json["success"]) == (201, True)
    assert await partner.status() == "active"
    granted = (await partner.as_system("GET", rights)).data
    assert granted["clients"]["client_phones_access"] is True
    assert granted["finances"]["finances_access"] is False


async def test_each_salon_by_its_own_callback(partner: Partner) -> None:
    told = await partner.order("market/connect", salon_ids=[SALON, SECOND])
    assert f"?salon_ids[]={SALON}&salon_ids[]={SECOND}&" in told["location"]
    await partner.callback(SALON)
    assert [await partner.status(one) for one in (SALON, SECOND, THIRD)] == [
        "active",
        "pending",
        "404",
    ]


async def test_a_repeated_callback(partner: Partner) -> None:
    await partner.installed()
    again = await partner.callback()
    assert (again.status, again.message) == (422, "Пользователь уже установил это приложение.")
    await partner.order("switches", repeat_callback_status=200)
    again = await partner.callback()
    assert (again.status, again.json["success"]) == (200, False)


async def test_nobody_connected_nobody_calls_back(partner: Partner) -> None:
    assert (await partner.callback()).status == 404
    await partner.order("market/connect", salon_ids=[SALON])
    await partner.order("clock", advance=3700)
    assert (await partner.callback()).status == 404
    assert await partner.status() == "404"


async def test_back_to_the_cabinet(partner: Partner) -> None:
    await partner.order("market/connect", salon_ids=[SALON])
    body = {"salon_id": SALON, "application_id": partner.app, "api_key": "key"}
    answer = await partner.send("POST", "/marketplace/partner/callback/redirect", body)
    assert answer.status == 301
    assert answer.headers["Location"].endswith(f"/appstore/{SALON}/{partner.app}")
    assert await partner.status() == "active"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"salon_id": None}, 422),
        ({"salon_id": 1}, 404),
        ({"application_id": 1}, 404),
        ({"application_id": None}, 422),
        ({"webhook_urls": "https://one.example"}, 422),
        ({"channels": ["pigeon"]}, 422),
    ],
)
async def test_a_bad_callback_changes_nothing(
    partner: Partner, changes: dict[str, Any], status: int
) -> None:
    await partner.order("market/connect", salon_ids=[SALON])
    body = {"salon_id": SALON, "application_id": partner.app} | changes
    answer = await partner.send("POST", "/marketplace/partner/callback", body)
    assert (answer.status, answer.json["success"]) == (status, False)
    assert await partner.status() == "pending"


async def test_without_the_partner_token(partner: Partner) -> None:
    answer = await partner.send("GET", f"{CONNECTION}/{partner.app}", token="wrong")
    assert (answer.status, answer.message) == (401, "Необходима авторизация")


async def test_freeze_pay_refund(partner: Partner) -> None:
    await partner.installed()
    first = await pay(partner)
    assert first.data == {"id": 1}
    await partner.order("market", salon_id=SALON, act="freeze")
    assert await partner.status() == "freezed"
    assert (await pay(partner)).status == 200
    assert await partner.status() == "active"
    assert (await partner.send("POST", "/marketplace/partner/payment/refund/1")).status == 200
    assert (await partner.send("POST", "/marketplace/partner/payment/refund/9")).status == 404
    told = (await partner.send("GET", f"{CONNECTION}/{partner.app}")).data
    assert [row["is_refunded"] for row in told["payments"]] == [True, False]
    assert told["payments"][0] == PAYMENT | {"id": 1, "is_refunded": True}
    assert [(row["status_to"], row["source"]) for row in told["logs"]] == [
        ("pending", "marketplace"),
        ("active", "partner_api"),
        ("freezed", "marketplace"),
        ("active", "partner_api"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_sum": "990"},
        {"payment_sum": -1},
        {"currency_iso": "рубли"},
        {"period_to": "01.02.2026"},
    ],
)
async def test_a_bad_payment(partner: Partner, changes: dict[str, Any]) -> None:
    await partner.installed()
    assert (await pay(partner, **changes)).status == 422
    assert (await partner.send("GET", f"{CONNECTION}/{partner.app}")).data["payments"] == []


async def test_nothing_to_pay_for(partner: Partner) -> None:
    await partner.order("market/connect", salon_ids=[SALON])
    assert (await pay(partner)).status == 404


async def test_uninstalling_closes_the_api(partner: Partner) -> None:
    await partner.installed()
    answer = await partner.send("POST", f"{CONNECTION}/{partner.app}/uninstall")
    assert (answer.status, await partner.status()) == (200, "404")
    rights = f"/api/v1/user/permissions/{SALON}"
    assert (await partner.as_system("GET", rights)).status == 403
    assert (await partner.send("POST", f"{CONNECTION}/{partner.app}/uninstall")).status == 404


async def test_freezing_closes_the_api_by_a_switch(partner: Partner) -> None:
    await partner.order("switches", freeze_stops_api=True)
    await partner.installed()
    await partner.order("market", salon_id=SALON, act="freeze")
    rights = f"/api/v1/user/permissions/{SALON}"
    assert (await partner.as_system("GET", rights)).status == 403
    await partner.order("market", salon_id=SALON, act="unfreeze")
    assert (await partner.as_system("GET", rights)).status == 200


async def test_salons_of_an_application(partner: Partner) -> None:
    await partner.installed(SALON, SECOND)
    await partner.order("market/connect", salon_ids=[THIRD])
    path = f"/marketplace/application/{partner.app}/salons"
    rows = (await partner.send("GET", path)).data
    assert [row["id"] for row in rows] == [str(SALON), str(SECOND)]
    assert rows[0]["timezone_name"] == "Europe/Moscow"
    second = (await partner.send("GET", f"{path}?page=2&count=1")).data
    assert [row["id"] for row in second] == [str(SECOND)]
    assert (await partner.send("GET", f"{path}?count=1001")).status == 422


async def test_tariffs_discount_and_link(partner: Partner) -> None:
    await partner.installed()
    path = f"/marketplace/application/{partner.app}/tariffs"
    (tariff,) = (await partner.send("GET", path)).data
    assert tariff["options"][0]["currency_iso"] == "RUB"
    body = {"salon_ids": [SALON], "application_id": partner.app, "discount": 15.5}
    answer = await partner.send("POST", "/marketplace/application/add_discount", body)
    assert answer.status == 200
    query = f"salon_id={SALON}&application_id={partner.app}"
    link = await partner.send("GET", f"/marketplace/application/payment_link?{query}")
    url = link.data["url"]
    assert f"/appstore/payment/?{query}&discount=15.5&source=api&sign=" in url
    async with partner.http.get(url, allow_redirects=False) as paying:
        assert paying.headers["Location"] == f"/appstore/{SALON}/{partner.app}"
    async with partner.http.get(url.replace("15.5", "99"), allow_redirects=False) as forged:
        assert forged.status == 403


async def test_no_link_without_tariffs(partner: Partner) -> None:
    await partner.order("market/application", tariffs=[])
    query = f"salon_id={SALON}&application_id={partner.app}&discount=1"
    link = await partner.send("GET", f"/marketplace/application/payment_link?{query}")
    assert (link.status, link.json) == (404, {"meta": {"message": "Произошла ошибка"}})


async def test_channels_and_names(partner: Partner) -> None:
    await partner.installed(channels=["whatsapp"])
    mine = {"salon_id": SALON, "application_id": partner.app}
    off = mine | {"channel_slug": "whatsapp", "is_available": False}
    assert (
        await partner.send("POST", "/marketplace/application/update_channel", off)
    ).status == 200
    names = mine | {"short_names": ["KOMM"]}
    assert (await partner.send("POST", "/marketplace/partner/short_names", names)).status == 201
    many = mine | {"short_names": [str(n) for n in range(21)]}
    assert (await partner.send("POST", "/marketplace/partner/short_names", many)).status == 422
    (app,) = (await partner.look("market"))["applications"]
    (connection,) = [one for one in app["connections"] if one["salon_id"] == SALON]
    assert (connection["channels"], connection["short_names"]) == ({"whatsapp": False}, ["KOMM"])


async def test_another_partners_application(partner: Partner) -> None:
    partner.world.outside.market.application().partner_id = 0
    assert (await partner.send("GET", f"{CONNECTION}/{partner.app}")).status == 403


async def test_a_second_application(partner: Partner) -> None:
    await partner.installed()
    made = await partner.order("market/application", application_id=777, multi_branch=False)
    assert made["id"] == 777
    told = await partner.order("market/connect", application_id=777, salon_ids=[SALON])
    assert "salon_id=" in told["location"]
    assert await partner.status() == "active"
    wrong = {"application_id": 777, "salon_ids": [SECOND, THIRD]}
    assert await partner.refused("market/connect", **wrong) == 409
    assert await partner.refused("market/application", application_id=777, colour="red") == 400


async def test_only_who_manages_a_salon_connects_it(partner: Partner) -> None:
    order = {"salon_ids": [SECOND], "user_id": "admin@salon.example"}
    assert await partner.refused("market/connect", **order) == 409
    assert await partner.status(SECOND) == "404"


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        (f"/appstore/{SALON}/19999/connect", {}, 409),
        (f"/appstore/{SALON}/19999/connect", {"salon_ids": "x"}, 400),
        (f"/appstore/{SALON}/19999/connect", {"salon_ids": "1"}, 409),
        (f"/appstore/{SALON}/19999/connect", {"salon_ids": str(SALON), "user_id": "nobody"}, 400),
        (f"/appstore/{SALON}/1/connect", {"salon_ids": str(SALON)}, 400),
    ],
)
async def test_a_consent_that_cannot_be(
    partner: Partner, path: str, form: dict[str, str], status: int
) -> None:
    async with partner.http.post(partner.url + path, data=form) as answer:
        assert answer.status == status
    assert await partner.status() == "404"


async def test_attacks(partner: Partner, hearer: Hearer) -> None:
    await partner.order("market/application", callback_url=f"{hearer.base_url}/lifecycle")
    made = await partner.order("market/connect", salon_ids=[SALON])
    assert await partner.order("market/replay") == made
    forged = await partner.order("market/forge", salon_ids=[THIRD])
    assert f"salon_id={THIRD}&user_data=" in forged["location"]
    assert await partner.status(THIRD) == "404"
    await partner.callback()
    await partner.order(
        "market/lifecycle", salon_id=SALON, event="uninstall", partner_token="a guess"
    )
    (letter,) = await partner.letters(1, kind="lifecycle", outcome="good")
    assert letter["body"]["partner_token"] == "a guess"
    assert await partner.status() == "active"


async def test_reset(partner: Partner) -> None:
    await partner.installed(channels=["whatsapp"], webhook_urls=["https://we.example/hook"])
    await partner.order("reset")
    await partner.order("switches", rate_limits=False)
    assert await partner.status() == "404"
    assert await partner.refused("market/replay") == 409
    await partner.installed()
