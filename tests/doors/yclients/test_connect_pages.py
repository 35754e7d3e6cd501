"""Promise: the page binds nothing, is framed by the cabinet alone, and its way in leaks nowhere."""

import re
from urllib.parse import urlsplit

from kommutator.domain.tenancy import EnterpriseNumber
from tests.support.house import PASSWORD
from tests.support.service import Answer, Caller
from tests.support.yclients_service import HERE, SALON, SECOND, SalonService

ENGLISH = {"accept-language": "en"}


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]


def cookie_of(answer: Answer) -> str:
    given = answer.headers.getall("set-cookie", [])
    return "; ".join(one.partition(";")[0] for one in given)


async def arrived(service: SalonService, *salons: int) -> Answer:
    page = await service.caller.get(await service.pressed(*salons), headers=ENGLISH)
    assert page.status == 200, page.text
    return page


async def signed_in(service: SalonService, email: str) -> Caller:
    reply = await service.caller.post("/console/login", data={"email": email, "password": PASSWORD})
    assert reply.status == 303
    return service.caller.with_headers(cookie=cookie_of(reply), accept_language="en")


async def test_who_and_what_is_shown_and_nothing_bound(service: SalonService) -> None:
    page = await arrived(service, SALON, SECOND)
    assert "owner@salon.example" in page.text
    assert str(SALON) in page.text
    assert str(SECOND) in page.text
    assert await service.states() == {}
    assert "Register and connect" in page.text


async def test_framed_by_the_cabinet_and_nobody_else(service: SalonService) -> None:
    page = await arrived(service)
    policy = page.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {service.twin.url}" in policy
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    broken = await service.caller.get("/yclients/connect?salon_id=x")
    assert broken.status == 400
    assert service.twin.url in broken.headers["content-security-policy"]
    login = await service.caller.get("/console/login?next=/yclients/connect")
    assert service.twin.url in login.headers["content-security-policy"]
    plain = await service.caller.get("/console/login")
    assert service.twin.url not in plain.headers["content-security-policy"]


async def test_cookies_live_in_the_cabinets_frame_over_https(service: SalonService) -> None:
    plain = await arrived(service)
    assert "SameSite=Lax" in str(plain.headers.getall("set-cookie"))
    object.__setattr__(service.house.settings, "public_url", "https://house.example")
    secure = await arrived(service)
    (cookie,) = secure.headers.getall("set-cookie")
    for part in ("__Host-", "Secure", "SameSite=None", "Partitioned", "HttpOnly"):
        assert part in cookie


async def test_registering_lets_one_in_and_gives_a_link_for_the_password(
    service: SalonService,
) -> None:
    token = field((await arrived(service)).text, "token")
    done = await service.caller.post(
        "/yclients/connect/register", data={"token": token}, headers=ENGLISH
    )
    assert done.status == 200, done.text
    assert "The salon is connected" in done.text
    assert (await service.states())[SALON] == ("0412", "active", None)
    inside = service.caller.with_headers(cookie=cookie_of(done), accept_language="en")
    salons = await inside.get("/console/salons")
    assert salons.status == 200
    assert f'id="salon-{SALON}"' in salons.text

    link = re.search(r'href="(/yclients/first-password/[^"]+)"', done.text)
    assert link
    form = await service.caller.get(link[1], headers=ENGLISH)
    assert "You sign in as owner@salon.example" in form.text
    short = await service.caller.post(link[1], data={"password": "short"}, headers=ENGLISH)
    assert short.status == 400
    saved = await service.caller.post(link[1], data={"password": "quite long enough 1"})
    assert (saved.status, saved.headers["location"]) == (303, "/console/")
    assert (await service.caller.get(link[1])).status == 403
    again = await service.caller.post("/yclients/connect/register", data={"token": token})
    assert again.status == 409


async def test_another_site_cannot_press_the_button(service: SalonService) -> None:
    token = field((await arrived(service)).text, "token")
    foreign = service.caller.with_headers(origin="https://evil.example")
    reply = await foreign.post("/yclients/connect/register", data={"token": token})
    assert reply.status == 403
    assert await service.states() == {}


