"""How the fake WhatsApp ends sessions, as the real Baileys hears it."""

from tests.support.whatsapp_twin import Baileys, RunningWhatsApp

SALON = "79001234567"
ENDS: dict[str | int, int] = {
    "restart": 515,
    "drop": 428,
    "end": 428,
    "unavailable": 503,
    500: 500,
    411: 411,
    "replaced": 440,
}


async def test_a_kick_and_the_way_back(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    for how, code in ENDS.items():
        assert await whatsapp.hands.kick(SALON, how) == 1
        assert (await salon.hear("close"))["code"] == code
        await salon.opened()


async def test_ways_that_do_not_lead_back(salon: Baileys, whatsapp: RunningWhatsApp) -> None:
    hands = whatsapp.hands
    await hands.kick(SALON, "forbidden", stay=True)
    assert (await salon.hear("close"))["code"] == 403
    await salon.open()
    assert (await salon.hear("close"))["code"] == 403
    await hands.order("let_in", phone=SALON)
    await hands.switch(version_refused=True)
    await salon.open()
    assert (await salon.hear("close"))["code"] == 405
    await hands.switch(version_refused=False)
    await salon.opened()
    await hands.kick(SALON, "device_removed")
    assert (await salon.hear("close"))["code"] == 401
    await salon.open()
    assert (await salon.hear("close"))["code"] == 401


async def test_the_same_keys_twice_throw_the_first_out(
    salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await salon.do("open", url=whatsapp.socket_url, root=whatsapp.root_key)
    assert (await salon.hear("close"))["code"] == 440
