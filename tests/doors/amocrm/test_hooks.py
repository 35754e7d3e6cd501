"""The door of amoCRM's hooks: on disk or refused with a readable reason, never anything between."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from kommutator.domain.connection import Account
from kommutator.flows.house import House
from kommutator.kit.errors import Unavailable
from kommutator.store.database import Database
from tests.doors.amocrm.conftest import connect_amocrm
from tests.support.asgi import Asgi, Reply
from tests.support.house import TenantOfTests
from tests.support.routing import settle_pbx

BODY = {
    "account[subdomain]": "firm0367",
    "account[id]": "7039099",
    "leads[status][0][id]": "25399013",
    "leads[status][0][last_modified]": "1413554372",
}
FORM = "application/x-www-form-urlencoded"
PATH = "/api/v1/webhooks/amocrm"


@pytest.fixture
def door(app: Any) -> Asgi:
    return Asgi(app, headers={"user-agent": "amoCRM-Webhooks/3.0"})


async def send(
    door: Asgi,
    account: Account,
    body: dict[str, str] | bytes = BODY,
    before: str = "",
    **headers: str,
) -> Reply:
    raw = body if isinstance(body, bytes) else urlencode(body).encode()
    url = f"{PATH}/{before}{account.secrets['hook_secret']}"
    sent = {"content-type": FORM} | {k.replace("_", "-"): v for k, v in headers.items()}
    return await door.post(url, raw=raw, headers=sent)


async def rows(db: Database) -> list[Any]:
    async with db.unit() as unit:
        return list(
            await unit.connection.fetch(
                "SELECT enterprise, source, kind, body, connection_id FROM journal ORDER BY id"
            )
        )


async def test_it_is_on_disk_as_it_came(door: Asgi, house: House, account: Account) -> None:
    reply = await send(door, account)
    assert (reply.status, reply.body) == (204, b"")
    (row,) = await rows(house.db)
    assert (row["enterprise"], row["source"], row["kind"]) == ("0367", "amocrm", "hook")
    assert row["body"] == urlencode(BODY).encode()
    assert row["connection_id"] == account.connection_id


async def test_the_requirements_path_with_a_type(
    door: Asgi, house: House, account: Account
) -> None:
    assert (await send(door, account, before="status_lead/")).status == 204
    assert [row["kind"] for row in await rows(house.db)] == ["status_lead"]


async def test_the_requirements_bare_path_says_why_it_is_closed(door: Asgi) -> None:
    """amoCRM signs nothing: without a secret anybody could move the tenant's data."""
    reply = await door.post(f"{PATH}/status_lead", form=BODY, headers={"accept-language": "en"})
    assert (reply.status, reply.code) == (401, "amocrm_hook_secret_missing")
    assert "amoCRM signs nothing" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["", "/", "/x/y/z", "/.", "/a.b", "/update/..", f"/{'0' * 32}.x", "/%00.%ff"]
)
async def test_whoever_has_no_secret_is_refused(door: Asgi, account: Account, path: str) -> None:
    reply = await door.post(PATH + path, form=BODY)
    assert reply.status in (401, 404), path


async def test_a_wrong_secret_of_a_right_connection(door: Asgi, account: Account) -> None:
    reply = await door.post(f"{PATH}/{account.connection_id.hex}.wrong", form=BODY)
    assert (reply.status, reply.code) == (401, "amocrm_hook_secret_unknown")


async def test_a_pbx_secret_opens_nothing_here(
    door: Asgi, house: House, here: TenantOfTests, account: Account
) -> None:
    pbx = await settle_pbx(house, here.number)
    reply = await door.post(f"{PATH}/{pbx.secrets['hook_secret']}", form=BODY)
    assert (reply.status, reply.code) == (401, "amocrm_hook_secret_unknown")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_the_curious_are_told_what_this_is(door: Asgi, account: Account, method: str) -> None:
    for path in (f"{PATH}/anything", f"{PATH}/{account.secrets['hook_secret']}"):
        reply = await door.request(method, path)
        assert (reply.status, reply.code) == (405, "amocrm_hook_post_only")
        assert reply.header("allow") == "POST"


