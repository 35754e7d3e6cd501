"""Promise: where WebSockets are blocked, plain requests link a phone as well; the page that was
opened once opens again in the same browser, and nowhere else."""

from tests.support.linking import PHONE, LinkingTown
from tests.support.waiting import eventually

PNG = "data:image/png;base64,"


async def test_asked_again_and_again(town: LinkingTown) -> None:
    page = await town.page()
    path = f"/marketplace/qr/{page.token}"
    caller = town.service.caller.with_headers(accept_language="en")

    async def drawn() -> bool:
        return bool((await caller.get(path)).body["success"])

    await eventually(drawn)
    first = (await caller.get(path)).body
    assert first["qr"].startswith(PNG)
    assert (first["n"], first["ttl"], first["state"], first["phase"]) == (1, 60, "qr", "scan")
    assert 50 <= first["expires_in"] <= 60

    (await town.line()).drops(408, "QR refs attempts ended")

    async def over() -> bool:
        return bool((await caller.get(path)).body["state"] == "qr_expired")

    await eventually(over)
    gone = (await caller.get(path)).body
    assert (gone["success"], gone["qr"], gone["expires_in"]) == (False, None, 0)
    assert gone["action"] == "Take the salon's phone and press “New code”."
    assert len(town.world.lines) == 1, "asking begins nothing anew"

    assert (await caller.post(path, json={"method": "code", "phone": "1"})).code == "phone_invalid"
    asked = await caller.post(path, json={})
    assert asked.body["state"] == "starting"
    await eventually(drawn)
    await town.scanned()

    async def open_() -> bool:
        return bool((await caller.get(path)).body["state"] == "open")

    await eventually(open_)
    done = (await caller.get(path)).body
    assert (done["phone"], done["phase"], done["qr"]) == (PHONE, "done", None)
    again = await caller.post(path, json={})
    assert (again.status, again.code) == (409, "whatsapp_linked")


async def test_the_same_browser_may_reload(town: LinkingTown) -> None:
    made = await town.registered()
    caller = town.service.caller
    opened = await caller.get(made["connect_url"], headers={"accept-language": "uk"})
    assert "Підключення WhatsApp" in opened.text
    cookie = "; ".join(
        one.partition(";")[0] for one in opened.headers.getall("set-cookie") if "linking" in one
    )
    assert cookie
    assert "HttpOnly" in str(opened.headers.getall("set-cookie"))
    mine = caller.with_headers(cookie=cookie)
    for address in (made["connect_url"], "/marketplace/connect"):
        assert (await mine.get(address)).status == 200
    assert (await caller.get(made["connect_url"])).status == 403, "another browser"
    foreign = made["connect_url"].replace("salon=", "salon=1")
    assert (await mine.get(foreign)).status == 403
    forged = caller.with_headers(cookie=cookie.rpartition("=")[0] + "=x.y.z")
    assert (await forged.get("/marketplace/connect")).status == 403


async def test_one_phone_per_salon_however_often_it_is_opened(town: LinkingTown) -> None:
    made = await town.registered()
    await town.service.caller.get(made["connect_url"])
    key = town.service.caller.with_headers(authorization=f"Bearer {made['api_key']}")
    status = f"/marketplace/status/{made['company_id']}"
    assert (await key.get(status)).body["whatsapp_connected"] is False
    await town.scanned()

    async def linked() -> bool:
        return bool((await key.get(status)).body["whatsapp_connected"])

    await eventually(linked)
    shown = (await key.get(status)).body
    assert (shown["whatsapp_phone"], shown["whatsapp_state"]) == (PHONE, "open")
    assert shown["integration_status"] == "active"
    assert shown["whatsapp_linked_at"] is not None
    assert await town.service.value("SELECT count(*) FROM whatsapp_sessions") == 1
