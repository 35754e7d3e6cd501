"""Linking as the fake WhatsApp does it: codes that end, letters, passkeys, too many devices."""

import pytest

from kommutator.twins.whatsapp import HandsRefused
from tests.support.whatsapp_twin import Baileys, RunningWhatsApp

SALON = "79002223344"


async def test_a_qr_code_is_scanned_and_the_stream_restarts(
    device: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await device.open()
    qr = await device.hear("qr")
    assert qr["text"].startswith("https://wa.me/settings/linked_devices#2@")

    linked = await whatsapp.hands.scan(qr["text"], SALON, "Ромашка")

    assert (linked.linked, linked.jid) == (True, "79002223344:1@s.whatsapp.net")
    assert (await device.hear("close"))["code"] == 515
    me = (await device.opened())["me"]
    assert (me["id"], me["name"]) == ("79002223344:1@s.whatsapp.net", "Ромашка")
    assert me["lid"].endswith(":1@lid")
    with pytest.raises(HandsRefused, match="no device waits"):
        await whatsapp.hands.scan(qr["text"], SALON)


async def test_codes_end_when_nobody_scans(device: Baileys, whatsapp: RunningWhatsApp) -> None:
    await whatsapp.hands.switch(qr_refs=2)
    await device.open(qr_ms=10)
    closed = await device.hear("close")
    assert (closed["code"], closed["words"]) == (408, "QR refs attempts ended")
    shown = [told["text"] for told in device.clients.told[device.mark :] if told["event"] == "qr"]
    assert len(shown) == 2
    await whatsapp.hands.wait(what="events", kind="closed", who="not linked")
    with pytest.raises(HandsRefused, match="no device waits") as refused:
        await whatsapp.hands.scan(shown[0], SALON)
    assert refused.value.status == 410


async def test_an_old_code_is_refused_and_the_newest_is_not(
    device: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await whatsapp.hands.switch(qr_first_s=0.0, qr_next_s=60.0)
    await device.open(qr_ms=30)
    first = await device.hear("qr")
    second = await device.clients.until(
        lambda told: told["event"] == "qr" and told["text"] != first["text"], device.mark
    )
    with pytest.raises(HandsRefused, match="too old"):
        await whatsapp.hands.scan(first["text"], SALON)
    assert (await whatsapp.hands.scan(second["text"], SALON)).linked


async def test_a_code_shown_to_the_cameras_is_scanned_by_its_number(
    device: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await device.open()
    qr = await device.hear("qr")
    (waiting,) = await whatsapp.hands.wait(what="pending", shown="false", codes=6, code=1)
    with pytest.raises(HandsRefused, match="nobody showed"):
        await whatsapp.hands.order("scan", number=waiting["number"], phone=SALON)
    await whatsapp.hands.order("show", qr=qr["text"])
    linked = await whatsapp.hands.order("scan", number=waiting["number"], phone=SALON)
    assert linked["jid"] == "79002223344:1@s.whatsapp.net"


async def test_a_forged_secret_is_refused_by_the_device(
    device: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await device.open()
    ref, noise, identity, _, platform = (await device.hear("qr"))["text"].split(",")
    with pytest.raises(HandsRefused, match="did not like"):
        await whatsapp.hands.scan(f"{ref},{noise},{identity},AAAA,{platform}", SALON)
    assert (await whatsapp.hands.look("sessions"))["sessions"] == []


async def test_letters_typed_on_the_phone(device: Baileys, whatsapp: RunningWhatsApp) -> None:
    await device.open()
    await device.hear("qr")
    code = (await device.do("code", phone=SALON))["code"]
    assert len(code) == 8
    await whatsapp.hands.wait(what="codes", phone=SALON)
    with pytest.raises(HandsRefused, match="the code is wrong"):
        await whatsapp.hands.code(SALON, "AAAA-AAAA")
    with pytest.raises(HandsRefused, match="no device wants"):
        await whatsapp.hands.code("79009999999", code)

    linked = await whatsapp.hands.code(SALON, f"{code[:4]}-{code[4:]}".lower(), "Барбершоп")

    assert linked.linked
    assert (await device.hear("close"))["code"] == 515
    assert (await device.opened())["me"]["name"] == "Барбершоп"


async def test_a_phone_that_wants_a_passkey(device: Baileys, whatsapp: RunningWhatsApp) -> None:
    await whatsapp.hands.order("passkey", phone=SALON)
    await device.open()
    linked = await whatsapp.hands.scan((await device.hear("qr"))["text"], SALON)
    assert (linked.linked, linked.passkey) == (False, True)
    await device.hear("passkey")
    assert (await whatsapp.hands.look("sessions"))["sessions"] == []


async def test_four_devices_and_no_more(device: Baileys, whatsapp: RunningWhatsApp) -> None:
    await whatsapp.hands.switch(devices_at_most=1)
    await device.linked(SALON, "Ромашка")
    another = Baileys(device.clients, whatsapp, f"{device.name} 2")
    await another.open()
    with pytest.raises(HandsRefused, match="as many linked devices"):
        await whatsapp.hands.scan((await another.hear("qr"))["text"], SALON)


async def test_two_devices_of_one_phone_hear_each_other(
    device: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await device.linked(SALON, "Ромашка")
    another = Baileys(device.clients, whatsapp, f"{device.name} 2")
    await another.linked(SALON, "Ромашка")
    sent = await device.send("79111112233@s.whatsapp.net", "Ждём вас")
    copy = await another.hear("message", id=sent)
    assert (copy["from_me"], copy["text"]) == (True, "Ждём вас")
    asked = await whatsapp.hands.write(SALON, "79111112233", "Спасибо")
    assert asked.delivered == 2
    for each in (device, another):
        assert (await each.hear("message", id=asked.id))["text"] == "Спасибо"


async def test_logging_out_unlinks(device: Baileys, whatsapp: RunningWhatsApp) -> None:
    await device.linked(SALON, "Ромашка")
    await device.do("log_out")
    await whatsapp.hands.wait(what="events", kind="logged_out", phone=SALON)
    assert (await whatsapp.hands.look("sessions"))["sessions"] == []
