"""The Cloud API against its twin: messages, templates, refusals; no secret is seen."""

from typing import Any

import msgspec
import pytest
from aiohttp import web

from kommutator.connectors.channels.whatsapp_cloud.client import CloudClients
from kommutator.connectors.channels.whatsapp_cloud.errors import ROWS, judge
from kommutator.domain.commands import SendMessage
from kommutator.domain.outcome import Failed
from kommutator.domain.template_message import MessageTemplate
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.http import Answer, HttpClient
from kommutator.kit.pace import Pace
from kommutator.twins.messenger.pace import Allowance
from kommutator.twins.messenger.pace import Pace as TwinPace
from tests.connectors.channels.conftest import Channel
from tests.support.hearing import listening

CHAT = "79161234567"


async def _write(cloud: Channel, text: str = "Здравствуйте", **more: Any) -> dict[str, Any]:
    return await cloud.twin.order("say", text=text, name="Ольга", **more)


async def test_an_answer_arrives_with_the_vendors_id(cloud: Channel) -> None:
    await _write(cloud)
    done = await cloud.said(CHAT, "Ждём вас")
    assert (done.vendor_id or "").startswith("wamid.")
    assert await cloud.shown(CHAT) == ["Ждём вас"]


async def test_a_long_text_goes_in_several_messages(cloud: Channel) -> None:
    await _write(cloud)
    await cloud.said(CHAT, "слово " * 1000)
    shown = await cloud.shown(CHAT)
    assert len(shown) == 2
    assert all(len(one) <= 4096 for one in shown)


async def test_somebody_without_a_phone_is_answered_by_their_id(cloud: Channel) -> None:
    who = await _write(cloud, hidden=True)
    assert who["user_id"] == "RU.76543216197"
    await cloud.said("RU.76543216197", "Ждём вас")
    assert await cloud.shown(CHAT) == ["Ждём вас"]


async def test_a_template_opens_a_talk_that_free_text_may_not(cloud: Channel) -> None:
    await cloud.twin.order("switches", window="now")
    refused = await cloud.say(CHAT, "Завтра в 10")
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (ErrorKind.REJECTED, "whatsapp_cloud_window")
    template = MessageTemplate("salon_message", "ru", ("Ольга", "Завтра в 10"))
    await cloud.said(CHAT, "Завтра в 10", template=template)
    assert await cloud.shown(CHAT) == ["Здравствуйте, Ольга! Завтра в 10 Ждём вас."]


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (MessageTemplate("nobody", "ru", ("a", "b")), "whatsapp_cloud_template"),
        (MessageTemplate("salon_message", "en", ("a", "b")), "whatsapp_cloud_template"),
        (MessageTemplate("salon_message", "ru", ("a",)), "whatsapp_cloud_template"),
        (MessageTemplate("resting", "ru", ("a",)), "whatsapp_cloud_template_paused"),
        (MessageTemplate("gone", "ru", ("a",)), "whatsapp_cloud_template_paused"),
        (MessageTemplate("salon_message", "ru", ("a", "b\nc")), "whatsapp_cloud_refused"),
    ],
)
async def test_templates_that_are_not_taken(
    cloud: Channel, given: MessageTemplate, hint: str
) -> None:
    await cloud.twin.order("templates", name="resting", status="PAUSED")
    await cloud.twin.order("templates", name="gone", status="DISABLED")
    refused = await cloud.say(CHAT, "hello", template=given)
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (ErrorKind.REJECTED, hint)


@pytest.mark.parametrize(
    ("fault", "kind", "hint"),
    [
        ("html_502", ErrorKind.UNSURE, "whatsapp_cloud_down"),
        ("internal", ErrorKind.UNSURE, "whatsapp_cloud_down"),
        ("failed", ErrorKind.TRANSIENT, "whatsapp_cloud_down"),
        ("too_many", ErrorKind.RATE_LIMITED, "whatsapp_cloud_too_fast"),
        ("locked", ErrorKind.ACCESS_REVOKED, "whatsapp_cloud_locked"),
        ("blocked", ErrorKind.ACCESS_REVOKED, "whatsapp_cloud_locked"),
    ],
)
async def test_what_goes_wrong_over_there(
    cloud: Channel, fault: str, kind: ErrorKind, hint: str
) -> None:
    await cloud.twin.order("faults", kind=fault, count=1)
    refused = await cloud.say(CHAT, "hello")
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (kind, hint)
    again = await cloud.say(CHAT, "hello", unsure=True)
    assert isinstance(again, Failed)
    assert again.hint == "maybe_sent"


