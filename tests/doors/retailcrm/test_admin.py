"""The administrator's API of requirement 002: configuration, registration, test, removal."""

from typing import Any

import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.flows.forms import ConnectionForm
from tests.support.service import ADMIN, HERE, Service

CONFIG = "/retailcrm-admin/api/config/0367"
REGISTER = "/retailcrm-admin/api/register/0367"
TEST = "/retailcrm-admin/api/test/0367"


def document(service: Service, **more: Any) -> dict[str, Any]:
    return {"domain": service.crm["base_url"], "api_key": service.crm["api_key"], **more}


async def attempts(service: Service, event: str) -> list[tuple[str, str | None]]:
    log = await service.admin.get("/api/v1/log")
    return [
        (row["status"], row["error_message"])
        for row in log.body["items"]
        if row["event_type"] == event
    ]


async def test_nothing_is_stored_before_the_first_save(service: Service) -> None:
    reply = await service.admin.get(CONFIG)
    assert (reply.status, reply.body) == (
        200,
        {"success": True, "enterprise_number": "0367", "config": None},
    )
    assert (await service.admin.post(REGISTER)).code == "connection_not_set_up"
    assert (await service.admin.post(TEST)).status == 404


async def test_a_saved_document_comes_back_without_the_key(service: Service) -> None:
    sent = document(
        service,
        enabled=True,
        user_extensions={"19": "150", "18": "151", "22": None},
        events={"incoming": True, "outgoing": False},
        lines={"+375170000001": "shop-main"},
        default_performer="16",
    )
    reply = await service.admin("PUT", CONFIG, json=sent)
    assert reply.status == 200, reply.text
    assert reply.body["config"] == {
        "enabled": False,
        "domain": service.crm["base_url"],
        "api_key": "••••••••",
        "user_extensions": {"19": "150", "18": "151"},
        "last_sync": None,
        "status": "draft",
        "status_reason": None,
        "options": {
            "events": {"incoming": True, "outgoing": False},
            "lines": {"+375170000001": "shop-main"},
            "default_performer": "16",
        },
    }
    assert service.crm["api_key"] not in reply.text
    assert (await service.admin.get(CONFIG)).body["config"] == reply.body["config"]


async def test_the_mask_sent_back_keeps_the_key(service: Service) -> None:
    await service.admin("PUT", CONFIG, json=document(service))
    await service.admin("PUT", CONFIG, json=document(service, api_key="••••••••"))
    assert (await service.account()).secrets["api_key"] == service.crm["api_key"]


async def test_enabled_pauses_and_goes_on(service: Service) -> None:
    await service.connect()
    off = await service.admin("PUT", CONFIG, json={"enabled": False})
    assert (off.body["config"]["enabled"], off.body["config"]["status"]) == (False, "paused")
    on = await service.admin("PUT", CONFIG, json=document(service, enabled=True))
    assert (on.body["config"]["enabled"], on.body["config"]["status"]) == (True, "active")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"domain": ""}, "domain_missing"),
    ({"domain": "https://user:pw@example.retailcrm.ru"}, "domain_invalid"),
    ({"domain": "http://example.retailcrm.ru"}, "domain_needs_https"),
    ({"domain": "https://10.0.0.8"}, "domain_private"),
    ({"domain": "https://localhost:5432"}, "domain_private"),
    ({"domain": "https://169.254.169.254/latest"}, "domain_private"),
    ({"domain": "https://crm.internal"}, "domain_private"),
    ({"domain": "https://[::1]"}, "domain_invalid"),
    ({"api_key": ""}, "api_key_missing"),
    ({"optoins": 1}, "option_unknown"),
    ({"events": [1]}, "option_invalid"),
    ({"allow_edit": "perhaps"}, "option_invalid"),
    ({"requests_per_second": 0}, "option_invalid"),
    ({"requests_per_second": "nan"}, "option_invalid"),
    ({"rules": "{"}, "option_invalid"),
    ({"user_extensions": {"19": "150", "18": "150"}}, "extension_taken"),
    ({"time_zone": "Nowhere/Land"}, "time_zone_invalid"),
    ({"time_zone": "../../etc/passwd"}, "time_zone_invalid"),
    ({"default_site": "a\x00b"}, "request_invalid"),
    ({"lines": {str(line): "x" * 200 for line in range(2000)}}, "config_too_large"),
    ({"api_key": "fake\r\nX-Other: header"}, "secret_invalid"),
]


async def test_a_wrong_document_is_refused_and_not_stored(service: Service) -> None:
    for change, code in WRONG:
        reply = await service.admin("PUT", CONFIG, json=document(service, **change))
        assert (change, reply.status, reply.code) == (change, 400, code)
        assert reply.body["error"]["message"]
    assert (await service.admin.get(CONFIG)).body["config"] is None


DEEP = "[" * 100_000


