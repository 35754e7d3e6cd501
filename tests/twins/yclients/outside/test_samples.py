"""Bodies as the vendor's samples send them are taken; answers have the samples' shapes."""

from typing import Any

import pytest

from tests.support.yclients_town import SALON, SECOND
from tests.twins.yclients.outside.partner import Partner
from tests.twins.yclients.salon.test_samples import differences, sample

MARKET = "/marketplace"
READS = {
    "GET_marketplace_application_application_id_salons": f"{MARKET}/application/{{a}}/salons",
    "GET_marketplace_application_application_id_tariffs": f"{MARKET}/application/{{a}}/tariffs",
    "GET_marketplace_application_payment_link": f"{MARKET}/application/payment_link"
    f"?salon_id={SALON}&application_id={{a}}&discount=15.5",
    "GET_marketplace_salon_salon_id_application_application_id": f"{MARKET}/salon/{SALON}"
    "/application/{a}",
}
WRITES = {
    "POST_marketplace_partner_callback": (f"{MARKET}/partner/callback", 201),
    "POST_marketplace_partner_callback_redirect": (f"{MARKET}/partner/callback/redirect", 301),
    "POST_marketplace_partner_payment": (f"{MARKET}/partner/payment", 200),
    "POST_marketplace_partner_short_names": (f"{MARKET}/partner/short_names", 201),
    "POST_marketplace_application_add_discount": (f"{MARKET}/application/add_discount", 200),
    "POST_marketplace_application_update_channel": (f"{MARKET}/application/update_channel", 200),
}


def filled(partner: Partner, body: Any) -> Any:
    """A sample's body with salons and an application that are there."""
    ours = {"salon_id": SALON, "application_id": partner.app, "salon_ids": [SALON, SECOND]}
    return body | {name: value for name, value in ours.items() if name in body}


@pytest.mark.parametrize("name", READS)
async def test_reads(partner: Partner, name: str) -> None:
    await partner.installed()
    payment = filled(partner, sample("POST_marketplace_partner_payment.request"))
    await partner.send("POST", f"{MARKET}/partner/payment", payment)
    answer = await partner.send("GET", READS[name].format(a=partner.app))
    assert answer.status == 200
    assert differences(sample(f"{name}.response"), answer.json) == []


@pytest.mark.parametrize("name", WRITES)
async def test_writes(partner: Partner, name: str) -> None:
    path, status = WRITES[name]
    await partner.order("market/connect", salon_ids=[SALON])
    if "callback" not in name:
        await partner.callback()
    answer = await partner.send("POST", path, filled(partner, sample(f"{name}.request")))
    assert answer.status == status, answer.text


async def test_uninstall(partner: Partner) -> None:
    await partner.installed()
    path = f"{MARKET}/salon/{SALON}/application/{partner.app}/uninstall"
    answer = await partner.send("POST", path)
    wanted = sample("POST_marketplace_salon_salon_id_application_application_id_uninstall.response")
    assert answer.json == wanted


async def test_telephony(partner: Partner) -> None:
    group = next(iter(partner.world.groups.values()))
    mine = {"crm_token": group.crm_token}
    path = "/api/v1/voip/integration"
    answer = await partner.send("POST", path, sample("POST_voip_integration.request") | mine)
    assert (answer.status, answer.message) == (202, "Accepted")
    call = {
        "command": "history",
        "type": "incoming",
        "status": "success",
        "phone": "79111234567",
        "date": "2023-01-17T12:31:12+03:00",
    }
    await partner.send("POST", path, call | mine)
    wanted = sample("GET_voip_integration_calls.request") | {"salon_id": SALON}
    listed = await partner.owner("GET", f"{path}/calls", wanted)
    assert len(listed.data) == 1
    assert differences(sample("GET_voip_integration_calls.response"), listed.json) == []


async def test_statuses(partner: Partner) -> None:
    rows = sample("POST_delivery_status.request")
    url = partner.world.outside.operator.callback_url()
    async with partner.http.post(url, json=rows) as answer:
        assert await answer.json() == sample("POST_delivery_status.response")
    assert (await partner.look("messages"))["strays"] == rows
