"""What the fake WhatsApp does not let pass: locks, refusals, people who are not there."""

from tests.support.whatsapp_twin import Baileys, RunningWhatsApp

SALON, ANNA, COLD = "79001234567", "79111112233", "79115556677"
UNTIL = 2_000_000_000


async def test_a_locked_account_answers_and_begins_nothing(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    hands = whatsapp.hands
    await hands.order("restrict", phone=SALON, until=UNTIL, kind="BIZ_QUALITY")
    heard = await salon.hear("message", id=(await hands.write(SALON, ANNA, "Вы открыты?")).id)

    cold = await salon.send(f"{COLD}@s.whatsapp.net", "Приходите!")
    refused = await salon.status(cold, 0)
    answer = await salon.send(heard["chat"], "Да, до 21:00")

    assert refused["words"] == ["463", "Your account has been restricted"]
    await hands.told(SALON, ANNA, id=answer, status="read")
    (row,) = await hands.wait(person=COLD, status="refused", code=463)
    assert row["text"] == ""
    lock = (await salon.do("lock"))["lock"]
    assert (lock["isActive"], lock["enforcementType"]) == (True, "BIZ_QUALITY")
    assert lock["timeEnforcementEnds"] == "2033-05-18T03:33:20.000Z"


async def test_a_lock_is_told_when_it_begins(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    await whatsapp.hands.order("restrict", phone=SALON, until=UNTIL, tell=True)
    assert (await salon.hear("lock"))["until"] == UNTIL
    await whatsapp.hands.order("restrict", phone=SALON, active=False, tell=True)
    await salon.hear("lock", active=False)


async def test_a_lock_whose_time_is_over_locks_nothing(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await whatsapp.hands.order("restrict", phone=SALON, until=1)
    sent = await salon.send(f"{COLD}@s.whatsapp.net", "Приходите!")
    await whatsapp.hands.told(SALON, COLD, id=sent, status="read")


async def test_any_refusal_once(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    await whatsapp.hands.order("refuse", phone=SALON, code=479, to=ANNA)
    sent = await salon.send(f"{ANNA}@s.whatsapp.net", "Раз")
    assert (await salon.status(sent, 0))["words"] == ["479"]
    again = await salon.send(f"{ANNA}@s.whatsapp.net", "Раз", sent)
    (line,) = await whatsapp.hands.told(SALON, ANNA, id=again, status="read")
    assert line.text == "Раз"


async def test_who_is_not_on_whatsapp(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    await whatsapp.hands.order("not_on_whatsapp", phone=COLD)
    assert (await salon.do("find", phone=COLD))["found"] == []
    assert (await salon.do("find", phone=ANNA))["found"] == [
        {"jid": "79111112233@s.whatsapp.net", "exists": True}
    ]
    await whatsapp.hands.switch(everybody_is_here=False)
    assert (await salon.do("find", phone="79110000001"))["found"] == []


async def test_a_block_leaves_one_tick(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    await whatsapp.hands.order("people", phone=ANNA)
    await whatsapp.hands.order("block", person=ANNA, phone=SALON)
    sent = await salon.send(f"{ANNA}@s.whatsapp.net", "Алло?")
    (line,) = await whatsapp.hands.told(SALON, ANNA, id=sent)
    assert line.status == "sent"
    await whatsapp.hands.order("block", person=ANNA, phone=SALON, on=False)
    later = await salon.send(f"{ANNA}@s.whatsapp.net", "Алло!")
    await whatsapp.hands.told(SALON, ANNA, id=later, status="read")
    await whatsapp.hands.told(SALON, ANNA, id=sent, status="sent")


async def test_requests_are_counted(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    before = (await whatsapp.hands.look("traffic"))["counts"]
    await salon.do("find", phone=ANNA)
    await salon.do("find", phone=COLD)
    counts = (await whatsapp.hands.look("traffic"))["counts"]
    assert counts["iq usync"] == before.get("iq usync", 0) + 2
