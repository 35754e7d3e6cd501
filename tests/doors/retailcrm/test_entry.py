"""«Перейти в личный кабинет»: from the CRM into the own enterprise with one click."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kommutator.domain.connection import ConnectionStatus
from kommutator.kit.clock import ManualClock
from tests.support.service import ADMIN, HERE, Answer, Service

PAGE = "/retailcrm-admin/"
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


async def link(service: Service) -> str:
    """The registered address without our host."""
    address: str = (await service.module())["accountUrl"]
    return address.removeprefix(service.stranger.url)


def cookie(answer: Answer) -> str:
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


async def test_a_browsers_post_leads_into_the_own_enterprise(service: Service) -> None:
    await service.connect()
    report = await service.drive("open-account")
    assert (report["sent"]["method"], report["answer"]["status"]) == ("POST", 200)
    assert report["answer"]["finalUrl"] == f"{service.stranger.url}{PAGE}?enterprise_number=0367"
    assert "token" not in report["answer"]["finalUrl"]
    assert report["answer"]["headers"]["Referrer-Policy"] == "same-origin"
    assert "Firm 0367" in report["answer"]["body"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_exchange_leaves_a_cookie_and_no_token(service: Service, method: str) -> None:
    await service.connect()
    entered = await service.stranger(method, await link(service))
    assert (entered.status, entered.headers["Location"]) == (303, f"{PAGE}?enterprise_number=0367")
    assert entered.headers["Referrer-Policy"] == "no-referrer"
    assert entered.headers["Cache-Control"] == "no-store"
    flags = entered.headers["Set-Cookie"]
    assert re.fullmatch(
        r"kommutator=[\w-]{40,}; Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax", flags
    )
    inside = service.stranger.with_headers(cookie=cookie(entered))
    page = await inside.get(PAGE)
    assert (page.status, "Firm 0367" in page.text) == (200, True)
    assert "eyJ" not in page.text


async def test_over_https_the_cookie_lives_in_the_crms_frame(service: Service) -> None:
    await service.connect()
    house = service.house
    house.settings = house.settings.model_copy(update={"public_url": "https://gate.example"})
    entered = await service.stranger.post(await link(service))
    assert re.fullmatch(
        r"__Host-kommutator=[\w-]{40,}; Path=/; Max-Age=\d+; HttpOnly; Secure; SameSite=None; "
        r"Partitioned",
        entered.headers["Set-Cookie"],
    )


async def test_the_session_sees_its_own_enterprise_only(service: Service) -> None:
    await service.connect()
    inside = service.stranger.with_headers(
        cookie=cookie(await service.stranger.post(await link(service)))
    )
    assert (await inside.get("/retailcrm-admin/api/config/0367")).status == 200
    assert (await inside.get("/retailcrm-admin/api/config/0411")).status == 404
    assert (await inside.get(f"{PAGE}?enterprise_number=0411")).status == 404
    assert (await inside.get("/api/v1/enterprises")).status == 403
    forged = await inside.post("/retailcrm-admin/api/register/0367")
    assert (forged.status, forged.code) == (403, "csrf_mismatch")


async def refused(service: Service, method: str, path: str, **kwargs: Any) -> str:
    reply = await service.stranger(method, path, **kwargs)
    assert reply.status == 401
    assert "Set-Cookie" not in reply.headers
    return reply.code


async def test_a_foreign_client_id_opens_nothing(service: Service) -> None:
    await service.connect()
    path = await link(service)
    assert await refused(service, "POST", path, data={"clientId": "x"}) == "entry_link_invalid"
    assert await refused(service, "GET", f"{PAGE}?token=eyJ.x.y") == "entry_link_invalid"
    report = await service.drive("open-account", clientId="stolen")
    assert report["answer"]["status"] == 401


async def test_a_token_alone_decides_whose_door_it_is(service: Service) -> None:
    await service.connect()
    token = parse_qs(urlsplit(await link(service)).query)["token"][0]
    entered = await service.stranger.get(f"{PAGE}?enterprise_number=0411&token={token}")
    assert entered.headers["Location"] == f"{PAGE}?enterprise_number=0367"


async def test_registering_again_kills_older_links_and_their_sessions(service: Service) -> None:
    await service.connect()
    old = await link(service)
    inside = service.stranger.with_headers(cookie=cookie(await service.stranger.post(old)))
    assert (await inside.get("/retailcrm-admin/api/config/0367")).status == 200
    await service.house.enrol.register(ADMIN, HERE)
    assert await refused(service, "GET", old) == "entry_link_revoked"
    assert (await inside.get("/retailcrm-admin/api/config/0367")).status == 401
    assert (await service.stranger.get(await link(service))).status == 303


async def test_two_registrations_at_once_leave_a_link_that_works(service: Service) -> None:
    await service.connect()
    record = await service.record()
    first, second = record.entry_epoch + 1, record.entry_epoch + 1
    for epoch in (first, second):
        async with service.house.db.unit() as unit:
            await unit.connections.raise_entry_epoch(HERE, record.id, epoch)
    assert (await service.record()).entry_epoch == first


async def test_removal_kills_links_and_sessions(service: Service) -> None:
    await service.connect()
    path = await link(service)
    inside = service.stranger.with_headers(cookie=cookie(await service.stranger.post(path)))
    await service.house.enrol.remove(ADMIN, HERE, (await service.record()).kind)
    assert await refused(service, "POST", path) == "entry_link_revoked"
    assert (await inside.get("/retailcrm-admin/api/config/0367")).status == 401


async def test_a_link_ends_after_a_year(service: Service) -> None:
    await service.connect()
    account = await service.account()
    epoch = (await service.record()).entry_epoch
    links = service.house.enrol._entry
    past = ManualClock(service.house.clock.now() - timedelta(days=365, seconds=1))
    old = type(links)(links._key, past).token(account, epoch)
    assert await refused(service, "GET", f"{PAGE}?token={old}") == "entry_link_expired"
    assert (await service.record()).status is ConnectionStatus.ACTIVE


async def test_people_see_a_page_where_machines_see_json(service: Service) -> None:
    reply = await service.stranger.get(f"{PAGE}?token=eyJ.x.y", headers=BROWSER)
    assert (reply.status, reply.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
    assert "Set-Cookie" not in reply.headers


async def test_without_a_session_the_page_asks_to_sign_in(service: Service) -> None:
    wanted = "/console/login?next=%2Fretailcrm-admin%2F%3Fenterprise_number%3D0367"
    for headers in ({}, {"Cookie": "kommutator=ended-long-ago"}):
        for method in ("GET", "POST"):
            reply = await service.stranger(
                method, f"{PAGE}?enterprise_number=0367", headers=headers
            )
            assert (reply.status, reply.headers["Location"]) == (303, wanted)
