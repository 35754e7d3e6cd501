"""What is too long for one message."""

import pytest

from kommutator.domain.whatsapp.ports import Sent
from kommutator.doors.whatsapp.delivery import message_id
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from tests.support.factories import value
from tests.support.waiting import eventually
from tests.support.whatsapp_host import FakeWhatsApp
from tests.support.whatsapp_house import OLGA, Phone


async def test_long_texts_go_in_parts_of_their_own_ids(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Прайс?")
    await phone.messages(1)
    row = await phone.says("слово " * 1000)
    await phone.becomes(row, "sent")
    first, second = await line.says(2)
    assert len(first.text) <= 4096
    assert [first.id, second.id] == [message_id(phone.id, row, n) for n in (0, 1)]
    line.tells(second.id, 3)
    await phone.becomes(row, "delivered")


async def test_a_long_text_of_which_a_part_is_said_may_have_arrived(
    phone: Phone, world: FakeWhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Прайс?")
    await phone.messages(1)
    send = line.send

    async def one_only(to: str, text: str, message_id: str) -> Sent:
        if world.sends:
            raise VendorError(ErrorKind.REJECTED, "too much", stage=Stage.ANSWERED)
        return await send(to, text, message_id)

    monkeypatch.setattr(line, "send", one_only)
    row = await phone.says("слово " * 1000)
    note = "SELECT state || ' ' || note = 'dead maybe_sent' FROM outbox WHERE id = $1"
    await eventually(lambda: value(phone.house.db, note, row))
    assert await phone.state_of(row) in {"maybe_sent", "sent"}  # the first part was taken
