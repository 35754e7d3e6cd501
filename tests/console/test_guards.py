"""What the console refuses, asked without a browser."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.console.conftest import ADMIN, EMPLOYEE, HERE, Console, connect_crm
from tests.console.visitor import Visitor, visiting
from tests.support.factories import a_call, a_command, an_attempt, value
from tests.support.house import PASSWORD, PLATFORM_EMAIL


@pytest.fixture
async def visitor(console: Console) -> AsyncIterator[Visitor]:
    async with visiting(console) as made:
        yield made


async def test_a_stranger_is_led_to_the_door_and_back(visitor: Visitor) -> None:
    status, _, location = await visitor.get("/console/log")
    assert (status, location) == (303, "/console/login?next=/console/log")
    assert await visitor.sign_in(ADMIN, next="/console/log") == "/console/log"


@pytest.mark.parametrize("path", ["/console/inbox", "/console/assistant", "/console/channels"])
async def test_platform_staff_who_chose_no_enterprise_are_led_to_the_choice(
    visitor: Visitor, path: str
) -> None:
    await visitor.sign_in(PLATFORM_EMAIL)
    status, _, location = await visitor.get(path)
    assert (status, location) == (303, "/console/enterprises")


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/console/\n/x", "javascript:1"],
)
async def test_the_door_never_leads_to_another_site(visitor: Visitor, elsewhere: str) -> None:
    assert await visitor.sign_in(ADMIN, next=elsewhere) == "/console/"


async def test_a_sign_in_form_of_another_site_is_refused(visitor: Visitor) -> None:
    status, _, _ = await visitor.post(
        "/console/login",
        headers={"origin": "https://evil.example"},
        email=ADMIN,
        password=PASSWORD,
    )
    assert status == 403


@pytest.mark.parametrize("path", ["/console/language", "/console/login"])
async def test_another_site_changes_nothing_of_the_signed_in(visitor: Visitor, path: str) -> None:
    await visitor.sign_in(ADMIN)
    foreign = {"origin": "https://evil.example"}
    fields = {"locale": "uk", "email": EMPLOYEE, "password": PASSWORD}
    status, _, _ = await visitor.post(path, headers=foreign, **fields)
    assert status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/console/connections/retailcrm/save",
        "/console/people/save",
        "/console/connections/asterisk/files",
        "/console/doctor/ring",
        "/console/doctor/crm-record",
        "/console/settings/crm",
        "/console/routing",
        "/console/calls/take",
        "/console/calls/cancel",
        "/console/calls/recordings/retry",
        "/console/settings/dialing",
        "/console/log/replay",
        "/console/access/keys",
        "/console/enterprise",
        "/console/logout",
    ],
)
async def test_a_change_without_the_pages_token_is_refused(visitor: Visitor, path: str) -> None:
    await visitor.sign_in(ADMIN)
    status, page, _ = await visitor.post(path, csrf_token="guessed")
    assert status == 403
    assert "The page is out of date" in page


async def test_another_tenants_rows_are_not_there(visitor: Visitor, console: Console) -> None:
    db, at = console.house.db, console.house.clock.now()
    crm = await connect_crm(console)
    await a_call(db, HERE, "c-1", at - timedelta(minutes=5))
    dead = await a_command(db, HERE, crm, "c-1", at, state="dead", error="no")
    attempt = await an_attempt(db, HERE, crm, at, outbox_id=dead)
    await visitor.sign_in("admin@0411.example")
    assert (await visitor.get("/console/calls/card?id=c-1"))[0] == 404
    assert (await visitor.get(f"/console/log/{attempt}"))[0] == 404
    assert (await visitor.get("/console/log?enterprise=0367"))[0] == 404
    assert "c-1" not in (await visitor.get("/console/calls"))[1]
    status, _, _ = await visitor.post(
        "/console/log/replay", csrf_token=await _token(visitor), outbox_id=str(dead)
    )
    assert status == 404
    assert await value(db, "SELECT state FROM outbox WHERE id = $1", dead) == "dead"


async def test_another_tenants_phone_book_is_not_there(visitor: Visitor, console: Console) -> None:
    phone, at = "+375290000001", console.house.clock.now()
    async with console.house.db.unit() as unit:
        await unit.phone_book.talked(HERE, phone, "150", at)
    await visitor.sign_in("admin@0411.example")
    assert phone not in (await visitor.get("/console/phone-book"))[1]
    assert (await visitor.get(f"/console/phone-book/entry?phone=%2B{phone[1:]}"))[0] == 404
    assert (await visitor.get("/console/phone-book?enterprise=0367"))[0] == 404
    status, _, _ = await visitor.post(
        "/console/phone-book/pin", csrf_token=await _token(visitor), phone=phone, extension="150"
    )
    assert status == 404
    assert await value(console.house.db, "SELECT count(*) FROM phone_book") == 1


async def test_an_employee_reads_the_phone_book_and_pins_nobody(visitor: Visitor) -> None:
    await visitor.sign_in(EMPLOYEE)
    assert (await visitor.get("/console/phone-book"))[0] == 200
    for act in ("pin", "read", "refresh"):
        status, _, _ = await visitor.post(
            f"/console/phone-book/{act}", csrf_token=visitor.csrf, phone="+375290000001"
        )
        assert status == 403


async def _token(visitor: Visitor) -> str:
    _, page, _ = await visitor.get("/console/calls")
    return page.partition('name="csrf-token" content="')[2].partition('"')[0]


@pytest.mark.parametrize(
    "path",
    [
        "/console/people",
        "/console/connections",
        "/console/connections/retailcrm",
        "/console/connections/asterisk/files",
        "/console/doctor",
        "/console/doctor/findings",
        "/console/routing",
        "/console/settings",
        "/console/log",
        "/console/log/dead",
        "/console/diagnostics",
        "/console/diagnostics/download",
        "/console/access",
        "/console/audit",
        "/console/enterprises",
    ],
)
async def test_an_employee_configures_nothing(visitor: Visitor, path: str) -> None:
    await visitor.sign_in(EMPLOYEE)
    status, page, _ = await visitor.get(path)
    assert status == 403
    assert "You are not allowed to do this." in page


async def test_an_administrator_of_a_tenant_makes_no_enterprises(visitor: Visitor) -> None:
    await visitor.sign_in(ADMIN)
    status, _, _ = await visitor.post(
        "/console/enterprises",
        csrf_token=visitor.csrf,
        new_number="0999",
        name="Mine",
        time_zone="Europe/Minsk",
    )
    assert status in (403, 404)


async def test_a_form_names_its_enterprise_whatever_the_other_tab_chose(
    visitor: Visitor, console: Console
) -> None:
    await visitor.sign_in(PLATFORM_EMAIL)
    token = visitor.csrf
    await visitor.post("/console/enterprise", csrf_token=token, number="0411")
    await visitor.post(
        "/console/people/extensions", csrf_token=token, enterprise="0367", number="177"
    )
    owner = await value(
        console.house.db, "SELECT enterprise FROM user_internal_phones WHERE phone_number = '177'"
    )
    assert owner == "0367"


async def test_htmx_gets_errors_in_our_shape(visitor: Visitor) -> None:
    await visitor.sign_in(ADMIN)
    status, body, _ = await visitor.get("/console/calls/card?id=none", **{"HX-Request": "true"})
    assert status == 404
    assert '"code":"call_not_found"' in body
    assert '"action":"Go back to the list' in body


async def test_only_sentences_of_ours_are_shown_as_done(visitor: Visitor) -> None:
    await visitor.sign_in(ADMIN)
    _, page, _ = await visitor.get("/console/calls?done=saved")
    assert 'data-toast="Saved"' in page
    _, page, _ = await visitor.get("/console/calls?done=<b>you%20won</b>")
    assert "you won" not in page


async def test_words_of_strangers_are_escaped(visitor: Visitor, console: Console) -> None:
    at = console.house.clock.now()
    await a_call(console.house.db, HERE, "c-1", at, client_name="<script>alert(1)</script>")
    await visitor.sign_in(ADMIN)
    _, page, _ = await visitor.get("/console/calls")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


async def test_the_stored_key_never_comes_back(visitor: Visitor, console: Console) -> None:
    await connect_crm(console)
    await visitor.sign_in(ADMIN)
    for path in ("/console/connections/retailcrm", "/console/diagnostics/download", "/console/log"):
        status, page, _ = await visitor.get(path)
        assert status == 200
        assert console.crm["api_key"] not in page


async def test_calls_are_listed_page_by_page(visitor: Visitor, console: Console) -> None:
    now = console.house.clock.now()
    for number in range(51):
        await a_call(console.house.db, HERE, f"c-{number}", now - timedelta(minutes=number))
    await visitor.sign_in(ADMIN)
    _, first, _ = await visitor.get("/console/calls")
    assert first.count("/console/calls/card?id=c-") == 50
    more = first.partition('id="more"')[2].partition('href="')[2].partition('"')[0]
    _, rest, _ = await visitor.get(more.replace("&amp;", "&") + "&part=1")
    assert rest.count("/console/calls/card?id=c-") == 1
    assert "card?id=c-50" in rest


async def test_static_files_may_be_kept_and_nothing_else_is_served(visitor: Visitor) -> None:
    _, page, _ = await visitor.get("/console/login")
    css = page.partition('href="/console/static/console.css')[2].partition('"')[0]
    assert (await visitor.get(f"/console/static/console.css{css}"))[0] == 200
    assert (await visitor.get("/console/static/../router.py"))[0] == 404
    assert (await visitor.get("/console/static/%2e%2e/router.py"))[0] == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/console/statistics?within=²", 200),
        ("/console/calls?before=0001-01-01T00:00:00%2B14:00~x", 200),
        ("/console/calls?since=0001-01-01&until=9999-12-31", 200),
        ("/console/phone-book?before=9999-12-31T23:59:59-14:00~x", 200),
        ("/console/log?before=99999999999999999999", 400),
        ("/console/log/dead?before=99999999999999999999", 400),
        ("/console/log/99999999999999999999", 400),
        ("/console/audit?before=99999999999999999999", 400),
    ],
)
async def test_numbers_and_moments_out_of_bounds_break_no_page(
    visitor: Visitor, path: str, status: int
) -> None:
    await visitor.sign_in(ADMIN)
    assert (await visitor.get(path))[0] == status


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/console/connections/asterisk/save", {"host": "pbx.example:²", "ami_user": "u"}),
        ("/console/connections/asterisk/save", {"host": "pbx.example", "ami_port": "²"}),
        ("/console/connections/asterisk/save", {"host": "pbx.example", "ami_port": "9" * 5000}),
        ("/console/log/replay", {"outbox_id": "99999999999999999999"}),
    ],
)
async def test_odd_digits_in_a_form_are_refused(
    visitor: Visitor, path: str, fields: dict[str, str]
) -> None:
    await visitor.sign_in(ADMIN)
    status, _, _ = await visitor.post(path, headers={"X-CSRF-Token": visitor.csrf}, **fields)
    assert status == 400
