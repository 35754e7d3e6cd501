"""The frame and the control paths."""

import asyncio

import aiohttp
import pytest

from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.twins.crm import Crm


async def test_describe(twins: RunningTwins) -> None:
    assert twins.describe() == {"retailcrm": {"base_url": twins.base_urls["retailcrm"]}}


async def test_keys_differ_at_every_start(crm: Crm) -> None:
    async with await start_twins(TwinsConfig(ports={"retailcrm": 0}, environment={})) as other:
        url = f"{other.base_urls['retailcrm']}/_twin/credentials"
        there = (await crm.send("GET", url)).json["accounts"][0]
    assert there["api_key"] not in ("", crm.key)
    assert there["api_key"] != there["limited_api_key"]


@pytest.mark.parametrize(
    "config",
    [
        TwinsConfig(
            ports={"retailcrm": 0},
            environment={"KOMMUTATOR_TWIN_RETAILCRM_API_KEY": "given"},
        ),
        TwinsConfig(
            ports={"retailcrm": 0}, environment={}, options={"retailcrm": {"api_key": "given"}}
        ),
    ],
)
async def test_key_may_be_given(http: aiohttp.ClientSession, config: TwinsConfig) -> None:
    async with await start_twins(config) as running:
        url = f"{running.base_urls['retailcrm']}/api/credentials"
        async with http.get(url, headers={"X-API-KEY": "given"}) as answer:
            assert answer.status == 200


async def test_taken_port(twins: RunningTwins) -> None:
    port = int(twins.base_urls["retailcrm"].rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        await start_twins(TwinsConfig(ports={"retailcrm": port}))


async def test_stop_lets_hanging_clients_go(crm: Crm, twins: RunningTwins) -> None:
    await crm.control("faults", kind="hang")
    asked = asyncio.create_task(crm.get("/v5/users"))
    while not (await crm.state())["requests"]:
        pass
    await twins.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await asked


async def test_wait_answers_when_it_happens(crm: Crm) -> None:
    await crm.register()
    url = f"{crm.root}/_twin/wait?account=demo&what=popups&count=2&timeout=5&type=in"
    waiting = asyncio.create_task(crm.send("GET", url))
    await crm.ring(codes=["101"])
    assert not waiting.done()
    await crm.ring(codes=["102"])
    body = (await waiting).json
    assert (body["ok"], [p["userId"] for p in body["items"]]) == (True, [19, 18])


async def test_wait_for_a_field_to_be_set(crm: Crm) -> None:
    await crm.register()
    await crm.ring()
    url = f"{crm.root}/_twin/wait?what=popups&closedAt=*&timeout=5"
    waiting = asyncio.create_task(crm.send("GET", url))
    await crm.ring(type="hangup")
    assert (await waiting).json["ok"] is True


async def test_wait_gives_up(crm: Crm) -> None:
    url = f"{crm.root}/_twin/wait?what=calls&timeout=0.01"
    assert (await crm.send("GET", url)).json == {"ok": False, "items": []}


async def test_new_account_is_apart(crm: Crm) -> None:
    made = (await crm.control("accounts", name="tenant-7", users=25, zone="Asia/Almaty")).json
    assert made["base_url"] == f"{crm.root}/a/tenant-7"
    there = Crm(crm.http, made["base_url"], crm.root, made["api_key"], "", "tenant-7")
    await there.register()
    assert (await there.get("/v5/users")).json["pagination"]["totalCount"] == 25
    assert (await there.get("/system-info")).json["publicUrl"] == made["base_url"]
    assert (await crm.state())["modules"] == []


@pytest.mark.parametrize("name", ["demo", "Большой", "", "a/b"])
async def test_bad_account_names(crm: Crm, name: str) -> None:
    assert (await crm.control("accounts", name=name)).status == 400


async def test_reset_keeps_the_key_and_nothing_else(crm: Crm) -> None:
    await crm.register()
    await crm.ring()
    await crm.control("accounts", name="tenant-7")
    await crm.control("faults", kind="html_502")
    await crm.control("switches", create_status=200)
    assert (await crm.control("reset")).json == {"ok": True}
    state = await crm.state()
    assert (state["modules"], state["popups"], state["requests"]) == ([], [], {})
    assert (await crm.get("/v5/users")).status == 200
    url = f"{crm.root}/_twin/credentials"
    accounts = (await crm.send("GET", url)).json["accounts"]
    assert [a["name"] for a in accounts] == ["demo", "large"]
    switches = (await crm.send("GET", f"{crm.root}/_twin/switches")).json
    assert switches["create_status"] == 201


async def test_reset_of_one_account(crm: Crm) -> None:
    await crm.register()
    await crm.control("accounts", name="tenant-7")
    await crm.control("reset", account="tenant-7")
    assert len((await crm.state())["modules"]) == 1


async def test_reset_brings_dismissed_people_back(crm: Crm) -> None:
    await crm.control("user", account="large", userId=101, delete=True)
    await crm.control("reset", account="large")
    large = (await crm.send("GET", f"{crm.root}/_twin/state?account=large")).json
    assert len(large["users"]) == 45


async def test_bad_switches_change_nothing(crm: Crm) -> None:
    answer = await crm.control("switches", create_status=200, edit_mode="sideways")
    assert (answer.status, answer.json) == (400, {"error": "edit_mode is one of merge, replace"})
    switches = (await crm.send("GET", f"{crm.root}/_twin/switches")).json
    assert switches["create_status"] == 201


async def test_control_takes_no_posts_of_foreign_pages(crm: Crm) -> None:
    body = b'{"account": "demo"}'
    headers = {"Content-Type": "text/plain"}
    answer = await crm.send("POST", f"{crm.root}/_twin/reset", data=body, headers=headers)
    assert answer.status == 400


async def test_user_changed_in_the_crm(crm: Crm) -> None:
    await crm.order("user", userId=19, active=False)
    assert (await crm.get("/v5/users/19")).json["user"]["active"] is False
    await crm.order("user", userId=19, delete=True)
    assert (await crm.get("/v5/users/19")).status == 404


@pytest.mark.parametrize("path", ["/", "/a/large/", "/orders/add?phone=1"])
async def test_page_says_it_is_an_imitation(crm: Crm, path: str) -> None:
    page = await crm.send("GET", crm.root + path)
    assert (page.status, page.content_type) == (200, "text/html")
    assert "Имитация RetailCRM" in page.text


@pytest.mark.parametrize("name", ["style.css", "page.js", "dom.js"])
async def test_assets_of_the_page(crm: Crm, name: str) -> None:
    assert (await crm.send("GET", f"{crm.root}/_twin/page/{name}")).status == 200


async def test_only_named_files_are_served(crm: Crm) -> None:
    assert (await crm.send("GET", f"{crm.root}/_twin/page/..%2Ftwin.py")).status == 404