async def test_a_dead_token_parks_and_is_not_shown(cloud: Channel) -> None:
    await cloud.twin.order("revoke")
    refused = await cloud.say(CHAT, "hello")
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (
        ErrorKind.ACCESS_REVOKED,
        "whatsapp_cloud_token_refused",
    )
    seen = repr(refused) + repr(refused.exchange)
    assert not [one for one in cloud.account.secrets.values() if len(one) > 20 and one in seen]


async def test_a_pairs_pace_holds_only_that_pair(cloud: Channel) -> None:
    await cloud.twin.order("faults", kind="pair", count=1)
    refused = await cloud.say(CHAT, "hello")
    assert isinstance(refused, Failed)
    assert refused.kind is ErrorKind.RATE_LIMITED
    number = cloud.account.account_key
    assert cloud.turns.held == [(f"whatsapp_cloud:{number}:{CHAT}", 5.0)]
    await cloud.twin.order("faults", kind="too_many", count=1)
    await cloud.say(CHAT, "hello")
    assert cloud.turns.held[-1] == (f"whatsapp_cloud:{number}", 10.0)


async def test_at_ten_times_the_pace_the_vendor_never_says_no(cloud: Channel) -> None:
    """800 are due at once, each up to 60 ms under way; the twin's own rule judges."""
    whole, _ = cloud.delivery.budgets(cloud.account, SendMessage(chat_id=CHAT, text="hello"))
    ours, theirs = Pace(whole.rate, whole.burst), TwinPace()
    leaves = [ours.take(0.0) for _ in range(800)]
    arrives = sorted(at + (number * 37 % 60) / 1000 for number, at in enumerate(leaves))
    for at in arrives:
        assert theirs.wait_s("number", Allowance(80, 1.0), at) == 0.0
        theirs.count("number", at)
    assert 800 / arrives[-1] >= 0.9 * 80


async def test_one_person_gets_three_at_once_and_then_the_pairs_pace(cloud: Channel) -> None:
    (_, pair) = cloud.delivery.budgets(cloud.account, SendMessage(chat_id=CHAT, text="hello"))
    paces = Pace(pair.rate, pair.burst)
    assert [round(paces.take(0.0)) for _ in range(5)] == [0, 0, 0, 6, 12]


async def test_connecting_asks_who_the_number_is(cloud: Channel) -> None:
    probe = await cloud.desk.probe(cloud.account)
    assert probe.details["key"] == cloud.account.account_key
    assert str(probe.details["title"]).startswith("Салон «Ромашка»")


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"app_secret": "another-apps-secret"}, "whatsapp_cloud_app_secret"),
        ({"access_token": "EAAsomebody-elses"}, "whatsapp_cloud_token_refused"),
        ({"waba_id": "999999999999"}, "whatsapp_cloud_unknown_id"),
        ({"phone_number_id": "../me"}, "whatsapp_cloud_unknown_id"),
    ],
)
async def test_what_was_copied_wrongly_is_named(
    cloud: Channel, changed: dict[str, str], hint: str
) -> None:
    wrong = cloud.with_secrets(**{**cloud.account.secrets, **changed})
    with pytest.raises(VendorError) as known:
        await wrong.desk.probe(wrong.account)
    assert known.value.hint == hint


async def test_a_number_of_another_account_is_refused(cloud: Channel) -> None:
    other = await cloud.twin.order("numbers", phone="15550000001", waba_id="555555555555")
    wrong = cloud.with_secrets(**{**cloud.account.secrets, "waba_id": other["waba_id"]})
    with pytest.raises(VendorError) as known:
        await wrong.desk.probe(wrong.account)
    assert known.value.hint == "whatsapp_cloud_other_account"


async def _echo(request: web.Request) -> web.Response:
    return web.Response(text=request.query.get("hub.challenge", "taken"))


