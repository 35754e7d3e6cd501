"""Commands against the live twin: what the CRM then holds."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.connectors.crm.retailcrm.writes import RetailCrmDelivery
from kommutator.domain.commands import (
    AddNote,
    CallRecord,
    CallResult,
    Command,
    CreateUnsorted,
    Direction,
    HangupPopup,
    MoveLead,
    OriginateCall,
    RingPopup,
    SetPresence,
)
from kommutator.domain.outcome import LIVE, RECORD, Done, Failed
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage
from tests.connectors.retailcrm.crm import Crm, due, registration

TESTOV = "+70000000101"
LINES = {"8 000 000-09-00": "shop-opt"}


@pytest.fixture(autouse=True)
async def _registered(crm: Crm, desk: RetailCrmDesk) -> None:
    await desk.register(crm.account(), registration())


def ring(**changes: Any) -> RingPopup:
    plain: dict[str, Any] = {
        "call_id": "c1",
        "direction": Direction.IN,
        "client": TESTOV,
        "extensions": ("101", "102"),
    }
    return RingPopup(**plain | changes)


def record(number: int = 1, **changes: Any) -> CallRecord:
    plain: dict[str, Any] = {
        "call_id": f"c{number}",
        "direction": Direction.IN,
        "client": TESTOV,
        "extension": "101",
        "result": CallResult.ANSWERED,
        "started_at": datetime(2026, 1, 20, 22, 30, tzinfo=UTC),
        "wait_s": 5,
        "talk_s": 12,
    }
    return CallRecord(**plain | changes)


async def one(delivery: RetailCrmDelivery, crm: Crm, command: Command, **config: Any) -> Any:
    (outcome,) = await delivery.deliver(crm.account(**config), [due(command)])
    return outcome


async def test_ring_shows_a_card_to_each(delivery: RetailCrmDelivery, crm: Crm) -> None:
    outcome = await one(delivery, crm, ring(line="+70000000900", site="shop-main"))
    assert (type(outcome), outcome.note) == (Done, None)
    popups = (await crm.state())["popups"]
    assert [(p["userId"], p["callExternalId"], p["externalPhone"], p["site"]) for p in popups] == [
        (18, "c1", "+70000000900", "shop-main"),
        (19, "c1", "+70000000900", "shop-main"),
    ]


async def test_ring_says_which_codes_nobody_has(delivery: RetailCrmDelivery, crm: Crm) -> None:
    outcome = await one(delivery, crm, ring(extensions=("101", "999")))
    assert outcome.note == "unknown_codes: 999"


async def test_ring_to_nobody_is_not_sent(delivery: RetailCrmDelivery, crm: Crm) -> None:
    outcome = await one(delivery, crm, ring(extensions=()))
    assert outcome == Done(note="nobody_to_show")
    assert (await crm.state())["events"] == []


async def test_internal_calls_stay_inside(delivery: RetailCrmDelivery, crm: Crm) -> None:
    assert await one(delivery, crm, ring(direction=Direction.INTERNAL)) == Done(
        note="internal_not_shown"
    )
    assert await one(delivery, crm, record(direction=Direction.INTERNAL)) == Done(
        note="internal_not_recorded"
    )
    assert (await crm.state())["calls"] == []


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (CallResult.ANSWERED, "answered"),
        (CallResult.NO_ANSWER, "no answered"),
        (CallResult.BUSY, "busy"),
        (CallResult.CANCELLED, "cancel"),
        (CallResult.FAILED, "failed"),
        (CallResult.NOT_ALLOWED, "failed"),
    ],
)
async def test_hangup_takes_the_card_down(
    delivery: RetailCrmDelivery, crm: Crm, result: CallResult, status: str
) -> None:
    await one(delivery, crm, ring(extensions=("101",)))
    hangup = HangupPopup(
        call_id="c1", direction=Direction.IN, client=TESTOV, extensions=("101",), result=result
    )
    assert isinstance(await one(delivery, crm, hangup), Done)
    (popup,) = (await crm.state())["popups"]
    assert popup["hangupStatus"] == status
    assert popup["closedAt"] is not None


@pytest.mark.parametrize(
    ("result", "word"),
    [
        (CallResult.ANSWERED, "answered"),
        (CallResult.NO_ANSWER, "no answer"),
        (CallResult.BUSY, "busy"),
        (CallResult.CANCELLED, "no answer"),
        (CallResult.FAILED, "failed"),
        (CallResult.NOT_ALLOWED, "not allowed"),
    ],
)
async def test_results_of_records(
    delivery: RetailCrmDelivery, crm: Crm, result: CallResult, word: str
) -> None:
    assert isinstance(await one(delivery, crm, record(result=result)), Done)
    (call,) = (await crm.state())["calls"]
    assert call["result"] == word


async def test_missed_call_fires_the_crms_trigger(delivery: RetailCrmDelivery, crm: Crm) -> None:
    await one(delivery, crm, record(result=CallResult.NO_ANSWER, talk_s=0))
    (trigger,) = (await crm.state())["triggers"]
    assert (trigger["kind"], trigger["externalId"]) == ("missed_call", "c1")


async def test_record_in_full(delivery: RetailCrmDelivery, crm: Crm) -> None:
    command = record(line="+70000000900", record_url="https://kommutator.example/r/fake-token")
    outcome = await one(delivery, crm, command, lines=LINES)
    assert (outcome.vendor_id, outcome.note) == ("c1", None)
    (call,) = (await crm.state())["calls"]
    sent = json.loads(outcome.exchange.request["form"]["calls"])
    assert sent == [
        {
            "date": "2026-01-21 01:30:00",  # Moscow
            "type": "in",
            "phone": TESTOV,
            "code": "101",
            "result": "answered",
            "duration": 12,
            "durationWaiting": 5,
            "externalId": "c1",
            "recordUrl": "https://kommutator.example/r/fake-token",
            "externalPhone": "+70000000900",
            "site": "shop-opt",
        }
    ]
    assert (call["userId"], call["customerId"], call["epoch"]) == (19, 5001, 1768948200.0)


async def test_another_zone(delivery: RetailCrmDelivery, crm: Crm, desk: RetailCrmDesk) -> None:
    large = crm.account("large")
    await desk.register(large, registration(codes={}))
    await delivery.deliver(large, [due(record())])
    (call,) = (await crm.state("large"))["calls"]
    assert call["date"] == "2026-01-21 03:30:00"  # Yekaterinburg


async def test_sixty_records_in_two_requests(delivery: RetailCrmDelivery, crm: Crm) -> None:
    batch = [due(record(number), number) for number in range(1, 61)]
    outcomes = await delivery.deliver(crm.account(), batch)
    assert [o.vendor_id for o in outcomes if isinstance(o, Done)] == [f"c{n}" for n in range(1, 61)]
    state = await crm.state()
    assert len(state["calls"]) == 60
    assert state["requests"]["POST /api/v5/telephony/calls/upload"] == 2


async def test_known_records_are_done(delivery: RetailCrmDelivery, crm: Crm) -> None:
    await one(delivery, crm, record(1))
    outcomes = await delivery.deliver(crm.account(), [due(record(n), n) for n in (1, 2)])
    assert [o.note for o in outcomes if isinstance(o, Done)] == ["duplicate", None]
    assert [call["externalId"] for call in (await crm.state())["calls"]] == ["c1", "c2"]


async def test_one_bad_record_does_not_take_the_others_along(
    delivery: RetailCrmDelivery, crm: Crm
) -> None:
    batch = [due(record(number), number) for number in range(1, 9)]
    batch[5] = due(record(6, client=""), 6)  # no phone: the CRM refuses the whole upload
    outcomes = await delivery.deliver(crm.account(), batch)
    assert [type(o) for o in outcomes] == [Done] * 5 + [Failed] + [Done] * 2
    refused = outcomes[5]
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (ErrorKind.REJECTED, "entity_refused")
    ids = sorted(call["externalId"] for call in (await crm.state())["calls"])
    assert ids == ["c1", "c2", "c3", "c4", "c5", "c7", "c8"]


async def test_unknown_zone_is_our_fault_and_nothing_is_sent(
    delivery: RetailCrmDelivery, crm: Crm
) -> None:
    account = replace(crm.account(), time_zone="Mars/Olympus")
    (outcome,) = await delivery.deliver(account, [due(record())])
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage, outcome.hint) == (
        ErrorKind.OURS,
        Stage.BEFORE_SENDING,
        "time_zone_unknown",
    )
    assert (await crm.state())["calls"] == []


async def test_command_of_the_pbx_is_a_bug(delivery: RetailCrmDelivery, crm: Crm) -> None:
    outcome = await one(
        delivery, crm, OriginateCall(extension="101", client=TESTOV, requested_by="test")
    )
    assert (outcome.kind, outcome.stage) == (ErrorKind.OURS, Stage.BEFORE_SENDING)


@pytest.mark.parametrize(
    "command",
    [
        MoveLead(lead_id=1, pipeline_id=2, status_id=3),
        AddNote(entity="leads", entity_id=1, text="…"),
        CreateUnsorted(client=TESTOV, name="", started_at=datetime(2026, 1, 20, tzinfo=UTC)),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_what_only_amocrm_has_is_refused_for_good(
    delivery: RetailCrmDelivery, crm: Crm, command: Command
) -> None:
    outcome = await one(delivery, crm, command)
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "not_in_this_crm")


async def test_nothing_to_do(delivery: RetailCrmDelivery, crm: Crm) -> None:
    assert await delivery.deliver(crm.account(), []) == []


async def test_kinds_mixed_in_one_batch(delivery: RetailCrmDelivery, crm: Crm) -> None:
    batch: list[Due] = [due(record(1), 1), due(ring(), 2), due(record(2), 3)]
    assert [type(o) for o in await delivery.deliver(crm.account(), batch)] == [Done] * 3
    assert len((await crm.state())["calls"]) == 2


async def test_telephony_switched_off(
    delivery: RetailCrmDelivery, crm: Crm, desk: RetailCrmDesk
) -> None:
    await desk.deactivate(crm.account(), registration())
    for command in (ring(), record()):
        outcome = await one(delivery, crm, command)
        assert (outcome.kind, outcome.hint) == (ErrorKind.ACCESS_REVOKED, "telephony_off")


async def test_what_is_kept_of_an_attempt_holds_no_key(
    delivery: RetailCrmDelivery, crm: Crm
) -> None:
    outcome = await one(delivery, crm, ring())
    kept = repr(outcome)
    assert crm.account().secrets["api_key"] not in kept
    assert outcome.exchange.request["url"] == "/api/v5/telephony/call/event"
    assert outcome.exchange.duration_ms > 0


def test_facts_for_the_engine(delivery: RetailCrmDelivery, crm: Crm) -> None:
    account = crm.account()
    assert delivery.concurrency(account) == 4
    assert (delivery.patience(ring()), delivery.patience(record())) == (LIVE, RECORD)
    assert (delivery.batch_limit(ring()), delivery.batch_limit(record())) == (1, 50)


async def test_a_status_is_set_and_may_be_set_twice(delivery: RetailCrmDelivery, crm: Crm) -> None:
    command = SetPresence(extension="101", presence="dinner")
    for _ in range(2):
        outcome = await one(delivery, crm, command, user_extensions={"19": "101"})
        assert isinstance(outcome, Done)
    users = (await crm.state())["users"]
    assert [user["status"] for user in users if user["id"] == 19] == ["dinner"]


async def test_a_status_of_nobody_is_no_failure(delivery: RetailCrmDelivery, crm: Crm) -> None:
    command = SetPresence(extension="199", presence="busy")
    outcome = await one(delivery, crm, command, user_extensions={"19": "101"})
    assert outcome == Done(note="nobody_at_extension")


def test_a_status_waits_through_a_working_day(delivery: RetailCrmDelivery) -> None:
    patience = delivery.patience(SetPresence(extension="101", presence="busy"))
    assert patience.give_up.total_seconds() == 12 * 3600