async def test_a_bottomless_body_is_refused_like_any_broken_one(service: Service) -> None:
    json_headers = {"Content-Type": "application/json"}
    bodies = (
        ({"data": DEEP.encode(), "headers": json_headers}, "json_broken"),
        ({"data": document(service, rules=DEEP)}, "option_invalid"),
        ({"data": document(service, default_site="a\x00b")}, "request_invalid"),
    )
    for body, code in bodies:
        reply = await service.admin("PUT", CONFIG, **body)
        assert (reply.status, reply.code) == (400, code)


async def test_a_key_never_travels_to_another_address(service: Service) -> None:
    await service.connect()
    moved = await service.admin("PUT", CONFIG, json={"domain": "https://other.retailcrm.ru"})
    assert (moved.status, moved.code) == (400, "secret_needed_for_new_address")
    masked = {"domain": "https://other.retailcrm.ru", "api_key": "••••"}
    assert (await service.admin("PUT", CONFIG, json=masked)).code == "secret_needed_for_new_address"
    assert (await service.record()).base_url == service.crm["base_url"]


async def test_the_test_button_changes_nothing_and_names_what_is_missing(service: Service) -> None:
    await service.save()
    good = await service.admin.post(TEST)
    assert good.body == {
        "success": True,
        "message": "probe_ready",
        "missing_scopes": [],
        "time_zone": "Europe/Moscow",
        "sites": ["shop-main", "shop-opt"],
    }
    limited = document(service, api_key=service.crm["limited_api_key"])
    await service.admin("PUT", CONFIG, json=limited)
    weak = await service.admin.post(TEST)
    assert (weak.body["success"], weak.body["message"]) == (False, "scopes_missing")
    assert "integration_write" in weak.body["missing_scopes"]
    state = await service.twin.get("/_twin/state", params={"account": "demo"})
    assert state.body["modules"] == []


def _json(service: Service) -> dict[str, Any]:
    return {"json": document(service, enabled=True)}


def _form(service: Service) -> dict[str, Any]:
    return {"data": {**document(service), "enabled": "true", "user_extensions": '{"19":"150"}'}}


@pytest.mark.parametrize("body", [_json, _form], ids=["json", "form"])
async def test_save_and_register_in_one_step(service: Service, body: Any) -> None:
    reply = await service.admin.post(REGISTER, **body(service))
    assert reply.status == 200, reply.text
    assert (reply.body["verified"], reply.body["differences"]) == (True, [])
    assert (await service.record()).status is ConnectionStatus.ACTIVE
    assert await attempts(service, "register_module") == [("success", None)]


async def test_the_module_in_the_crm_is_right(service: Service) -> None:
    lines = {"+375170000001": "shop-main"}
    await service.save(user_extensions={"19": "150", "18": "151"}, lines=lines)
    reply = await service.admin.post(REGISTER, data=b"")
    assert reply.body["codes"] == {"19": "150", "18": "151"}
    url = service.stranger.url
    module = await service.module()
    assert module["integrations"]["telephony"] == {
        "makeCallUrl": f"{url}/retailcrm/make-call",
        "changeUserStatusUrl": f"{url}/retailcrm/status",
        "allowEdit": False,
        "inputEventSupported": True,
        "outputEventSupported": True,
        "hangupEventSupported": True,
        "additionalCodes": [{"userId": 18, "code": "151"}, {"userId": 19, "code": "150"}],
        "externalPhones": [{"siteCode": "shop-main", "externalPhone": "+375170000001"}],
    }
    assert module["clientId"] == await service.client_id()
    assert len(module["clientId"]) >= 32
    assert (module["active"], module["baseUrl"]) == (True, f"{url}/retailcrm/hooks")
    assert module["actions"] == {"activity": "/activity", "settings": "/settings"}
    assert module["accountUrl"].startswith(f"{url}/retailcrm-admin/?enterprise_number=0367&token=")
    logo = await service.stranger.get(module["logo"].removeprefix(url))
    assert (logo.status, logo.headers["Content-Type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{", "application/json", "json_broken"),
        (b"[]", "application/json", "json_not_object"),
        (b"\xff\xfe", "application/json", "json_broken"),
        (b"domain=", "application/x-www-form-urlencoded", "domain_missing"),
        (b"", "application/json", "connection_not_set_up"),
        (b"rotate=perhaps", "application/x-www-form-urlencoded", "option_invalid"),
    ],
)
async def test_no_body_gets_a_422(
    service: Service, body: bytes, content_type: str, code: str
) -> None:
    reply = await service.admin.post(REGISTER, data=body, headers={"Content-Type": content_type})
    assert reply.status in (400, 404)
    assert reply.code == code
    assert reply.body["error"]["message"]


async def test_what_did_not_stick_is_told(service: Service) -> None:
    await service.save(user_extensions={"19": "150", "404": "152"}, lines={"+375170000001": "no"})
    reply = await service.admin.post(REGISTER)
    assert reply.status == 200
    assert (reply.body["verified"], reply.body["unknown_users"]) == (False, ["404"])
    assert reply.body["unknown_sites"] == ["no"]
    assert reply.body["codes"] == {"19": "150"}


