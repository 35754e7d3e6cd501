"""Toll fraud: dear, foreign and forged numbers are refused; only own phones ring."""

from urllib.parse import quote, urlencode

import pytest

from tests.security.toll_fraud.company import CRM, PBX, Company
from tests.support.asgi import Asgi
from tests.support.service import PHONE

REFUSED = [
    ("+78091234567", "destination_premium"),
    ("+375902123456&PJSIP/150", "phone_invalid"),
    ("+881612345678", "destination_premium"),
    ("+870773111632", "destination_premium"),
    ("+979123456789", "destination_premium"),
    ("+447012345678", "destination_premium"),
    ("+12425551234", "destination_country"),
    ("+442071234567", "destination_country"),
    ("00442071234567", "destination_country"),
    ("810442071234567", "destination_country"),
    ("112", "destination_short"),
    ("103", "destination_short"),
    ("150", "destination_internal"),
    ("*98", "phone_invalid"),
    ("+375291234567&PJSIP/442071234567@trunk", "phone_invalid"),
    ("+375291234567,1,Dial(PJSIP/442071234567@trunk)", "phone_invalid"),
    ("+375291234567|60|tT", "phone_invalid"),
    ("+375291234567@other-trunk", "phone_invalid"),
    ("+375291234567\r\nAction: Originate", "phone_invalid"),
    ("+375291234567\nVariable: GW_LINE=1", "phone_invalid"),
    ("${EXTEN}+375291234567", "phone_invalid"),
    ("٣٧٥٢٩١٢٣٤٥٦٧", "phone_invalid"),
    ("+37529123456７", "phone_invalid"),
    ("+375" + "9" * 500, "phone_invalid"),
    ("$(touch /tmp/x)", "phone_invalid"),
]


@pytest.mark.parametrize(("phone", "reason"), REFUSED)
async def test_where_nobody_may_call(company: Company, phone: str, reason: str) -> None:
    for ask in (company.click, company.order):
        reply = await ask(phone=phone)
        assert reply.code == reason
        assert reply.status == (400 if reason == "phone_invalid" else 403)
        assert reply.json()["success"] is False
    assert await company.owed() == 0
    assert company.counted(reason) == 2
    (row,) = await company.audited(company.number)
    assert (row.actor, row.detail) == ("retailcrm:150", {"reason": reason, "times": 1})
    assert row.target is not None
    assert row.target.isprintable()


async def test_what_an_administrator_denies_is_closed_for_everybody(company: Company) -> None:
    await company.set_dialing(allowed=["+44"], denied=["+37500", "+44207"])
    assert (await company.click(phone="+441612345678")).status == 200
    assert (await company.click(phone="+442071234567")).code == "destination_denied"
    assert (await company.click(phone=PHONE)).code == "destination_denied"


async def test_an_odd_policy_closes_and_never_opens(company: Company) -> None:
    """Somebody wrote the row by hand."""
    await company.set_dialing(countries="all")
    assert (await company.click()).code == "dialing_invalid"
    assert await company.owed() == 0


@pytest.mark.parametrize("code", ["", "777", "+375291234567", "150&PJSIP/151", "150\r\nX: y", "*"])
async def test_only_own_phones_ring(company: Company, code: str) -> None:
    for ask in (company.click, company.order):
        assert (await ask(code=code)).status == 400
    assert await company.owed() == 0


@pytest.mark.parametrize(
    "second", ["phone=%2B442071234567", "code=151", "clientId=guess", "phone=%2B375000000070%00"]
)
async def test_one_name_with_two_values_is_refused(company: Company, second: str) -> None:
    for path, secret in ((CRM, company.tenant.client_id), (PBX, company.pbx_secret)):
        url = f"{path}?clientId={secret}&code=150&phone={quote(PHONE)}&{second}"
        assert (await Asgi(company.app).get(url)).status == 400
        form = {"clientId": secret, "code": "150", "phone": PHONE}
        mixed = await Asgi(company.app).request("POST", f"{path}?{second}", form=form)
        assert mixed.status == 400
    assert await company.owed() == 0


@pytest.mark.parametrize("missing", ["code", "phone", "clientId"])
async def test_an_order_lacks_nothing(company: Company, missing: str) -> None:
    reply = await company.order(**{missing: ""})
    assert (reply.status, reply.code) == (400, "call_fields_missing")
    assert reply.json()["detail"] == f"The call lacks these fields: {missing}."


@pytest.mark.parametrize("how", ["query", "form", "json"])
async def test_an_order_that_passes(company: Company, how: str) -> None:
    fields = {"code": "150", "phone": PHONE, "clientId": company.pbx_secret}
    caller = Asgi(company.app)
    if how == "query":
        reply = await caller.get(f"{PBX}?{urlencode(fields)}")
    elif how == "form":
        reply = await caller.request("POST", PBX, form=fields)
    else:
        reply = await caller.request("POST", PBX, json_body={**fields, "code": 150})
    assert reply.status == 200, reply.body
    answer = reply.json()
    assert answer == {
        "success": True,
        "message": f"150 → {PHONE}",
        "call_id": answer["call_id"],
        "extension": "150",
        "phone": PHONE,
    }
    assert await company.owed() == 1
