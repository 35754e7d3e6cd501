"""What clients write, what staff writes on the phone, what we write, and what became of it."""

from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.whatsapp.events import Composing, Restricted, Undecryptable
from kommutator.domain.whatsapp.states import SessionState
from kommutator.doors.whatsapp.delivery import NO_PACE, Pace, WhatsAppDelivery, message_id
from kommutator.doors.whatsapp.lines import Lines
from kommutator.flows.whatsapp.too_late import give_up_late
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from kommutator.store.whatsapp_sent import Receiver
from tests.support.factories import value
from tests.support.waiting import eventually
from tests.support.whatsapp_host import FakeWhatsApp, jid
from tests.support.whatsapp_house import OLGA, THERE, Phone, a_phone

LID = "343000111222@lid"


async def test_a_message_is_heard_and_answered(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    number = await line.hears(OLGA, "Запишите меня")
    assert await phone.messages(1, "direction, text, message_id, state") == [
        ("in", "Запишите меня", number, "heard")
    ]
    async with phone.house.db.unit() as unit:
        chat = await unit.chats.get(phone.enterprise, phone.id, jid(OLGA))
    assert chat is not None
    assert (chat.phone, chat.title) == (OLGA, "Olga")

    row = await phone.says("Завтра в 15:00 свободно")
    (said,) = await line.says(1)
    assert (said.to, said.text) == (jid(OLGA), "Завтра в 15:00 свободно")
    assert said.id == message_id(phone.id, row, 0)
    await phone.becomes(row, "sent")
    line.tells(said.id, 3)
    await phone.becomes(row, "delivered")
    line.tells(said.id, 4)
    await phone.becomes(row, "read")
    line.tells(said.id, 3)  # late, and out of order
    await line.hears(OLGA, "Спасибо")
    assert await phone.messages(3) == ["Запишите меня", "Завтра в 15:00 свободно", "Спасибо"]
    assert await phone.state_of(row) == "read"
    assert await line.keys.message(said.id) == {"conversation": "Завтра в 15:00 свободно"}


async def test_a_repeat_is_nothing_and_a_placeholder_hides_no_text(phone: Phone) -> None:
    line = await phone.linked()
    line.tell(Undecryptable("X1", jid(OLGA)))
    await line.hears(OLGA, "Здравствуйте", message_id="X1")
    line.tell(Undecryptable("X1", jid(OLGA)))  # redelivered, and known by now
    await line.hears(OLGA, "Здравствуйте", message_id="X1")
    await line.hears(OLGA, "Вы тут?", message_id="X2")
    assert await phone.messages(2) == ["Здравствуйте", "Вы тут?"]
    assert await value(phone.house.db, "SELECT count(*) FROM journal WHERE kind = 'message'") == 2


async def test_staff_writing_on_the_phone_is_told_from_our_own_echo(
    phone: Phone, world: FakeWhatsApp
) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Есть время?")
    await phone.messages(1)
    row = await phone.says("Да, в 15:00")
    await phone.becomes(row, "sent")  # its echo came before this
    await line.hears(OLGA, "Это Мария, я записала вас", from_me=True, name="Salon")
    # Written while we were away, so it comes like an echo does.
    await line.hears(OLGA, "Ждём!", from_me=True, offline=True, name="Salon")
    assert await phone.messages(4, "direction, text, said_by") == [
        ("in", "Есть время?", None), ("out", "Да, в 15:00", None),
        ("out", "Это Мария, я записала вас", "staff"), ("out", "Ждём!", "staff"),
    ]  # fmt: skip
    title = await value(phone.house.db, "SELECT title FROM chats WHERE chat_id = $1", jid(OLGA))
    assert title == "Olga"


async def test_what_came_while_we_were_away_is_heard_and_the_old_only_shown(
    phone: Phone,
) -> None:
    line = await phone.linked()
    ago = datetime.now(UTC) - timedelta(hours=7)
    await line.hears(OLGA, "Вчера", offline=True, at=ago)
    await line.hears(OLGA, "Только что", offline=True)
    await phone.messages(2)
    kept = "SELECT string_agg(coalesce(convert_from(body, 'UTF8')::jsonb ->> 'late', 'no'), ','"
    kept += " ORDER BY id) FROM journal WHERE kind = 'message'"
    assert await value(phone.house.db, kept) == "true,no"


async def test_a_person_under_two_names_has_one_chat(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "с телефона")
    await line.hears(LID, "с другого имени")  # nobody says yet that this is the same person
    await phone.messages(2)
    assert await phone.rows("chats") == 2
    phones = "SELECT count(phone) FROM chats"
    assert await value(phone.house.db, phones) == 1  # no phone is made of a LID's digits

    await line.hears(LID, "это я же", alt=jid(OLGA))
    assert await phone.messages(3) == ["с телефона", "с другого имени", "это я же"]
    assert await phone.rows("chats") == 1
    async with phone.house.db.unit() as unit:
        one = await unit.chats.get(phone.enterprise, phone.id, jid(OLGA))
        same = await unit.chats.get(phone.enterprise, phone.id, LID)
    assert one == same is not None
    assert one is not None
    assert one.phone == OLGA

    await phone.says("Рады видеть")
    (said,) = await line.says(1)
    assert said.to == LID  # where the last message came from
    await line.hears(OLGA, "и снова с телефона")
    await phone.messages(5)
    await phone.says("Хорошо", to=LID)
    assert (await line.says(2))[1].to == jid(OLGA)


async def test_a_new_name_of_somebody_known_makes_no_second_chat(phone: Phone) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "раз")
    await line.hears(LID, "два", alt=jid(OLGA))
    await line.hears(LID, "три")
    assert await phone.messages(3) == ["раз", "два", "три"]
    assert await phone.rows("chats") == 1


