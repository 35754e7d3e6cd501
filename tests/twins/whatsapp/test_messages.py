"""The real Baileys takes the fake for WhatsApp: messages both ways, receipts, what comes late."""

import pytest

from kommutator.twins.whatsapp import HandsRefused
from tests.support.whatsapp_twin import Baileys, RunningWhatsApp

SALON, ANNA, OLEG = "79001234567", "79111112233", "79115556677"


async def test_a_person_writes_by_lid_and_by_phone(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    hands = whatsapp.hands
    first = await hands.write(SALON, ANNA, "Запишите меня", name="Анна")
    by_lid = await salon.hear("message", id=first.id)
    assert (by_lid["type"], by_lid["text"], by_lid["by"]) == ("notify", "Запишите меня", "Анна")
    assert (by_lid["chat"], by_lid["alt"]) == (first.lid, "79111112233@s.whatsapp.net")

    second = await hands.write(SALON, ANNA, "На завтра", mode="pn")
    by_phone = await salon.hear("message", id=second.id)
    assert (by_phone["chat"], by_phone["alt"]) == ("79111112233@s.whatsapp.net", first.lid)

    third = await hands.write(SALON, "79119998877", "Кто я?", mode="lid", alt=False)
    assert (await salon.hear("message", id=third.id))["alt"] is None


async def test_an_answer_is_read_and_ticks_come_back(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    hands = whatsapp.hands
    asked = await hands.write(SALON, ANNA, "Есть время?")
    heard = await salon.hear("message", id=asked.id)
    await salon.do("read", chat=heard["chat"], id=asked.id)
    await hands.wait(id=asked.id, status="read")
    await salon.do("typing", to=heard["chat"], state="composing")
    await hands.wait(what="events", kind="typing", person=ANNA, on="true")

    answer = await salon.send(heard["chat"], "Завтра в 15:00")

    (line,) = await hands.told(SALON, ANNA, text="Завтра в 15:00", status="read")
    assert (line.id, line.via, line.kind) == (answer, "device", "text")
    await salon.status(answer, 4)


async def test_the_same_id_sent_twice_is_one_message(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    for _ in range(2):
        await salon.send(f"{ANNA}@s.whatsapp.net", "Напоминание", "3EB0AAAA")
    (line,) = await whatsapp.hands.told(SALON, ANNA, copies=2)
    assert line.id == "3EB0AAAA"


async def test_receipts_as_the_switches_say(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    hands = whatsapp.hands
    await hands.switch(receipts="delivered", delivered_ms=1)
    sent = await salon.send(f"{ANNA}@s.whatsapp.net", "Первое")
    await salon.status(sent, 3)
    await hands.order("receipt", phone=SALON, person=ANNA, id=sent, type="read")
    await salon.status(sent, 4)

    await hands.order("reachable", phone=ANNA, on=False)
    late = await salon.send(f"{ANNA}@s.whatsapp.net", "Второе")
    await hands.wait(id=late, status="sent")
    await hands.order("reachable", phone=ANNA, on=True)
    await salon.status(late, 3)
    with pytest.raises(HandsRefused, match="receipts is one of read, delivered, none"):
        await hands.switch(receipts="maybe")


async def test_what_came_while_away_comes_as_append(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    hands = whatsapp.hands
    await salon.do("close")
    await hands.wait(what="sessions", phone=SALON, online="false")
    texts = ["Вы тут?", "Ау"]
    ids = [(await hands.write(SALON, ANNA, text)).id for text in texts]
    assert (await hands.look("sessions"))["sessions"][0]["waiting"] == 2

    await salon.opened()

    for sent, text in zip(ids, texts, strict=True):
        assert (await salon.hear("message", id=sent, type="append"))["text"] == text
    await hands.wait(what="sessions", phone=SALON, waiting=0)


async def test_the_server_delivers_twice(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    """Baileys keeps silent on a conversation's first messages; later it tells a stub, and asks."""
    hands = whatsapp.hands
    first = await hands.write(SALON, OLEG, "Здравствуйте")
    heard = await salon.hear("message", id=first.id)
    await hands.redeliver(SALON, first.id)
    await hands.wait(what="events", kind="refused_by_device", id=first.id, code=487)

    await salon.send(heard["chat"], "Добрый день")
    await hands.told(SALON, OLEG)
    later = await hands.write(SALON, OLEG, "Запишите")
    await salon.hear("message", id=later.id, stub=None)
    assert await hands.redeliver(SALON, later.id) == 1
    await salon.hear("message", id=later.id, stub=2, text=None)
    await hands.wait(id=later.id, retried=1)


async def test_what_could_not_be_read_comes_again(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await whatsapp.hands.write(SALON, ANNA, "Здравствуйте")
    broken = await whatsapp.hands.write(SALON, ANNA, "Запишите", unreadable="once")
    stub = await salon.hear("message", id=broken.id, stub=2)
    assert stub["text"] is None
    assert (await salon.hear("message", id=broken.id, stub=None))["text"] == "Запишите"
    await whatsapp.hands.wait(id=broken.id, retried=1, status="delivered")


async def test_a_peer_asks_for_a_message_again(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    sent = await salon.send(f"{ANNA}@s.whatsapp.net", "Ждём вас")
    await whatsapp.hands.told(SALON, ANNA, status="read")
    await whatsapp.hands.order("ask_again", phone=SALON, person=ANNA, id=sent)
    (line,) = await whatsapp.hands.told(SALON, ANNA, copies=2)
    assert (line.id, line.text) == (sent, "Ждём вас")


async def _anna_writes(salon: Baileys, whatsapp: RunningWhatsApp) -> str:
    """So that there is a session with her; her chat."""
    asked = await whatsapp.hands.write(SALON, ANNA, "Вы тут?")
    heard = await salon.hear("message", id=asked.id)
    return str(heard["chat"])


async def test_what_a_phone_could_not_read_it_asks_for(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    hands = whatsapp.hands
    chat = await _anna_writes(salon, whatsapp)
    await hands.order("garble", person=ANNA)
    sent = await salon.send(chat, "Ждём вас")
    await hands.wait(what="events", kind="unreadable", id=sent, count=1)
    (line,) = await hands.told(SALON, ANNA, status="read")
    assert (line.id, line.text) == (sent, "Ждём вас")


async def test_what_is_on_its_way_while_a_session_begins_anew_is_read(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    hands = whatsapp.hands
    chat = await _anna_writes(salon, whatsapp)
    await salon.send(chat, "Да")
    broken = await hands.write(SALON, ANNA, "Запишите", unreadable="once")
    await hands.wait(id=broken.id, retried=1)
    await salon.send(chat, "Ждём вас")
    assert [line.text for line in await hands.told(SALON, ANNA, 2)] == ["Да", "Ждём вас"]
    assert not [
        one for one in (await hands.look("events"))["events"] if one["kind"] == "unreadable"
    ]


async def test_receipts_wait_until_they_are_acknowledged(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    hands = whatsapp.hands
    await hands.order("reachable", phone=ANNA, on=False)
    sent = await salon.send(f"{ANNA}@s.whatsapp.net", "Ждём вас")
    await hands.wait(what="sessions", phone=SALON, receipts=0)
    await salon.do("close")
    await hands.wait(what="sessions", phone=SALON, online="false")
    await hands.order("reachable", phone=ANNA, on=True)
    await hands.wait(what="sessions", phone=SALON, receipts=2)
    await salon.opened()
    await salon.status(sent, 4)
    await hands.wait(what="sessions", phone=SALON, receipts=0)


async def test_staff_write_on_the_salons_phone(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    hands = whatsapp.hands
    lid = (await hands.write(SALON, ANNA, "Здравствуйте")).lid
    by_lid = await salon.hear("message", id=await hands.write_own(SALON, ANNA, "Это Мария"))
    assert (by_lid["type"], by_lid["from_me"], by_lid["text"]) == ("notify", True, "Это Мария")
    assert (by_lid["chat"], by_lid["alt"]) == (lid, "79111112233@s.whatsapp.net")
    by_phone = await salon.hear("message", id=await hands.write_own(SALON, ANNA, "Да", "pn"))
    assert (by_phone["chat"], by_phone["alt"]) == ("79111112233@s.whatsapp.net", lid)


async def test_placeholders_of_media_arrive_well_formed(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    kinds = ("image", "audio", "video", "document", "sticker", "location", "contact", "reaction")
    for kind in kinds:
        sent = await whatsapp.hands.write(SALON, ANNA, kind=kind, caption="Хочу так")
        heard = await salon.hear("message", id=sent.id)
        assert heard["kinds"] == [f"{kind}Message"]
        assert heard["text"] == ("Хочу так" if kind == "image" else None)
    rows = await whatsapp.hands.wait(8, person=ANNA, status="delivered")
    assert tuple(row["kind"] for row in rows) == kinds


async def test_typing_is_told_to_devices_that_are_present(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    hands = whatsapp.hands
    assert await hands.order("typing", **{"from": ANNA}, to=SALON) == {"heard": 0}
    await salon.opened(online=True)
    await hands.wait(what="events", kind="presence", type="available")
    assert await hands.order("typing", **{"from": ANNA}, to=SALON) == {"heard": 1}
    assert (await salon.hear("presence"))["presence"] == "composing"
