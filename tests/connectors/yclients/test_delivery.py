"""Calls and statuses: what leaves for which command, what is looked for, what is not repeated."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kommutator.connectors.crm.yclients.budgets import budgets_at
from kommutator.connectors.crm.yclients.delivery import YClientsDelivery
from kommutator.domain.commands import (
    AddNote,
    CallRecord,
    CallResult,
    CancelCall,
    Command,
    CreateCustomer,
    Direction,
    HangupPopup,
    ReportMessages,
    RingPopup,
    SetPresence,
)
from kommutator.domain.connection import Account
from kommutator.domain.outcome import LIVE, Done, Failed, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, WireError
from tests.connectors.yclients.samples import sample
from tests.connectors.yclients.scripted import SALON, Bench, account, bench, no, ok
from tests.support.scripted import answer

AT = datetime(2026, 11, 20, 20, 30, 5, tzinfo=UTC)
ACCEPTED = answer(202, sample("POST_voip_integration"))
VOIP = "/voip/integration"
STATUSES = "https://yclients.com/smsprovider/status/callback/{token}"
POPUP = RingPopup(
    direction=Direction.IN, client="+79160000033", extensions=("101",), line="+74950000000"
)
RECORD = CallRecord(
    call_id="c-1",
    direction=Direction.IN,
    client="+79160000033",
    extension="101",
    result=CallResult.ANSWERED,
    started_at=AT,
    wait_s=3,
    talk_s=60,
    line="+74950000000",
    record_url="https://us.example/r/1",
)
ROW = {
    "id": 8923525,
    "caller_phone": "79160000033",
    "duration": 60,
    "status": "success",
    "type": "incoming",
    "call_date": "2026-11-20 23:30:05",
}


def salon(**secrets: str) -> Account:
    return account(secrets={"voip_token": "chain-k3y", "hook_secret": "h"} | secrets)


def due(command: Command, *, unsure: bool = False) -> Due:
    return Due(7, "key", command, 1 + unsure, unsure, AT)


async def deliver(
    here: Bench, command: Command, *, unsure: bool = False, to: Account | None = None
) -> Outcome:
    delivery = YClientsDelivery(here.wire, here.clients)
    (outcome,) = await delivery.deliver(to or salon(), [due(command, unsure=unsure)])
    return outcome


def failed(outcome: Outcome) -> Failed:
    assert isinstance(outcome, Failed)
    return outcome


async def test_a_popup() -> None:
    here = bench(ACCEPTED)
    outcome = await deliver(here, POPUP)
    assert isinstance(outcome, Done)
    (sent,) = here.wire.sent
    assert sent.path == VOIP
    assert sent.headers["Authorization"] == "Bearer partner-s3cret"
    assert sent.body == {
        "command": "event",
        "type": "incoming",
        "crm_token": "chain-k3y",
        "phone": "79160000033",
        "user": "101",
        "diversion": "74950000000",
    }
    assert "chain-k3y" not in repr(outcome)
    assert here.turns.taken == []  # the lane has drawn it


@pytest.mark.parametrize(
    ("extensions", "line", "user"),
    [(("101", "102"), "+74950000000", None), (("101", "102"), None, "101"), ((), "1", None)],
)
async def test_whose_card_when_several_ring(
    extensions: tuple[str, ...], line: str | None, user: str | None
) -> None:
    here = bench(ACCEPTED)
    popup = RingPopup(
        direction=Direction.IN, client="+79160000033", extensions=extensions, line=line
    )
    await deliver(here, popup)
    assert here.wire.sent[0].body.get("user") == user


async def test_a_record_at_the_salons_own_time() -> None:
    here = bench(ACCEPTED)
    assert isinstance(await deliver(here, RECORD), Done)
    assert here.wire.sent[0].body == {
        "command": "history",
        "type": "incoming",
        "crm_token": "chain-k3y",
        "phone": "79160000033",
        "user": "101",
        "diversion": "74950000000",
        "duration": 60,
        "link": "https://us.example/r/1",
        "call_id": "c-1",
        "status": "success",
        "date": "2026-11-20T23:30:05+03:00",
    }


@pytest.mark.parametrize("result", [one for one in CallResult if one is not CallResult.ANSWERED])
async def test_a_call_without_a_conversation(result: CallResult) -> None:
    here = bench(ACCEPTED)
    missed = CallRecord(
        direction=Direction.OUT, client="+79160000033", extension=None, result=result,
        started_at=AT, wait_s=9, talk_s=0,
    )  # fmt: skip
    await deliver(here, missed)
    sent = here.wire.sent[0].body
    assert (sent["type"], sent["status"], sent["duration"]) == ("outgoing", "missed", 0)
    assert {"user", "link", "call_id", "diversion"}.isdisjoint(sent)


async def test_a_zone_that_this_machine_does_not_know() -> None:
    here = bench(ACCEPTED)
    await deliver(here, RECORD, to=replace(salon(), time_zone="Mars/Base"))
    assert here.wire.sent[0].body["date"].endswith("+03:00")


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        {**ROW, "call_date": "2026-11-20 20:30:06", "caller_phone": "+79160000033"},
        {**ROW, "call_date": "2026-11-20T23:30:04+0300"},
    ],
)
async def test_a_lost_record_is_looked_for_first(row: dict[str, Any]) -> None:
    here = bench(ok([{**ROW, "duration": 59}, row]))
    outcome = await deliver(here, RECORD, unsure=True)
    assert isinstance(outcome, Done)
    assert (outcome.vendor_id, outcome.note) == ("8923525", "found_earlier")
    (sent,) = here.wire.sent
    assert (sent.method, sent.path) == ("GET", f"{VOIP}/calls")
    assert sent.params == [
        ("salon_id", str(SALON)),
        ("date_from", "2026-11-19"),
        ("date_to", "2026-11-21"),
        ("phone", "79160000033"),
        ("types[]", "incoming"),
        ("limit", "1000"),
        ("page", "1"),
    ]
    assert "User" in sent.headers["Authorization"]


@pytest.mark.parametrize(
    "changed",
    [
        {"caller_phone": "79160000034"},
        {"type": "outgoing"},
        {"duration": 0},
        {"call_date": "2026-11-20 23:30:08"},
        {"call_date": "2026-11-20T23:30:05+00:00"},
        {"call_date": ""},
    ],
)
async def test_what_is_not_there_is_written(changed: dict[str, Any]) -> None:
    here = bench(ok([{**ROW, **changed}]), ACCEPTED)
    outcome = await deliver(here, RECORD, unsure=True)
    assert isinstance(outcome, Done)
    assert here.paths == [f"GET {VOIP}/calls", f"POST {VOIP}"]
    assert len(here.turns.taken) == 1  # the second request waits for a turn of its own


async def test_every_page_of_calls_is_looked_through() -> None:
    other = {**ROW, "duration": 1}
    here = bench(ok([other] * 1000), ok([ROW]))
    assert isinstance(await deliver(here, RECORD, unsure=True), Done)
    assert len(here.wire.sent) == 2


@pytest.mark.parametrize(
    ("said", "kind", "stage"),
    [
        (no(403, "Недостаточно прав"), ErrorKind.UNSURE, Stage.ANSWERED),
        (answer(502, b""), ErrorKind.UNSURE, Stage.ANSWERED),
        (no(429, "x"), ErrorKind.RATE_LIMITED, Stage.SENT),
        (no(402, "x"), ErrorKind.ACCESS_REVOKED, Stage.SENT),
        (WireError(Stage.BEFORE_SENDING, "connect"), ErrorKind.UNSURE, Stage.BEFORE_SENDING),
    ],
)
async def test_where_nobody_can_look_nothing_is_written_twice(
    said: Answer | WireError, kind: ErrorKind, stage: Stage
) -> None:
    here = bench(said)
    outcome = failed(await deliver(here, RECORD, unsure=True))
    assert (outcome.kind, outcome.stage) == (kind, stage)
    assert len(here.wire.sent) == 1


async def test_a_popup_whose_answer_was_lost_is_not_shown_again() -> None:
    here = bench()
    outcome = await deliver(here, POPUP, unsure=True)
    assert isinstance(outcome, Done)
    assert outcome.note == "popup_not_shown_twice"


async def test_a_lost_answer_is_unsure() -> None:
    here = bench(WireError(Stage.SENT, "timeout"))
    outcome = failed(await deliver(here, RECORD))
    assert outcome.kind is ErrorKind.UNSURE


@pytest.mark.parametrize(
    "said", [no(403, "Недостаточно прав"), no(401, "Необходима авторизация"), no(404, "Не найдено")]
)
async def test_a_refused_key_of_the_chain_parks_nothing(said: Answer) -> None:
    here = bench(said)
    outcome = failed(await deliver(here, RECORD))
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "yclients_voip_refused")


async def test_a_licence_that_is_over_parks_the_lane() -> None:
    here = bench(no(403, "Необходимо продлить лицензию в филиале с id: 1"))
    assert failed(await deliver(here, RECORD)).kind is ErrorKind.ACCESS_REVOKED


INTERNAL = CallRecord(
    direction=Direction.INTERNAL, client="102", extension="101", result=CallResult.ANSWERED,
    started_at=AT, wait_s=1, talk_s=1,
)  # fmt: skip
OUTWARD = RingPopup(direction=Direction.OUT, client="+79160000033", extensions=("101",))


@pytest.mark.parametrize(
    ("command", "note"),
    [
        (OUTWARD, "only_incoming_shown"),
        (INTERNAL, "internal_not_recorded"),
        (
            HangupPopup(
                direction=Direction.IN, client="1", extensions=(), result=CallResult.ANSWERED
            ),
            "card_closes_itself",
        ),
        (SetPresence(extension="101", presence="busy"), "not_kept_by_salons"),
        (CreateCustomer(client="1", name="x"), "not_kept_by_salons"),
        (AddNote(entity="leads", entity_id=1, text="x"), "not_kept_by_salons"),
    ],
)
async def test_what_salons_do_not_keep(command: Command, note: str) -> None:
    here = bench()
    outcome = await deliver(here, command)
    assert isinstance(outcome, Done)
    assert outcome.note == note
    assert YClientsDelivery(here.wire, here.clients).budgets(salon(), command) == ()


@pytest.mark.parametrize("command", [POPUP, RECORD])
async def test_without_telephony_nothing_leaves(command: Command) -> None:
    here, bare = bench(), account()
    outcome = await deliver(here, command, to=bare)
    assert isinstance(outcome, Done)
    assert outcome.note == "no_telephony_in_salon"
    assert YClientsDelivery(here.wire, here.clients).budgets(bare, command) == ()


async def test_a_command_of_a_pbx_is_our_mistake() -> None:
    outcome = failed(await deliver(bench(), CancelCall()))
    assert (outcome.kind, outcome.stage) == (ErrorKind.OURS, Stage.BEFORE_SENDING)


def test_what_the_engine_asks() -> None:
    here = bench()
    delivery = YClientsDelivery(here.wire, here.clients)
    assert delivery.patience(POPUP) is LIVE
    assert delivery.patience(RECORD).give_up == timedelta(hours=72)
    assert delivery.batch_limit(RECORD) == 1
    assert delivery.concurrency(salon()) > 1
    report = ReportMessages(to=STATUSES, reports=())
    for command in (POPUP, RECORD, report):
        assert delivery.budgets(salon(), command) == budgets_at("out-1")
    assert delivery.budgets(account(), report) == budgets_at("out-1")


# --- statuses of messages ----------------------------------------------------------------------

REPORT = ReportMessages(to=STATUSES, reports=(("232674", 1), ("232675", 2)))


async def test_statuses_reach_the_vendor_with_our_token() -> None:
    here = bench(answer(200, {"success": True}))
    outcome = await deliver(here, REPORT, to=account())
    assert isinstance(outcome, Done)
    (sent,) = here.wire.sent
    assert sent.url == "https://yclients.com/smsprovider/status/callback/partner-s3cret"
    assert sent.body == [{"id": "232674", "status": 1}, {"id": "232675", "status": 2}]
    assert "Authorization" not in sent.headers
    assert "s3cret" not in repr(outcome)


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/{token}",
        "http://yclients.com/{token}",
        "https://yclients.com.evil.example/{token}",
        "https://notyclients.com/{token}",
        "https://yclients.com@evil.example/{token}",
        "https://evil.example\\@yclients.com/{token}",
        "https://{token}.yclients.com/x",
        "https://yclients.com:8443/{token}",
        "https://[::1/{token}",
        "ftp://yclients.com/x",
        "//yclients.com/x",
        "",
    ],
)
async def test_the_token_goes_to_the_vendor_only(to: str) -> None:
    here = bench()
    outcome = failed(await deliver(here, ReportMessages(to=to, reports=(("1", 1),))))
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "yclients_callback_foreign")
    assert here.wire.sent == []


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (no(401, "Необходима авторизация"), ErrorKind.REJECTED),
        (no(404, "no"), ErrorKind.GONE),
        (answer(502, b"partner-s3cret"), ErrorKind.UNSURE),
        (answer(200, {"success": False}), ErrorKind.REJECTED),
        (WireError(Stage.SENT, "timeout"), ErrorKind.UNSURE),
        (WireError(Stage.BEFORE_SENDING, "address_refused"), ErrorKind.REJECTED),
    ],
)
async def test_statuses_refused(said: Answer | WireError, kind: ErrorKind) -> None:
    here = bench(said)
    outcome = failed(await deliver(here, REPORT))
    assert outcome.kind is kind
    assert "s3cret" not in repr(outcome)