async def test_a_refusal_is_not_tried_again_and_strangers_are_left_alone(
    phone: Phone, world: FakeWhatsApp
) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Привет")
    await phone.messages(1)
    world.refuses = "463"
    row = await phone.says("Здравствуйте")
    await phone.becomes(row, "failed")
    shown = await phone.comes_to(SessionState.RESTRICTED)
    assert shown.restricted_until is not None
    left = shown.restricted_until - phone.house.clock.now()
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    assert await value(phone.house.db, "SELECT code FROM chat_messages WHERE code > ''") == "463"

    world.refuses = None
    await phone.knows("+79995550000", "+79995550000")
    cold = await phone.says("Мы открылись", to="+79995550000")
    warm = await phone.says("Простите за заминку")
    await phone.becomes(warm, "sent")
    assert await phone.state_of(cold) == "owed"
    assert [one.text for one in world.sends] == ["Здравствуйте", "Простите за заминку"]


async def test_a_restriction_ends_by_itself(phone: Phone) -> None:
    line = await phone.linked()
    line.tell(Restricted(datetime.now(UTC) + timedelta(seconds=0.3)))
    await phone.comes_to(SessionState.RESTRICTED)
    assert (await phone.comes_to(SessionState.OPEN)).restricted_until is None


async def test_a_stranger_is_looked_for_once(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    world.absent.add("+79990000001")
    for number in ("+79990000001", "+79990000002"):
        await phone.knows(number, number)
    nobody = await phone.says("Здравствуйте", to="+79990000001")
    somebody = await phone.says("Здравствуйте", to="+79990000002")
    await phone.becomes(nobody, "failed")
    await phone.becomes(somebody, "sent")
    again = await phone.says("Ждём вас", to="+79990000002")
    await phone.becomes(again, "sent")
    assert sorted(world.asked) == ["+79990000001", "+79990000002"]
    reason = "SELECT error FROM outbox WHERE id = $1"
    assert "nobody has WhatsApp" in await value(phone.house.db, reason, nobody)
    assert [one.to for one in await line.says(2)] == [jid("+79990000002")] * 2


async def test_an_answer_that_was_lost_is_no_second_message(
    phone: Phone, world: FakeWhatsApp
) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Привет")
    await phone.messages(1)
    world.loses_answers = 1
    row = await phone.says("Здравствуйте")
    await phone.becomes(row, "sent")
    assert [one.id for one in world.sends] == [message_id(phone.id, row, 0)] * 2
    assert len(world.said) == 1


async def test_what_waits_for_the_line_goes_when_it_is_back_unless_it_is_too_late(
    phone: Phone, world: FakeWhatsApp
) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Привет")
    await phone.messages(1)
    line.drops(428)
    await phone.went_through(SessionState.RECONNECTING)
    late = await phone.says("Напоминание", not_after=datetime.now(UTC) - timedelta(seconds=1))
    row = await phone.says("Ответ")
    await phone.becomes(row, "sent")
    await phone.becomes(late, "failed")
    assert [one.text for one in world.said] == ["Ответ"]
    tries = "SELECT attempts = 1 AND state = 'done' FROM outbox WHERE id = $1"
    await eventually(lambda: value(phone.house.db, tries, row))


async def test_what_waits_for_nobody_is_given_up_in_time(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Привет")
    await phone.messages(1)
    line.drops(401)
    await phone.comes_to(SessionState.LOGGED_OUT)
    late = await phone.says("Напоминание", not_after=datetime.now(UTC) - timedelta(seconds=1))
    row = await phone.says("Ответ")
    assert await give_up_late(phone.house.db) == 1
    assert await phone.state_of(late) == "failed"
    assert await phone.state_of(row) == "owed"
    note = "SELECT state || ' ' || note FROM outbox WHERE id = $1"
    assert await value(phone.house.db, note, late) == "dead too_late"
    assert await give_up_late(phone.house.db) == 0


async def test_typing_is_seen_and_read_before_it_is_answered(
    phone: Phone, world: FakeWhatsApp
) -> None:
    line = await phone.linked()
    number = await line.hears(OLGA, "Привет")
    await phone.messages(1)
    line.tell(Composing(jid(OLGA), typing=True))
    seen = "SELECT composing_at IS NOT NULL FROM chats"
    await eventually(lambda: value(phone.house.db, seen))
    delivery = WhatsAppDelivery(
        phone.house.db, Lines(), clock=phone.house.clock, ids=phone.house.ids,
        pace=Pace((0.01, 0.02), 0.001, 0.01),
    )  # fmt: skip
    to = await _receiver(phone)
    await delivery._as_a_person(line, phone.id, to, "Ответ")
    assert line.log[-2:] == [f"read {jid(OLGA)} {number}", f"typing {jid(OLGA)}"]


@pytest.mark.parametrize(
    ("text", "jitter", "seconds"),
    [("Да", 0.5, 1.0), ("a" * 100, 0.5, 3.0), ("a" * 100, 0.0, 2.25), ("a" * 1000, 0.9, 4.0)],
)
def test_typing_takes_as_long_as_a_person_would(text: str, jitter: float, seconds: float) -> None:
    assert Pace().typing(text, jitter) == pytest.approx(seconds)
    assert NO_PACE.typing(text, jitter) == 0.0


async def test_a_send_that_breaks_is_tried_again_on_the_next_line(
    phone: Phone, world: FakeWhatsApp
) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Привет")
    await phone.messages(1)
    away = VendorError(ErrorKind.TRANSIENT, "away", stage=Stage.BEFORE_SENDING)
    world.breaks.append(away)
    row = await phone.says("Ответ")
    await eventually(lambda: not world.breaks)
    line.drops(428)
    await phone.open()
    await phone.becomes(row, "sent")
    assert len(world.said) == 1


async def test_tenants_hear_only_their_own(phone: Phone, world: FakeWhatsApp) -> None:
    other = await a_phone(phone.house, world, THERE)
    line, theirs = await phone.linked(), await other.linked("+79007654321")
    await line.hears(OLGA, "к нам", message_id="SAME")
    await theirs.hears(OLGA, "к ним", message_id="SAME")
    assert await phone.messages(1) == ["к нам"]
    assert await other.messages(1) == ["к ним"]
    async with phone.house.db.unit() as unit:
        assert await unit.chats.get(THERE, phone.id, jid(OLGA)) is None
        assert await unit.whatsapp.get(THERE, phone.id) is None
        assert await unit.whatsapp_keys.creds(THERE, phone.id) is None
        assert await unit.whatsapp_keys.get(THERE, phone.id, "session", [jid(OLGA)]) == {}


async def _receiver(phone: Phone) -> Receiver:
    async with phone.house.db.unit() as unit:
        to = await unit.whatsapp_sent.receiver(phone.enterprise, phone.id, jid(OLGA))
    assert to is not None
    return to
