"""Many at once."""

import asyncio

import pytest

from tests.support.whatsapp_twin import Baileys, BaileysClients, RunningWhatsApp

SALON = "79001234567"
PEOPLE = [str(79110000000 + number) for number in range(200)]
SESSIONS = 100


async def test_two_hundred_people_write_to_one_salon(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    sent = await asyncio.gather(
        *(whatsapp.hands.write(SALON, person, f"Я {person}") for person in PEOPLE)
    )
    for one in sent:
        assert (await salon.hear("message", id=one.id))["text"] == f"Я {one.phone}"
    await whatsapp.hands.wait(len(PEOPLE), salon=SALON, status="delivered")


@pytest.mark.slow
async def test_a_hundred_sessions(clients: BaileysClients, whatsapp: RunningWhatsApp) -> None:
    salons = [Baileys(clients, whatsapp, f"crowd {number}") for number in range(SESSIONS)]
    for number, each in enumerate(salons):
        await each.linked(str(79020000000 + number), f"Салон {number}")
    for number, each in enumerate(salons):
        asked = await whatsapp.hands.write(str(79020000000 + number), PEOPLE[0], "Есть время?")
        heard = await each.hear("message", id=asked.id)
        await each.send(heard["chat"], f"Есть, салон {number}")
    for number in range(SESSIONS):
        (line,) = await whatsapp.hands.told(str(79020000000 + number), PEOPLE[0], status="read")
        assert line.text == f"Есть, салон {number}"
    assert (await whatsapp.hands.look("info"))["memory"] < 400_000_000
