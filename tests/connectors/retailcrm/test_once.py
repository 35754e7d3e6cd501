"""One visible effect, whatever the wire does (promise: an event acts on the CRM once)."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.connectors.crm.retailcrm.writes import RetailCrmDelivery
from kommutator.domain.commands import (
    CallRecord,
    CallResult,
    Command,
    CreateCustomer,
    CreateOrder,
    CreateTask,
    Direction,
    RingPopup,
)
from kommutator.domain.outcome import Done, Failed
from kommutator.kit.errors import ErrorKind, Stage
from tests.connectors.retailcrm.crm import MADE_AT, STRANGER, Crm, due, registration

CUSTOMER = CreateCustomer(call_id="c1", client=STRANGER, name="Новый клиент", extension="101")
ORDER = CreateOrder(call_id="c1", client=STRANGER, method="missed-call")
TASK = CreateTask(call_id="c1", client=STRANGER, text="Перезвонить", default_performer="16")
RECORD = CallRecord(
    call_id="c1",
    direction=Direction.IN,
    client=STRANGER,
    extension="101",
    result=CallResult.ANSWERED,
    started_at=MADE_AT,
    wait_s=5,
    talk_s=12,
)
RING = RingPopup(call_id="c1", direction=Direction.IN, client=STRANGER, extensions=("101",))
EVERY = [
    pytest.param(CUSTOMER, "customers", "/api/v5/customers/create", id="customer"),
    pytest.param(ORDER, "orders", "/api/v5/orders/create", id="order"),
    pytest.param(TASK, "tasks", "/api/v5/tasks/create", id="task"),
    pytest.param(RECORD, "calls", "/api/v5/telephony/calls/upload", id="record"),
    pytest.param(RING, "popups", "/api/v5/telephony/call/event", id="ring"),
]
LOST = [
    {"kind": "drop"},
    {"kind": "html_504"},
    {"kind": "html_502"},
    {"kind": "cut_off"},
    {"kind": "truncated"},
    {"kind": "garbage"},
]


@pytest.fixture(autouse=True)
async def _registered(crm: Crm, desk: RetailCrmDesk) -> None:
    await desk.register(crm.account(), registration())


async def attempt(delivery: RetailCrmDelivery, crm: Crm, command: Command, **changes: Any) -> Any:
    (outcome,) = await delivery.deliver(crm.account(), [due(command, **changes)])
    return outcome


async def count(crm: Crm, what: str) -> int:
    return len((await crm.state())[what])


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault["kind"])
@pytest.mark.parametrize(("command", "what", "path"), EVERY)
async def test_answer_lost_after_the_commit(
    delivery: RetailCrmDelivery,
    crm: Crm,
    command: Command,
    what: str,
    path: str,
    fault: dict[str, Any],
) -> None:
    before = await count(crm, what)
    await crm.fault(**fault, path=path, after=True, count=1)
    first = await attempt(delivery, crm, command)
    assert isinstance(first, Failed)
    assert first.kind is ErrorKind.UNSURE
    second = await attempt(delivery, crm, command, attempt=2, unsure=True)
    assert isinstance(second, Done)
    assert await count(crm, what) == before + 1


@pytest.mark.parametrize(("command", "what", "path"), EVERY)
async def test_lost_before_the_commit(
    delivery: RetailCrmDelivery, crm: Crm, command: Command, what: str, path: str
) -> None:
    before = await count(crm, what)
    await crm.fault("drop", path=path, count=1)
    first = await attempt(delivery, crm, command)
    assert (first.kind, first.stage) == (ErrorKind.UNSURE, Stage.SENT)
    assert isinstance(await attempt(delivery, crm, command, attempt=2, unsure=True), Done)
    assert await count(crm, what) == before + 1


async def test_found_again_by_id(delivery: RetailCrmDelivery, crm: Crm) -> None:
    await crm.fault("drop", path="/api/v5/orders/create", after=True, count=1)
    await attempt(delivery, crm, ORDER)
    second = await attempt(delivery, crm, ORDER, attempt=2, unsure=True)
    assert second.vendor_id == str((await crm.state())["orders"][-1]["id"])
    assert second.note == "found_earlier"
    assert second.exchange.request["url"] == "/api/v5/orders"


@pytest.mark.parametrize(("command", "what"), [(ORDER, "orders"), (TASK, "tasks")])
async def test_two_commands_are_two_things(
    delivery: RetailCrmDelivery, crm: Crm, command: Command, what: str
) -> None:
    before = await count(crm, what)
    await attempt(delivery, crm, command)
    (other,) = await delivery.deliver(crm.account(), [due(command, 2, attempt=2, unsure=True)])
    assert isinstance(other, Done)
    assert await count(crm, what) == before + 2


async def test_two_calls_of_one_stranger_make_one_customer(
    delivery: RetailCrmDelivery, crm: Crm
) -> None:
    before = await count(crm, "customers")
    await crm.fault("latency", path="/api/v5/customers", seconds=0.02)
    outcomes = await asyncio.gather(
        *(delivery.deliver(crm.account(), [due(CUSTOMER, number)]) for number in (1, 2, 3))
    )
    assert len({outcome.vendor_id for (outcome,) in outcomes if isinstance(outcome, Done)}) == 1
    assert await count(crm, "customers") == before + 1


async def test_customer_is_known_by_another_spelling(delivery: RetailCrmDelivery, crm: Crm) -> None:
    written = CreateCustomer(client="80000000070", name="x")
    await attempt(delivery, crm, written)
    same = await attempt(delivery, crm, CreateCustomer(client="+70000000070", name="y"), attempt=1)
    assert same.note == "customer_known"


async def test_failing_search_writes_nothing(delivery: RetailCrmDelivery, crm: Crm) -> None:
    before = await count(crm, "customers")
    await crm.fault("html_502", method="GET", path="/api/v5/customers")
    outcome = await attempt(delivery, crm, CUSTOMER)
    assert (outcome.kind, outcome.hint) == (ErrorKind.TRANSIENT, "vendor_down")
    assert await count(crm, "customers") == before


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("html_503", (ErrorKind.RATE_LIMITED, 1.0, None)),
        ("json_503", (ErrorKind.RATE_LIMITED, 1.0, None)),
        ("json_429", (ErrorKind.RATE_LIMITED, 1.0, None)),
        ("html_405", (ErrorKind.ACCESS_REVOKED, None, "account_missing")),
        ("no_account", (ErrorKind.ACCESS_REVOKED, None, "account_missing")),
        ("wrong_key", (ErrorKind.ACCESS_REVOKED, None, "key_wrong")),
        ("access_denied", (ErrorKind.REJECTED, None, "scope_missing")),
        ("json_500", (ErrorKind.TRANSIENT, None, None)),
    ],
)
@pytest.mark.parametrize(("command", "what", "path"), EVERY)
async def test_refusals_write_nothing_and_are_judged(
    delivery: RetailCrmDelivery,
    crm: Crm,
    command: Command,
    what: str,
    path: str,
    kind: str,
    expected: tuple[ErrorKind, float | None, str | None],
) -> None:
    before = await count(crm, what)
    await crm.fault(kind, path=path)
    outcome = await attempt(delivery, crm, command)
    assert (outcome.kind, outcome.retry_after, outcome.hint) == expected
    assert outcome.stage is Stage.ANSWERED
    assert await count(crm, what) == before


async def test_revoked_key_for_real(delivery: RetailCrmDelivery, crm: Crm) -> None:
    account = replace(crm.account(), secrets={"api_key": "fake-key-nobody-issued"})
    (outcome,) = await delivery.deliver(account, [due(RING)])
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.hint) == (ErrorKind.ACCESS_REVOKED, "key_wrong")


async def test_slow_crm_is_unsure_within_the_live_patience(
    delivery: RetailCrmDelivery, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = replace(delivery.patience(RING), timeout=0.05)
    monkeypatch.setattr(delivery, "patience", lambda _command: impatient)
    await crm.fault("hang", seconds=5)
    outcome = await attempt(delivery, crm, RING)
    assert (outcome.kind, outcome.stage, outcome.hint) == (
        ErrorKind.UNSURE,
        Stage.SENT,
        "vendor_slow",
    )


def task_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 220,
        "text": "Перезвонить",
        "datetime": "2026-01-20 10:00",
        "createdAt": "2026-01-20 10:00:49",
        "complete": False,
        "performer": 16,
        "performerType": "user",
        "phone": STRANGER,
    } | changes


async def listed(crm: Crm, *rows: dict[str, Any]) -> None:
    """The vendor's own sample of a task list has no `commentary`."""
    body = json.dumps({"success": True, "tasks": rows})
    await crm.fault("reply", method="GET", path="/api/v5/tasks", status=200, body=body)


