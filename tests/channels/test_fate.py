"""What becomes of a message after an attempt: said once, given up honestly. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.chats import Spoken
from kommutator.domain.commands import SendMessage
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.delivery import Dead, Decision, Finish, Park, Retry, settle
from kommutator.domain.outcome import RECORD, Done, Failed, Outcome
from kommutator.domain.ports import Due
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.deliver import Item, settle_request
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.ids import SequenceIds

AT = datetime(2026, 12, 1, tzinfo=UTC)
NEW = timedelta(seconds=1)
DUE = Due(7, "42", SendMessage(chat_id="42", text="hi"), attempt=1, unsure=False, created_at=AT)
ACCOUNT = Account(
    enterprise=EnterpriseNumber("0367"),
    connection_id=SequenceIds().uuid(),
    kind=ConnectionKind.TELEGRAM,
    name="Bot",
    base_url="https://telegram.example",
    status=ConnectionStatus.ACTIVE,
    config={},
    secrets={},
)


def refused(kind: ErrorKind, stage: Stage = Stage.ANSWERED, hint: str | None = None) -> Failed:
    return Failed(kind, stage, "no", hint=hint)


LOST = refused(ErrorKind.UNSURE, Stage.SENT)
CRASHED = refused(ErrorKind.OURS, Stage.SENT)
BLOCKED = refused(ErrorKind.REJECTED, hint="chat_blocked")
LATE = refused(ErrorKind.REJECTED, Stage.BEFORE_SENDING, "too_late")
DOWN = refused(ErrorKind.TRANSIENT)
REVOKED = refused(ErrorKind.ACCESS_REVOKED)
AGAIN = replace(RECORD, repeatable=True)


@pytest.mark.parametrize(
    ("outcome", "decision"),
    [
        (Done(vendor_id="9"), Finish(None)),
        (LOST, Dead("maybe_sent")),
        (CRASHED, Dead("maybe_sent")),
        (BLOCKED, Dead("rejected")),
        (LATE, Dead("too_late")),
        (DOWN, Retry(timedelta(seconds=5))),
        (REVOKED, Park("access_revoked", "no")),
    ],
)
def test_decisions(outcome: Outcome, decision: Decision) -> None:
    assert settle(DUE, outcome, RECORD, timedelta(), 0.5) == decision


@pytest.mark.parametrize(
    ("outcome", "spoken"),
    [
        (
            Done(vendor_id="9", moved_to="-100"),
            Spoken(7, "42", "sent", message_id="9", moved_to="-100"),
        ),
        (LOST, Spoken(7, "42", "maybe_sent", reason="maybe_sent", detail="no")),
        (
            BLOCKED,
            Spoken(7, "42", "failed", reason="chat_blocked", detail="no", closed="blocked"),
        ),
        (LATE, Spoken(7, "42", "failed", reason="too_late", detail="no")),
        (DOWN, None),
        (REVOKED, None),
    ],
)
def test_what_the_chat_learns(outcome: Outcome, spoken: Spoken | None) -> None:
    item = Item(DUE, "send_message", None, RECORD, (), 1, None, born=0.0, live=False)
    (result,) = settle_request(ACCOUNT, [item], [outcome], 1.0, 0.5).results
    assert result.spoken == spoken


@pytest.mark.parametrize(
    ("due", "outcome", "age", "fate"),
    [
        (DUE, LOST, NEW, ("due", True, None)),
        (DUE, LOST, RECORD.give_up, ("dead", True, "maybe_sent")),
        (DUE, refused(ErrorKind.REJECTED, Stage.SENT), NEW, ("dead", True, "maybe_sent")),
        (DUE, BLOCKED, NEW, ("dead", False, "rejected")),
        (replace(DUE, unsure=True), LATE, NEW, ("dead", True, "maybe_sent")),
        (DUE, refused(ErrorKind.ACCESS_REVOKED, Stage.SENT), NEW, ("due", True, "access_revoked")),
    ],
)
def test_where_a_message_may_be_said_again_a_doubt_stays_until_the_end(
    due: Due, outcome: Outcome, age: timedelta, fate: tuple[str, bool, str | None]
) -> None:
    born = -age.total_seconds()
    item = Item(due, "send_message", None, AGAIN, (), 1, None, born=born, live=False)
    (result,) = settle_request(ACCOUNT, [item], [outcome], 0.0, 0.5).results
    settled = result.settled
    assert (settled.state, settled.unsure, settled.note) == fate
    assert (result.spoken and result.spoken.state) == {
        "maybe_sent": "maybe_sent", "rejected": "failed",
    }.get(str(settled.note))  # fmt: skip
