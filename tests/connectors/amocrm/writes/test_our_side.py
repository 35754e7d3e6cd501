"""What is no vendor's doing: foreign commands, no grant, mixed and empty batches, patience."""

import pytest

from kommutator.domain.commands import CallRecord, CancelCall, Direction
from kommutator.domain.commands import CallResult as Result
from kommutator.domain.outcome import Failed
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from tests.connectors.amocrm.wire import AT, Wire, account, calls_answer, delivery_over, due, made
from tests.connectors.amocrm.writes.commands import CLIENT, NOTE, RING, deliver, told


async def test_a_command_for_a_pbx_is_a_bug() -> None:
    outcome, _ = await deliver(CancelCall(extension="150"), [])
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.OURS, Stage.BEFORE_SENDING)


async def test_no_grant_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_access(*_: object) -> None:
        raise VendorError(ErrorKind.ACCESS_REVOKED, "uninstalled", hint="grant_uninstalled")

    monkeypatch.setattr("tests.connectors.amocrm.wire.OneToken.access", no_access)
    outcome, wire = await deliver(NOTE, [])
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.message) == (ErrorKind.ACCESS_REVOKED, "uninstalled")
    assert wire.asked == []


async def test_a_record_among_others_and_an_empty_batch() -> None:
    told_of = CallRecord(
        call_id="c1",
        direction=Direction.OUT,
        client=CLIENT,
        extension="150",
        result=Result.BUSY,
        started_at=AT,
        wait_s=1,
        talk_s=0,
    )
    wire = Wire([made("notes", 91), calls_answer({"0": 92})])
    delivery = delivery_over(wire)
    assert list(await delivery.deliver(account(), [])) == []
    outcomes = await delivery.deliver(account(), [due(NOTE, 1), due(told_of, 2)])
    assert [told(outcome) for outcome in outcomes] == [("91", None), ("92", None)]


async def test_only_records_go_in_batches() -> None:
    delivery = delivery_over(Wire([]))
    assert (delivery.batch_limit(NOTE), delivery.concurrency(account())) == (1, 4)
    assert delivery.patience(RING).timeout == 2.5
    assert delivery.patience(NOTE).timeout == 30.0
