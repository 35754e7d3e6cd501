"""Who may ask (contract §1.1, §1.2): partner, user, branch, rights, licence, envelope."""

import json

import pytest

from kommutator.twins.yclients.gate import Credentials, read_credentials
from tests.support.yclients_town import SALON, SECOND, YTown, open_yclients
from tests.twins.yclients.salon.booth import DAY, Booth

PLAIN = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("Bearer p", Credentials("p")),
        ("Bearer p, User u", Credentials("p", "u")),
        ("Bearer p,User u", Credentials("p", "u")),
        ("Bearer p, User  u", Credentials("p", "u")),
        ("Bearer p,u", Credentials("p")),
        ("Bearer p User u", Credentials("p User u")),
        ("bearer p", Credentials()),
        ("p, User u", Credentials()),
        ("", Credentials()),
    ],
)
def test_the_header_is_read_strictly(header: str, read: Credentials) -> None:
    assert read_credentials(header) == read


def test_a_forgiving_reader_is_a_switch() -> None:
    assert read_credentials("Bearer p,u", lax=True) == Credentials("p", "u")


async def test_refusals_in_the_vendors_words(town: YTown) -> None:
    path, user = f"/records/{SALON}", town.owner_token
    nobody = await town.ask("GET", path, headers={"Authorization": ""})
    assert (nobody.status, nobody.message) == (401, "Не указан идентификатор партнера")
    foreign = await town.ask("GET", path, headers={"Authorization": f"Bearer x, User {user}"})
    assert (foreign.status, foreign.message) == (401, "Необходима авторизация")
    for answer in (await town.ask("GET", path), await town.ask("GET", path, user="stale")):
        assert (answer.status, answer.json) == (
            401,
            {"success": False, "data": None, "meta": {"message": "Необходима авторизация"}},
        )
    unknown = await town.ask("GET", "/records/1", user=user)
    assert (unknown.status, unknown.message) == (404, "Филиал не найден.")


async def test_a_branch_is_closed_until_one_is_let_in() -> None:
    async with open_yclients(let_in=False) as town:
        user = town.user_token
        for path, text in (
            (f"/records/{SALON}", "Нет прав на управление филиалом"),
            (f"/company/{SALON}/services", "Нет прав на управление компанией"),
        ):
            answer = await town.ask("GET", path, user=user)
            assert (answer.status, answer.message) == (403, text)
        await town.let_in(SALON)
        assert (await town.ask("GET", f"/records/{SALON}", user=user)).status == 200
        assert (await town.ask("GET", f"/records/{SECOND}", user=user)).status == 403
        await town.order("access", companies=[SALON], none=True)
        assert (await town.ask("GET", f"/records/{SALON}", user=user)).status == 403