async def test_webhooks_are_led_here_looked_after_and_led_back(cloud: Channel) -> None:
    async with listening(_echo) as url:
        address = f"{url}/{cloud.account.connection_id.hex}"
        await cloud.desk.subscribe(cloud.account, address, "ours")
        assert (await cloud.desk.poll(cloud.account, 0)).news == ()
        keys = cloud.account.secrets
        state = await cloud.twin.look("state")
        assert state["requests"]["POST /subscriptions"] == 1
        await cloud.desk.subscribe(cloud.account, address, "ours")  # the app is left as it is
        state = await cloud.twin.look("state")
        assert state["requests"]["POST /subscriptions"] == 1
        await cloud.twin.order("numbers", phone="15550000002", waba_id=keys["waba_id"])
        await cloud.desk.unsubscribe(cloud.account, address)
        with pytest.raises(VendorError) as lost:
            await cloud.desk.poll(cloud.account, 0)
        assert lost.value.hint == "whatsapp_cloud_webhook_lost"
        state = await cloud.twin.look("state")
        assert "DELETE /subscribed_apps" not in state["requests"]  # the other number hears on


async def test_an_address_that_does_not_answer_is_named(cloud: Channel) -> None:
    with pytest.raises(VendorError) as refused:
        await cloud.desk.subscribe(cloud.account, "http://127.0.0.1:9/hook", "ours")
    assert refused.value.hint == "whatsapp_cloud_webhook_refused"


async def test_an_app_that_hears_of_other_things_is_left_alone(
    cloud: Channel, http: HttpClient
) -> None:
    client = CloudClients(http, turn=cloud.turns).of(cloud.account)
    app_id = str((await client.app()).body["id"])
    async with listening(_echo) as url:
        order = {
            "object": "whatsapp_business_account", "callback_url": f"{url}/theirs",
            "verify_token": "theirs", "fields": "account_update",
        }  # fmt: skip
        await client.subscribe(app_id, order)
        with pytest.raises(VendorError) as refused:
            await cloud.desk.subscribe(cloud.account, f"{url}/ours", "ours")
    assert refused.value.hint == "whatsapp_cloud_app_fields"


async def test_only_templates_that_texts_alone_fill(cloud: Channel) -> None:
    await cloud.twin.order("templates", name="waiting", status="PENDING")
    await cloud.twin.order("templates", name="one", body="Вам: {{1}}!")
    found = await cloud.desk.templates(cloud.account)  # type: ignore[attr-defined]  # of this desk alone
    assert [(one.name, one.language, one.places) for one in found] == [
        ("salon_message", "ru", 2), ("one", "ru", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(min(row.codes)))
def test_every_row_of_the_table_is_found(row: Any) -> None:
    code, words = min(row.codes), row.words.pattern or "words"
    body: dict[str, Any] = {"error": {"code": code, "message": f"(#{code}) {words}"}}
    if row.subcode is not None:
        body["error"]["error_subcode"] = row.subcode
    judged, _, told = judge(_answer(400, body), writing=True)
    assert judged is not None
    assert (judged.kind, judged.hint, told) == (row.kind, row.hint, code)


@pytest.mark.parametrize(
    ("status", "body", "writing", "kind"),
    [
        (200, b"<html>", True, ErrorKind.UNSURE),
        (200, b"<html>", False, ErrorKind.TRANSIENT),
        (429, b"slow down", True, ErrorKind.RATE_LIMITED),
        (503, b"", True, ErrorKind.UNSURE),
        (400, {"error": {"code": 987654, "message": "new"}}, True, ErrorKind.TRANSIENT),
        (400, {"error": {"code": "190"}}, True, ErrorKind.TRANSIENT),
        (404, b"[]", False, ErrorKind.TRANSIENT),
    ],
)
def test_what_no_row_knows(status: int, body: Any, writing: bool, kind: ErrorKind) -> None:
    judged, _, _ = judge(_answer(status, body), writing=writing)
    assert judged is not None
    assert judged.kind is kind


def test_a_pause_that_is_asked_for_is_kept() -> None:
    body = {"error": {"code": 4, "message": "Application request limit reached"}}
    judged, _, _ = judge(_answer(400, body, {"retry-after": "120"}), writing=True)
    assert judged is not None
    assert judged.retry_after == 120.0


def _answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Answer(status=status, headers=headers or {}, body=raw, duration_ms=1)
