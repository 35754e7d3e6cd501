"""Who has which number: requirement 002's paths, under both of their prefixes."""

import asyncio
from typing import Any

import pytest

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from tests.support.house import matrix
from tests.support.service import Service

PREFIXES = pytest.mark.parametrize("prefix", ["/api", "/retailcrm/api"])


async def held_by_crm(service: Service) -> dict[str, str]:
    telephony = (await service.module())["integrations"]["telephony"]
    return {str(row["userId"]): row["code"] for row in telephony["additionalCodes"]}


async def ours(service: Service) -> dict[str, str]:
    mapping: dict[str, str] = (await service.record()).config["user_extensions"]
    return mapping


@PREFIXES
async def test_internal_phones_tell_who_has_them(service: Service, prefix: str) -> None:
    empty = await service.admin.get(f"{prefix}/internal-phones/0367")
    assert [phone["is_free"] for phone in empty.body["phones"]] == [True, True, True]
    await service.connect()
    reply = await service.admin.get(f"{prefix}/internal-phones/0367")
    assert reply.body == {
        "success": True,
        "enterprise_number": "0367",
        "phones": [
            {"phone_number": "150", "owner": "Desk 150", "user_id": "19", "is_free": False},
            {"phone_number": "151", "owner": "Desk 151", "user_id": None, "is_free": True},
            {"phone_number": "152", "owner": "Desk 152", "user_id": None, "is_free": True},
        ],
    }


@PREFIXES
async def test_user_extensions_stand_beside_the_crms(service: Service, prefix: str) -> None:
    await service.connect(allow_edit=True)
    await service.edit_in_crm({19: "152", 18: "151"})
    reply = await service.admin.get(f"{prefix}/user-extensions/0367")
    assert (reply.status, reply.body["problem"]) == (200, None)
    assert reply.body["user_extensions"] == {"19": "150"}
    users = {user["id"]: user for user in reply.body["users"]}
    assert set(users) == {"16", "18", "19", "22", "24", "27"}
    assert users["19"] == {
        "id": "19",
        "name": "Образцова Елена",
        "email": "user19@example.com",
        "status": "free",
        "active": True,
        "extension": "150",
        "crm_code": "152",
        "state": "drift",
    }
    assert (users["16"]["extension"], users["16"]["state"]) == (None, "unassigned")


async def test_the_first_look_takes_the_crms_codes_over(service: Service) -> None:
    await service.connect(allow_edit=True)
    await service.save(user_extensions=None)
    assert "user_extensions" not in (await service.record()).config
    first = await service.admin.get("/api/user-extensions/0367")
    assert first.body["user_extensions"] == {"19": "150"}
    await service.edit_in_crm({18: "151"})
    later = await service.admin.get("/api/user-extensions/0367")
    assert later.body["user_extensions"] == {"19": "150"}


async def test_a_silent_crm_does_not_hide_our_table(service: Service) -> None:
    await service.connect()
    await service.spoil(kind="html_503")
    reply = await service.admin.get("/api/user-extensions/0367")
    assert (reply.status, reply.body["user_extensions"]) == (200, {"19": "150"})
    assert reply.body["problem"]


@PREFIXES
@pytest.mark.parametrize("wrapped", [True, False])
async def test_saving_tells_the_crm(service: Service, prefix: str, wrapped: bool) -> None:
    await service.connect()
    changes = {"18": "151", "22": None}
    body = {"user_extensions": changes} if wrapped else changes
    reply = await service.admin.post(f"{prefix}/save-extensions/0367", json=body)
    assert reply.body == {
        "success": True,
        "user_extensions": {"19": "150", "18": "151"},
        "displaced": [],
        "synced": True,
        "problem": None,
    }
    assert await held_by_crm(service) == {"19": "150", "18": "151"} == await ours(service)


async def test_null_takes_a_number_away(service: Service) -> None:
    await service.connect()
    reply = await service.admin.post("/api/save-extensions/0367", json={"19": None})
    assert reply.body["user_extensions"] == {}
    assert await held_by_crm(service) == {}


async def test_a_number_that_changes_hands_leaves_its_old_holder(service: Service) -> None:
    await service.connect()
    reply = await service.admin.post("/api/save-extensions/0367", json={"18": "150"})
    assert reply.body["user_extensions"] == {"18": "150"}
    assert reply.body["displaced"] == ["19"]
    assert await held_by_crm(service) == {"18": "150"}


async def test_a_swap_displaces_nobody(service: Service) -> None:
    await service.connect(user_extensions={"19": "150", "18": "151"})
    reply = await service.admin.post("/api/save-extensions/0367", json={"18": "150", "19": "151"})
    assert reply.body["user_extensions"] == {"18": "150", "19": "151"}
    assert reply.body["displaced"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"18": "152", "22": "152"}, "extension_taken"),
        ({"18": "15a"}, "extension_invalid"),
        ({"18": True}, "extension_invalid"),
        ({"18": 15.1}, "extension_invalid"),
        ({"not a user": "151"}, "crm_user_invalid"),
        ({"18": "152", "22": ["151"]}, "extension_invalid"),
    ],
)
async def test_one_bad_line_saves_nothing(service: Service, body: Any, code: str) -> None:
    await service.connect()
    reply = await service.admin.post("/api/save-extensions/0367", json=body)
    assert (reply.status, reply.code) == (400, code)
    assert await ours(service) == {"19": "150"} == await held_by_crm(service)


