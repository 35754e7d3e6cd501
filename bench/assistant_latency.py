"""Webhook in to reply sent: from a client's message at Telegram to the assistant's answer there.

The running service on a durable PostgreSQL, a salon of the YClients twin in its copy and a fake
Telegram that notes when each message was written and when the answer arrived. The deliberate
waiting for a next piece is switched off. Every client has a chat of their own: Telegram lets one
chat have a message a second.
Requirement: p95 of at most 150 ms with the brain of the rules; the exit code tells.

    python -m bench.assistant_latency [clients]
"""

import asyncio
import sys

from bench.ground import database, server, spread
from tests.support.messengers import open_messenger
from tests.support.talking_service import TalkingService, open_talking_service

WARM_UP = 5
MOST_MS = 150.0
TALK = (
    "Запишите меня на мужскую стрижку завтра",
    "Сколько стоит маникюр?",
    "А кто свободен в пятницу вечером?",
    "Как вас найти?",
    "Хочу на окрашивание корней в субботу после обеда",
)


async def answered(talking: TalkingService, person: int, text: str) -> float:
    """Milliseconds until the answer was at Telegram."""
    await talking.comes(person, "Анна")
    await talking.said(person, 1)
    await talking.ask(person, text, 2)
    state = await talking.telegram.look("state")
    (talk,) = [one for one in state["talks"] if one["id"] == str(person)]
    asked, said = talk["lines"][-2:]
    assert (asked["ours"], said["ours"]) == (False, True), talk["lines"]
    return float(said["at"] - asked["at"]) * 1000


async def measure(dsn: str, clients: int) -> bool:
    async with (
        database(dsn, "assistant_latency") as url,
        open_messenger("telegram") as telegram,
        open_talking_service(url, telegram) as talking,
    ):
        took: list[float] = []
        for number in range(WARM_UP + clients):
            ms = await answered(talking, 6000 + number, TALK[number % len(TALK)])
            if number >= WARM_UP:
                took.append(ms)
        spread("webhook in to reply sent", took)
        return sorted(took)[int(len(took) * 0.95)] <= MOST_MS


def main(clients: int) -> int:
    with server() as dsn:
        return 0 if asyncio.run(measure(dsn, clients)) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