async def test_a_right_is_missing(booth: Booth) -> None:
    rights = {"record_form": {"create_records_access": False}}
    await booth.town.order("access", companies=[booth.company], rights=rights)
    refused = await booth.ask("POST", "/records/{c}", booth.record("10:00"))
    assert (refused.status, refused.message) == (403, "Недостаточно прав")
    tree = (await booth.ask("GET", "/user/permissions/{c}")).data
    assert tree["record_form"]["create_records_access"] is False
    assert tree["record_form"]["edit_records_access"] is True
    assert list(tree) == [
        "timetable", "record_form", "finances", "clients", "dashboard", "notification",
        "loyalty", "storages", "settings", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(("how", "phone"), [("empty", ""), ("masked", "+7000*****07")])
async def test_hidden_phones(booth: Booth, how: str, phone: str) -> None:
    record = await booth.make("10:00")
    await booth.town.order("switches", hidden_phones=how)
    await booth.town.order("access", companies=[booth.company], phones=False)
    shown = (await booth.ask("GET", f"/record/{{c}}/{record}")).data["client"]
    assert shown["phone"] == phone
    client = (await booth.ask("GET", f"/client/{{c}}/{shown['id']}")).data
    assert client["phone"] == phone
    await booth.town.order("switches", hidden_phones="absent")
    (row,) = (await booth.ask("GET", "/records/{c}")).data
    assert "phone" not in row["client"]


async def test_an_unpaid_branch(booth: Booth) -> None:
    await booth.town.order("company", company=booth.company, license_end=-1)
    text = f"Необходимо продлить лицензию в филиале с id: {booth.company}"
    search = {"fields": ["id"]}
    for method, path, body, status in (
        ("GET", "/records/{c}", None, 403),
        ("GET", "/company/{c}/staff", None, 403),
        ("POST", "/company/{c}/clients/search", search, 402),
        ("GET", f"/book_times/{{c}}/0/{DAY}", None, 403),
    ):
        answer = await booth.ask(method, path, body)
        assert (answer.status, answer.message) == (status, text), path
    licence = (await booth.ask("GET", "/license/{c}")).data
    assert (licence["active"], licence["deactivation_date"]) == (0, "21.07.2026")
    await booth.town.order("switches", licence_stops_booking=False)
    assert await booth.times(0, booth.cut)
    await booth.town.order("company", company=booth.company, license_end="2027-01-31")
    assert (await booth.ask("GET", "/records/{c}")).status == 200


async def test_old_clients_get_bodies_without_an_envelope(town: YTown) -> None:
    login = {"login": "owner@salon.example", "password": "salon-owner"}
    old = await town.ask("POST", "/auth", login, headers=PLAIN)
    assert (old.status, old.json["user_token"]) == (201, town.owner_token)
    new = await town.ask("POST", "/auth", login)
    assert new.json["success"] is True
    assert new.data == old.json
    also = await town.ask("POST", "/auth", login, headers={"Accept": "application/vnd.api.v2+json"})
    assert also.json == new.json
    refused = await town.ask("GET", f"/records/{SALON}", headers=PLAIN)
    assert refused.json["errors"]["message"] == "Необходима авторизация"
    await town.order("switches", other_accept="refuse")
    assert (await town.ask("POST", "/auth", login, headers=PLAIN)).status == 406


async def test_a_wrong_password_and_a_new_one(town: YTown) -> None:
    login = {"login": "owner@salon.example", "password": "guess"}
    assert (await town.ask("POST", "/auth", login)).status == 401
    before = town.owner_token
    made = await town.order("users", user="owner@salon.example", password="guess")
    assert (await town.ask("POST", "/auth", login)).data["user_token"] == made["user_token"]
    assert (await town.ask("GET", f"/records/{SALON}", user=before)).status == 401


async def test_what_is_no_json_and_what_is_no_path(town: YTown) -> None:
    url = f"{town.api_url}/records/{SALON}"
    headers = {
        "Authorization": f"Bearer {town.partner_token}, User {town.owner_token}",
        "Accept": "application/vnd.yclients.v2+json",
    }
    async with town.http.post(url, data="{oops", headers=headers) as answer:
        assert answer.status == 400
        assert json.loads(await answer.text())["meta"]["message"] == "Недопустимый формат запроса"
    assert (await town.ask("GET", "/no/such/path")).status == 404
    assert (await town.ask("PATCH", f"/records/{SALON}")).status == 405


async def test_the_log_tells_who_asked_and_keeps_no_secret(town: YTown) -> None:
    login = {"login": "owner@salon.example", "password": "salon-owner"}
    await town.ask("POST", "/auth", login)
    await town.ask("GET", f"/records/{SALON}", user=town.owner_token, count=3)
    rows = (await town.look("journal", partner="Kommutator", count=2))["items"]
    assert rows[0]["body"] == login | {"password": "***"}
    assert {k: rows[1][k] for k in ("method", "path", "query", "company", "user", "status")} == {
        "method": "GET",
        "path": f"/api/v1/records/{SALON}",
        "query": {"count": "3"},
        "company": str(SALON),
        "user": "Вера Образцова",
        "status": 200,
    }
    assert town.owner_token not in json.dumps(rows)


async def test_a_delete_that_announces_json_and_sends_none(booth: Booth) -> None:
    record = await booth.make("10:00")
    path, kind = f"/record/{{c}}/{record}", {"Content-Type": "application/json"}
    await booth.town.order("switches", empty_json_refused=True)
    refused = await booth.ask("DELETE", path, headers=kind)
    assert (refused.status, refused.message) == (400, "Недопустимый формат запроса")
    assert (await booth.ask("GET", path, headers=kind)).status == 200
    assert (await booth.ask("DELETE", path)).status == 204