async def test_silence_is_told_in_our_own_words(service: Service) -> None:
    nowhere = document(service) | {"domain": "https://nobody.invalid"}
    await service.admin("PUT", CONFIG, json=nowhere)
    reply = await service.admin.post(TEST, headers={"Accept-Language": "ru"})
    assert (reply.status, reply.code) == (424, "vendor_silent")
    assert reply.body["error"]["message"] == "Связаться с другой стороной не удалось."
    assert "before_sending" not in reply.text


async def test_a_wrong_key_breaks_the_connection_with_a_reason(service: Service) -> None:
    await service.save()
    await service.admin("PUT", CONFIG, json=document(service, api_key="not-a-real-key"))
    reply = await service.admin.post(REGISTER)
    assert (reply.status, reply.code) == (424, "vendor_refused")
    assert 'Wrong "apiKey" value.' in reply.text.replace('\\"', '"')
    record = await service.record()
    assert (record.status, record.status_reason) == (ConnectionStatus.BROKEN, "access_revoked")
    assert record.status_detail == 'Wrong "apiKey" value.'
    assert await attempts(service, "register_module") == [("error", 'Wrong "apiKey" value.')]


async def test_an_answer_lost_after_the_commit_does_no_harm(service: Service) -> None:
    await service.connect()
    await service.spoil(
        kind="drop", method="POST", path="/api/v5/integration-modules", after=True, count=1
    )
    reply = await service.admin.post(REGISTER, json={"rotate": True})
    assert (reply.status, reply.body["verified"]) == (200, True)
    assert (await service.module())["clientId"] == await service.client_id()
    visit = await service.drive("open-account")
    assert visit["answer"]["redirects"][0]["status"] == 303


async def test_rotation_changes_the_client_id_on_both_sides(service: Service) -> None:
    await service.connect()
    before = await service.client_id()
    await service.admin.post(REGISTER, json={"rotate": True})
    after = await service.client_id()
    assert after != before
    assert (await service.module())["clientId"] == after
    service.forget()
    params = {"clientId": before, "userId": "19", "phone": "+375000000070"}
    assert (await service.stranger.get("/retailcrm/make-call", params=params)).status == 401


async def test_a_refused_rotation_keeps_the_old_client_id(service: Service) -> None:
    await service.connect()
    before = await service.client_id()
    await service.spoil(kind="json_500", method="POST", path="/api/v5/integration-modules")
    reply = await service.admin.post(REGISTER, json={"rotate": True})
    assert reply.status == 424
    assert await service.client_id() == before == (await service.module())["clientId"]
    assert (await service.record()).status is ConnectionStatus.ACTIVE


async def test_removal_switches_off_there_and_wipes_here(service: Service) -> None:
    await service.connect()
    record = await service.record()
    assert (await service.admin("DELETE", CONFIG)).status == 200
    assert (await service.module())["active"] is False
    async with service.house.db.unit() as unit:
        removed = await unit.connections.get(HERE, record.id)
    assert (removed.status, removed.sealed) == (ConnectionStatus.REMOVED, {})
    assert removed.client_id_hash is None
    assert (await service.admin.get(CONFIG)).body["config"] is None
    assert (await service.admin("DELETE", CONFIG)).status == 404


async def test_removal_wants_the_crm_to_know_unless_forced(service: Service) -> None:
    await service.connect()
    await service.spoil(kind="html_503", path="/api/v5/integration-modules")
    refused = await service.admin("DELETE", CONFIG)
    assert refused.status == 424
    assert (await service.record()).status is ConnectionStatus.ACTIVE
    forced = await service.admin("DELETE", CONFIG, params={"force": "true"})
    assert forced.status == 200
    assert (await service.admin.get(CONFIG)).body["config"] is None


async def test_one_crm_account_serves_one_enterprise(service: Service) -> None:
    await service.connect()
    reply = await service.neighbour(
        "PUT", "/retailcrm-admin/api/config/0411", json=document(service)
    )
    assert (reply.status, reply.code) == (409, "account_already_connected")


async def test_others_find_nothing_here(service: Service) -> None:
    await service.connect()
    paths = [("GET", CONFIG), ("PUT", CONFIG), ("DELETE", CONFIG), ("POST", REGISTER)]
    for method, path in [*paths, ("POST", TEST)]:
        for caller, status in ((service.neighbour, 404), (service.stranger, 401)):
            assert (await caller(method, path)).status == status
    assert (await service.record()).status is ConnectionStatus.ACTIVE


async def test_a_pbx_needs_no_registration(service: Service) -> None:
    secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-secret"}
    form = ConnectionForm(ConnectionKind.ASTERISK, "pbx.example.com", secrets=secrets)
    await service.house.set_up.save(ADMIN, HERE, form)
    assert (await service.admin.get(CONFIG)).body["config"] is None