async def test_signing_in_leads_back_to_the_arrival(service: SalonService) -> None:
    page = await service.caller.get(
        await service.pressed(person={"email": service.here.admin.email}), headers=ENGLISH
    )
    assert 'href="/console/login?next=/yclients/connect"' in page.text
    assert "connect/register" not in page.text
    reply = await service.caller.post(
        "/console/login",
        data={
            "email": service.here.admin.email,
            "password": PASSWORD,
            "next": "/yclients/connect",
        },
    )
    assert reply.headers["location"] == "/yclients/connect"
    both = f"{cookie_of(page)}; {cookie_of(reply)}"
    inside = service.caller.with_headers(cookie=both, accept_language="en")
    back = await inside.get("/yclients/connect")
    assert back.status == 200
    assert f"Firm {HERE}" in back.text
    sent = {"token": field(back.text, "token"), "enterprise": HERE}
    bare = await inside.post("/yclients/connect/join", data=sent)
    assert bare.status == 403, "without the page's own token"
    csrf = field(back.text, "csrf_token")
    done = await inside.post("/yclients/connect/join", data={**sent, "csrf_token": csrf})
    assert done.status == 200, done.text
    assert (await service.states())[SALON] == (HERE, "active", None)


async def test_a_branch_that_failed_is_told_and_tried_again(service: SalonService) -> None:
    token = field((await arrived(service, SALON, SECOND)).text, "token")
    await service.twin.order(
        "faults", kind="json_500", path="/marketplace/partner/callback", count=1
    )
    done = await service.caller.post(
        "/yclients/connect/register", data={"token": token}, headers=ENGLISH
    )
    assert "Not everything is connected" in done.text
    assert "We try again by ourselves" in done.text
    again = await service.caller.post(
        "/yclients/connect/again", data={"token": token}, headers=ENGLISH
    )
    assert "The salon is connected" in again.text
    assert {row[1] for row in (await service.states()).values()} == {"active"}


async def test_an_employee_is_told_whom_to_ask(service: SalonService) -> None:
    employee = await signed_in(service, service.here.employee.email)
    page = await employee.get(await service.pressed())
    assert "Only an administrator" in page.text
    assert 'name="token"' not in page.text


async def test_refusals_are_pages_with_an_action(service: SalonService) -> None:
    for location, words in (
        (await service.forged(SALON), "not waiting to be connected"),
        (await service.forged(SALON, spoil="sign"), "YClients"),
        ("/yclients/connect", "out of date"),
        ("/yclients/connect?salon_id=1", "signed data"),
    ):
        page = await service.caller.get(location, headers=ENGLISH)
        assert page.status == 403, location
        assert words in page.text
    assert urlsplit(await service.forged(SALON)).path == "/yclients/connect"
    await service.twin.order("faults", kind="html_502")
    away = await service.caller.get(await service.forged(SALON), headers=ENGLISH)
    assert away.status >= 400
    assert "text/html" in away.headers["content-type"]


async def test_arrivals_are_few_from_one_address(service: SalonService) -> None:
    statuses = [(await service.caller.get("/yclients/connect")).status for _ in range(25)]
    assert statuses[0] == 403
    assert statuses[-1] == 429


async def test_no_secret_reaches_the_log_of_what_was_refused(service: SalonService) -> None:
    page = await arrived(service)
    token = field(page.text, "token")
    kept = str(await service.fetch("SELECT * FROM yclients_arrivals"))
    assert token not in kept
    audit = str(await service.fetch("SELECT * FROM audit_log"))
    assert token not in audit
    assert service.twin.partner_token not in audit


async def test_a_salon_has_no_end_but_its_own(service: SalonService) -> None:
    """Whatever wipes a salon's row tells the vendor first."""
    await service.install()
    admin = await signed_in(service, service.here.admin.email)
    csrf = field((await admin.get("/console/salons")).text, "csrf_token")
    answer = await admin.post("/console/connections/yclients/remove", data={"csrf_token": csrf})
    assert answer.status == 400
    assert (await service.states())[SALON] == (HERE, "active", None)
    assert await service.vendor_says() == "active"


async def test_trying_again_passes_over_what_was_removed_meanwhile(
    service: SalonService,
) -> None:
    page = await arrived(service, SALON, SECOND)
    token = field(page.text, "token")
    await service.twin.order("faults", kind="json_500", path="/marketplace/partner/callback")
    made = await service.caller.post("/yclients/connect/register", data={"token": token})
    assert made.status == 200
    await service.twin.http.delete(f"{service.twin.url}/_twin/faults")
    await service.twin.order("switches", lifecycle_loss=1.0)
    owner = (await service.states())[SALON][0]
    (gone,) = await service.fetch("SELECT id FROM connections WHERE account_key = $1", str(SALON))
    await service.house.yclients.lifecycle.removed(EnterpriseNumber(owner), gone["id"], "test")
    again = await service.caller.post("/yclients/connect/again", data={"token": token})
    assert again.status == 200, again.text
    states = await service.states()
    assert (states[SALON][1], states[SECOND][1]) == ("removed", "active")
