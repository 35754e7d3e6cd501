"""Many people who book at once by WhatsApp, and the ledger: do all sides tell the same story?"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from tests.support.waiting import eventually
from tests.support.whatsapp_salon import Client, WhatsAppSalon

WISHES = (
    ("Хочу на мужскую стрижку в ближайшее время",),
    ("Здравствуйте!", "Запишите на женскую стрижку, когда можно"),
    ("Запишите на классический маникюр",),
    ("Добрый день", "Можно на укладку?"),
    ("Хочу на коррекцию бровей", "Чем скорее, тем лучше"),
)
_MOST_TURNS = 60  # many want the same few times
_PATIENCE_S = 240.0
"""Both workers and the bridge may die several times within one answer; what is lost never comes."""


@dataclass
class Booker:
    """A client who answers what is asked until there is a visit.

    Attributes:
        wrote: ids of the messages, in order.
        longest_s: the longest that an answer took.
    """

    salon: WhatsAppSalon
    client: Client
    dice: random.Random
    wrote: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    async def books(self) -> None:
        said = await self._asks(*self.dice.choice(WISHES))
        for _ in range(_MOST_TURNS):
            if self.salon.records(self.client.phone):
                await self._asks("Спасибо!")
                return
            said = await self._asks(self._answer(said))
        raise AssertionError(await self.client.told())

    def _answer(self, said: str) -> str:
        lower = said.lower()
        if "\n1. " in said:
            return "2" if "\n2. " in said and self.dice.random() < 0.5 else "1"
        if "зовут" in lower or "имя" in lower:
            return self.client.name
        if "верно?" in lower or "записать вас" in lower:
            return "да"
        assert "администратор" not in lower, said
        return "в ближайшее время"

    async def _asks(self, *texts: str) -> str:
        """Write, and wait until every message was answered; the last answer."""
        for text in texts:
            self.wrote.append(await self.client.writes(text))
        began = monotonic()
        try:
            await eventually(self._answered, _PATIENCE_S)
        except TimeoutError:
            raise AssertionError(await self._how_it_stands()) from None
        self.longest_s = max(self.longest_s, monotonic() - began)
        return (await self.client.told())[-1].text

    async def _how_it_stands(self) -> str:
        """Of whoever waits in vain: where the way of a message ended."""
        service, phone = self.salon.service, self.client.phone
        told = [(line.id, line.text[:40]) for line in await self.client.told()]
        rows = [[dict(row) for row in await service.fetch(one, phone)] for one in _STANDING]
        return "\n".join(map(str, [self.wrote, told, *rows]))

    async def _answered(self) -> bool:
        phone = self.client.phone
        heard = [row for row in await self.salon.service.fetch(_HEARD, phone) if row["turn_id"]]
        if len(heard) < len(self.wrote):
            return False
        owed = await self.salon.service.fetch(_SAID, phone)
        return len(await self.client.told()) >= len(owed)


def a_crowd(salon: WhatsAppSalon, size: int, dice: random.Random) -> list[Booker]:
    names = ("Анна", "Борис", "Вера", "Глеб", "Дина", "Егор")
    return [
        Booker(salon, salon.client(f"+7916000{1000 + number}", names[number % len(names)]), dice)
        for number in range(size)
    ]


async def assert_all_agree(salon: WhatsAppSalon, crowd: Sequence[Booker]) -> None:
    """Every message is part of one turn, every answer arrived once, every visit is there once."""
    for booker in crowd:
        await _assert_of(salon, booker)
    strangers = "SELECT count(*) FROM chats"
    assert await salon.service.value(strangers) == len(crowd)
    assert (
        await salon.service.value("SELECT count(*) FROM conversations WHERE act IS NOT NULL") == 0
    )


async def _assert_of(salon: WhatsAppSalon, booker: Booker) -> None:
    phone = booker.client.phone
    heard = await salon.service.fetch(_HEARD, phone)
    assert sorted(row["message_id"] for row in heard) == sorted(booker.wrote), "none lost or twice"
    turns = await salon.service.fetch(_TURNS, phone)
    assert [row["no"] for row in turns] == list(range(1, len(turns) + 1))
    assert {row["turn_id"] for row in heard} == {row["id"] for row in turns}, "each in one turn"
    said = [text for row in turns for text in row["said"]]
    owed = await salon.service.fetch(_SAID, phone)
    assert [row["text"] for row in owed] == said, "one answer for each turn"
    lines = await booker.client.told()
    assert [(line.id, line.text) for line in lines] == [
        (row["message_id"], row["text"]) for row in owed
    ], "at the client's phone once and in order"
    assert set(Counter(line.id for line in lines).values()) == {1}
    acted = [row for row in turns if (row["act"] or {}).get("act") == "book"]
    done = [row["record_id"] for row in acted if row["outcome"] == "done"]
    assert [record.id for record in salon.records(phone)] == done, "one visit, and no second one"
    assert len(done) == 1


_HEARD = """
SELECT m.message_id, m.turn_id FROM chat_messages m JOIN chats c USING (connection_id, chat_id)
 WHERE c.phone = $1 AND m.direction = 'in' ORDER BY m.id"""
_TURNS = """
SELECT t.* FROM turns t JOIN conversations v ON v.id = t.conversation_id
  JOIN chats c USING (connection_id, chat_id) WHERE c.phone = $1 ORDER BY t.no"""
_STANDING = (
    """
SELECT v.speaking, v.handed_over, v.due_at, v.tries, v.act, v.owner, v.lease_until,
       clock_timestamp() AS now
  FROM conversations v JOIN chats c USING (connection_id, chat_id) WHERE c.phone = $1""",
    """
SELECT m.direction, m.message_id, m.waits, m.turn_id, m.state, m.outbox_id, left(m.text, 40),
       o.state AS owed, o.unsure, o.attempts, o.error, o.run_at
  FROM chat_messages m JOIN chats c USING (connection_id, chat_id)
  LEFT JOIN outbox o ON o.id = m.outbox_id WHERE c.phone = $1 ORDER BY m.id DESC LIMIT 6""",
    "SELECT state, reason, next_retry_at, since, $1::text FROM whatsapp_sessions",
    "SELECT lane, owner, lease_until, parked_reason, breaker, $1::text FROM lanes",
    "SELECT id, state, note, $1::text FROM journal WHERE state IN ('new', 'failed') LIMIT 5",
)
_SAID = """
SELECT m.message_id, m.text FROM chat_messages m JOIN chats c USING (connection_id, chat_id)
 WHERE c.phone = $1 AND m.direction = 'out' AND m.said_by = 'bot' ORDER BY m.outbox_id"""