@pytest.mark.parametrize("raw", [b"{", b"[]", b"null", b"\xff"])
async def test_no_body_gets_a_422(service: Service, raw: bytes) -> None:
    await service.connect()
    reply = await service.admin.post("/api/save-extensions/0367", data=raw)
    assert (reply.status, reply.code in ("json_broken", "json_not_object")) == (400, True)


async def test_what_the_crm_could_not_be_told_is_told_by_a_sync(service: Service) -> None:
    await service.connect()
    await service.spoil(kind="html_503", path="/api/v5/integration-modules")
    saved = await service.admin.post("/api/save-extensions/0367", json={"18": "151"})
    assert (saved.status, saved.body["synced"]) == (200, False)
    assert saved.body["problem"]
    assert await ours(service) == {"19": "150", "18": "151"}
    await service.twin("DELETE", "/_twin/faults")
    assert await held_by_crm(service) == {"19": "150"}
    synced = await service.admin.post("/retailcrm/api/sync-extensions/0367")
    assert (synced.body["synced"], synced.body["problem"]) == (True, None)
    assert await held_by_crm(service) == {"19": "150", "18": "151"}


async def test_savers_at_once_lose_nothing_on_either_side(service: Service) -> None:
    await service.connect()
    changes = [{"18": "151"}, {"22": "152"}]
    saved = await asyncio.gather(
        *(service.admin.post("/api/save-extensions/0367", json=change) for change in changes),
        service.admin("PUT", "/retailcrm-admin/api/config/0367", json={"default_performer": "16"}),
    )
    assert [reply.status for reply in saved] == [200, 200, 200]
    everyone = {"19": "150", "18": "151", "22": "152"}
    config = (await service.record()).config
    assert (config["user_extensions"], config["default_performer"]) == (everyone, "16")
    assert await held_by_crm(service) == everyone


async def test_a_saver_who_was_overtaken_on_the_way_speaks_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first to commit is the last to reach the CRM: its old word must not stand."""
    await service.connect()
    register, may_go, waiting = RetailCrmDesk.register, asyncio.Event(), asyncio.Event()

    async def slow_at_first(desk: Any, account: Any, registration: Any) -> Any:
        if registration.codes == {"19": "150", "18": "151"} and not waiting.is_set():
            waiting.set()
            await may_go.wait()
        return await register(desk, account, registration)

    monkeypatch.setattr(RetailCrmDesk, "register", slow_at_first)
    slow = asyncio.create_task(service.admin.post("/api/save-extensions/0367", json={"18": "151"}))
    await waiting.wait()
    await service.admin.post("/api/save-extensions/0367", json={"22": "152"})
    may_go.set()
    assert (await slow).body["synced"] is True
    assert await held_by_crm(service) == {"19": "150", "18": "151", "22": "152"}


@PREFIXES
async def test_the_cache_can_be_asked_and_renewed(service: Service, prefix: str) -> None:
    root = await _platform(service)
    await service.connect()
    refreshed = await service.admin.post(f"{prefix}/config-cache/refresh/0367")
    assert refreshed.body == {"success": True, "refreshed": ["0367"]}
    told = await service.admin.get(f"{prefix}/config-cache/matrix/0367")
    assert told.body["integrations"] == matrix("retailcrm")
    everything = await root.post(f"{prefix}/config-cache/refresh-all")
    assert everything.body == {"success": True, "refreshed": ["0367"]}
    for path in ("/active-enterprises", "/config-cache/active-enterprises"):
        active = await root.get(f"{prefix}{path}")
        assert active.body == {"success": True, "enterprises": ["0367"], "total": 1}
        assert (await service.admin.get(f"{prefix}{path}")).status == 403
    stats = (await root.get(f"{prefix}/config-cache/stats")).body["stats"]
    assert stats["full_refreshes"] == 1.0
    assert {"hits", "misses", "hit_ratio", "size", "expiring"} <= set(stats)
    assert (await service.admin.post(f"{prefix}/config-cache/refresh-all")).status == 403
    assert (await service.admin.get(f"{prefix}/config-cache/stats")).status == 403


async def _platform(service: Service) -> Any:
    root = await service.house.people.ensure_first_admin("root@platform.example", "x" * 16)
    assert root is not None
    token = service.house.tokens.issue(root).value
    return service.stranger.with_headers(authorization=f"Bearer {token}")


PATHS = [
    ("GET", "internal-phones/0367"),
    ("GET", "user-extensions/0367"),
    ("POST", "save-extensions/0367"),
    ("POST", "sync-extensions/0367"),
    ("POST", "config-cache/refresh/0367"),
    ("GET", "config-cache/matrix/0367"),
]


@PREFIXES
async def test_others_find_nothing_here(service: Service, prefix: str) -> None:
    for method, path in PATHS:
        body = {"json": {"18": "151"}} if method == "POST" else {}
        zero = path.replace("0367", "zero")
        answers = [
            await service.neighbour(method, f"{prefix}/{path}", **body),
            await service.stranger(method, f"{prefix}/{path}", **body),
            await service.admin(method, f"{prefix}/{zero}", **body),
        ]
        assert [path, *(answer.status for answer in answers)] == [path, 404, 401, 400]
