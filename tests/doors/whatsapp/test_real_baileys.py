"""The same lanes with the real library, against the fake server: nothing of it is played here."""

from kommutator.domain.whatsapp.states import SessionState
from tests.support.factories import value
from tests.support.whatsapp_house import OLGA, SALON_PHONE, a_phone, a_worker
from tests.support.whatsapp_twin import open_whatsapp


async def test_a_phone_is_linked_heard_answered_and_kept_over_a_restart(
    database_url: str,
) -> None:
    async with open_whatsapp() as there:
        real = {"whatsapp_url": there.socket_url, "whatsapp_root_key": there.root_key}
        async with a_worker(database_url, None, **real) as house:
            phone = await a_phone(house)
            await house.whatsapp.link(phone.enterprise, phone.id)
            shown = await phone.comes_to(SessionState.QR)
            assert shown.qr is not None
            await there.hands.scan(shown.qr.text, SALON_PHONE)
            shown = await phone.comes_to(SessionState.OPEN)
            assert shown.phone == SALON_PHONE
            assert await phone.rows("whatsapp_keys") > 800

            await there.hands.write(SALON_PHONE, OLGA, "Запишите меня")
            assert await phone.messages(1) == ["Запишите меня"]
            known = "SELECT chat_id FROM chats WHERE phone = $1"
            chat = await value(house.db, known, OLGA)
            row = await phone.says("Завтра в 15:00 свободно", to=chat)
            await phone.becomes(row, "delivered", "read")
            (told,) = (await there.hands.look("outbox"))["messages"]
            assert (told["text"], told["status"]) == ("Завтра в 15:00 свободно", "read")

        async with a_worker(database_url, None, **real) as house:
            phone.house = house
            await there.hands.write(SALON_PHONE, OLGA, "Спасибо")
            await phone.comes_to(SessionState.OPEN)
            await there.hands.write_own(SALON_PHONE, OLGA, "Ждём вас")
            assert await phone.messages(4, "text, said_by") == [
                ("Запишите меня", None), ("Завтра в 15:00 свободно", None), ("Спасибо", None),
                ("Ждём вас", "staff"),
            ]  # fmt: skip
            (device,) = (await there.hands.look("phone", phone=SALON_PHONE))["devices"]
            assert device["online"]