async def test_task_is_found_in_a_list_without_commentary(
    delivery: RetailCrmDelivery, crm: Crm
) -> None:
    await listed(crm, task_row(id=1, phone="+375000000098"), task_row(id=220))
    outcome = await attempt(delivery, crm, TASK, attempt=2, unsure=True)
    assert (outcome.vendor_id, await count(crm, "tasks")) == ("220", 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Перезвонить завтра"},
        {"performer": 17},
        {"datetime": "2026-01-20 10:01"},
        {"createdAt": "2026-01-20 09:57:59"},
        {"phone": "+375000000098"},
        {"phone": None},
        {"phone": None, "customer": {"id": 5001}},
        {"commentary": "kommutator:0000000000000000"},
    ],
)
async def test_somebody_elses_task_is_not_ours(
    delivery: RetailCrmDelivery, crm: Crm, changes: dict[str, Any]
) -> None:
    await listed(crm, task_row(**changes))
    outcome = await attempt(delivery, crm, TASK, attempt=2, unsure=True)
    assert isinstance(outcome, Done)
    assert await count(crm, "tasks") == 1


async def test_task_of_a_known_client_is_found_by_the_customer(
    delivery: RetailCrmDelivery, crm: Crm
) -> None:
    await listed(crm, task_row(phone=None, customer={"id": 5001}))
    account = crm.account(user_extensions={"16": "116"})
    known = CreateTask(client="+70000000101", text="Перезвонить", performer="116")
    (outcome,) = await delivery.deliver(account, [due(known, attempt=2, unsure=True)])
    assert isinstance(outcome, Done)
    assert (outcome.vendor_id, await count(crm, "tasks")) == ("220", 0)


@pytest.mark.parametrize(
    "command",
    [RING, RECORD, CUSTOMER, ORDER, TASK],
    ids=lambda command: type(command).__name__,
)
async def test_a_strict_crm_finds_nothing_to_object_to(
    delivery: RetailCrmDelivery, crm: Crm, command: Command
) -> None:
    """No undocumented filter or field, and a shop named wherever there are several."""
    await crm.order("switches", unknown_filter="reject", site_required=True)
    account = crm.account(default_site="shop-main")
    for again in (1, 2):
        (outcome,) = await delivery.deliver(account, [due(command, attempt=again)])
        assert isinstance(outcome, Done), outcome
    assert (await crm.state())["violations"] == []