async def test_another_account_is_refused(door: Asgi, house: House, account: Account) -> None:
    for body in (BODY | {"account[id]": "1"}, BODY | {"account[id]": "7039099x"}):
        reply = await send(door, account, body)
        assert (reply.status, reply.code) == (403, "amocrm_hook_foreign")
    only_name = {key: value for key, value in BODY.items() if key != "account[id]"}
    assert (await send(door, account, only_name)).status == 204
    reply = await send(door, account, only_name | {"account[subdomain]": "other"})
    assert reply.code == "amocrm_hook_foreign"
    assert len(await rows(house.db)) == 1


async def test_the_account_may_come_last_and_unencoded(door: Asgi, account: Account) -> None:
    """As bodies of 2018 to 2021 have it."""
    raw = b"leads[add][0][id]=1&account[id]=7039099&account[subdomain]=renamed"
    assert (await send(door, account, raw)).status == 204
    reply = await send(door, account, raw.replace(b"7039099", b"7039098"))
    assert reply.code == "amocrm_hook_foreign"


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"", FORM),
        (b"{}", "application/json"),
        (b'{"leads": 1}', FORM),
        (b"hello", FORM),
        (b"\x00\xff\xfe", FORM),
        (b"leads[add][0][id]=1", "text/plain"),
    ],
)
async def test_garbage_is_named(
    door: Asgi, house: House, account: Account, raw: bytes, content_type: str
) -> None:
    reply = await send(door, account, raw, content_type=content_type)
    assert (reply.status, reply.code) == (400, "amocrm_hook_unreadable")
    assert await rows(house.db) == []


async def test_a_body_without_end(door: Asgi, house: House, account: Account) -> None:
    reply = await send(door, account, b"leads[add][0][id]=" + b"1" * 3_000_000)
    assert (reply.status, reply.code) == (413, "body_too_large")


async def test_a_repeat_is_acknowledged_and_not_kept_twice(
    door: Asgi, house: House, account: Account
) -> None:
    for _ in range(3):
        assert (await send(door, account)).status == 204
    assert len(await rows(house.db)) == 1


async def test_a_second_deletion_of_the_same_card_is_other_news(
    door: Asgi, house: House, account: Account
) -> None:
    """Its body has no time; only the header tells the two apart."""
    raw = b"leads[delete][0][id]=1&account[id]=7039099"
    for request_id in ("a", "a", "b"):
        assert (await send(door, account, raw, x_amocrm_requestid=request_id)).status == 204
    assert len(await rows(house.db)) == 2


async def test_equal_bodies_of_two_connections_are_two(
    door: Asgi, house: House, account: Account, there: TenantOfTests
) -> None:
    other = await connect_amocrm(house, there, "5")
    raw = b"leads[add][0][id]=1"
    for whose in (account, other):
        assert (await send(door, whose, raw)).status == 204
    assert [row["enterprise"] for row in await rows(house.db)] == ["0367", "0411"]


async def test_the_secret_is_in_no_answer_and_no_label(
    door: Asgi, house: House, account: Account
) -> None:
    await send(door, account)
    refused = await send(door, account, b"hello")
    random_part = account.secrets["hook_secret"].partition(".")[2]
    shown = house.metrics.render().decode() + refused.body.decode()
    assert random_part not in shown
    assert 'kommutator_amocrm_hooks_total{outcome="received"} 1.0' in shown
    assert 'kommutator_amocrm_hooks_total{outcome="refused"} 1.0' in shown


async def test_the_journal_away_is_said_so_that_amocrm_comes_again(
    door: Asgi, house: House, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_arrival: object) -> None:
        raise Unavailable("journal_unavailable")

    monkeypatch.setattr(house.intake, "accept", away)
    assert (await send(door, account)).status == 503


async def test_it_is_described(app: Any) -> None:
    paths = app.openapi()["paths"]
    assert f"{PATH}/{{secret}}" in paths
    assert f"{PATH}/{{event_type}}/{{secret}}" in paths
    assert quote(FORM, safe="/") in paths[f"{PATH}/{{secret}}"]["post"]["requestBody"]["content"]
