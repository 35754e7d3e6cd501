"""Orders to the fake WhatsApp: what is refused, and how."""

import pytest

from kommutator.twins.whatsapp import HandsRefused
from tests.support.whatsapp_twin import RunningWhatsApp

SALON, ANNA = "79001234567", "79111112233"


@pytest.mark.parametrize(
    ("word", "order", "status", "words"),
    [
        ("nonsense", {}, 404, "no such control"),
        ("constructor", {}, 404, "no such control"),
        ("people", {}, 400, "say whose phone"),
        ("inbound", {"to": "7", "from": ANNA, "text": "?"}, 404, "nobody here has the phone 7"),
        ("scan", {"qr": "https://example.com", "phone": SALON}, 400, "no code of a linked device"),
        ("switches", {"colour": "red"}, 400, "unknown switch colour"),
        ("switches", {"qr_refs": "many"}, 400, "qr_refs is a number"),
    ],
)
async def test_orders_that_are_refused(
    whatsapp: RunningWhatsApp, word: str, order: dict[str, str], status: int, words: str
) -> None:
    with pytest.raises(HandsRefused, match=words) as refused:
        await whatsapp.hands.order(word, **order)
    assert refused.value.status == status


async def test_refusals_about_a_salon(whatsapp: RunningWhatsApp) -> None:
    hands = whatsapp.hands
    await hands.order("people", phone=SALON)
    for order, words in (
        (hands.write(SALON, ANNA), "say a text"),
        (hands.write(SALON, ANNA, kind="smell"), "kind is one of image"),
        (hands.write(SALON, SALON, "?"), "to oneself"),
        (hands.kick(SALON, "gently"), "how is one of restart"),
        (hands.kick(SALON, "drop", stay=True), "only forbidden"),
    ):
        with pytest.raises(HandsRefused, match=words):
            await order


async def test_only_json_is_an_order(whatsapp: RunningWhatsApp) -> None:
    """A form of a foreign web page is none."""
    url = f"{whatsapp.url}/_twin/reset"
    async with whatsapp.http.post(url, data={"a": "b"}) as answer:
        assert answer.status == 400
    headers = {"Content-Type": "application/json"}
    for body in ("[]", "{", "null"):
        async with whatsapp.http.post(url, data=body, headers=headers) as answer:
            assert answer.status == 400


async def test_a_person_keeps_the_lid(whatsapp: RunningWhatsApp) -> None:
    hands = whatsapp.hands
    anna = await hands.order("people", phone="+7 911 111-22-33", name="Анна")
    assert (anna["phone"], anna["name"]) == (ANNA, "Анна")
    assert (await hands.order("people", phone=ANNA))["lid"] == anna["lid"]
    await hands.order("people", phone="79110000001", lid="123456789012345")
    with pytest.raises(HandsRefused, match="somebody else has the LID"):
        await hands.order("people", phone="79110000002", lid="123456789012345")


async def test_what_is_no_whatsapp_is_hung_up_on(whatsapp: RunningWhatsApp) -> None:
    async with whatsapp.http.ws_connect(whatsapp.socket_url) as socket:
        await socket.send_bytes(b"GET / HTTP/1.1\r\n")
        assert (await socket.receive()).type.name in ("CLOSED", "CLOSE", "ERROR")
    await whatsapp.hands.wait(what="events", kind="broken")


async def test_waiting_ends_with_the_time(whatsapp: RunningWhatsApp) -> None:
    with pytest.raises(TimeoutError, match="not 1 messages"):
        await whatsapp.hands.wait(limit_s=0.01)
    with pytest.raises(HandsRefused, match="what is one of messages"):
        await whatsapp.hands.wait(what="weather")
