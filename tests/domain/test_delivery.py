"""What follows from each outcome: the table, and three days under a virtual clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.commands import SetPresence
from kommutator.domain.delivery import Dead, Decision, Finish, Park, Retry, settle
from kommutator.domain.outcome import LIVE, RECORD, Done, Failed, Patience
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage

DUE = Due(
    id=1,
    key="k",
    command=SetPresence(extension="101", presence="free"),
    attempt=1,
    unsure=False,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
FIVE = timedelta(seconds=5)
NEW = timedelta(seconds=1)


def after(
    kind: ErrorKind,
    *,
    stage: Stage = Stage.ANSWERED,
    attempt: int = 1,
    age: timedelta = NEW,
    previous: ErrorKind | None = None,
    retry_after: float | None = None,
) -> Decision:
    failed = Failed(kind, stage, "words", retry_after=retry_after)
    return settle(replace(DUE, attempt=attempt), failed, RECORD, age, 0.5, previous)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (settle(DUE, Done(note="seen"), RECORD, NEW, 0.5), Finish("seen")),
        (after(ErrorKind.TRANSIENT), Retry(FIVE)),
        (after(ErrorKind.TRANSIENT, attempt=3), Retry(4 * FIVE)),
        (after(ErrorKind.TRANSIENT, attempt=40), Retry(timedelta(minutes=30))),
        (after(ErrorKind.TRANSIENT, stage=Stage.SENT), Retry(FIVE, unsure=True)),
        (after(ErrorKind.TRANSIENT, retry_after=90), Retry(timedelta(seconds=90))),
        (after(ErrorKind.RATE_LIMITED, retry_after=0.5), Retry(timedelta(seconds=0.5))),
        (after(ErrorKind.RATE_LIMITED), Retry(FIVE)),
        (after(ErrorKind.TOKEN_STALE), Retry(timedelta())),
        (after(ErrorKind.TOKEN_STALE, previous=ErrorKind.TRANSIENT), Retry(timedelta())),
        (
            after(ErrorKind.TOKEN_STALE, previous=ErrorKind.TOKEN_STALE),
            Park("access_revoked", "words"),
        ),
        (after(ErrorKind.ACCESS_REVOKED), Park("access_revoked", "words")),
        (after(ErrorKind.REJECTED), Dead("rejected")),
        (after(ErrorKind.GONE), Retry(FIVE)),
        (after(ErrorKind.GONE, attempt=2, previous=ErrorKind.GONE), Dead("gone")),
        (after(ErrorKind.ALREADY_DONE), Finish("already_done")),
        (after(ErrorKind.UNSURE, stage=Stage.SENT), Retry(FIVE, unsure=True)),
        (after(ErrorKind.OURS, attempt=2), Retry(2 * FIVE)),
        (after(ErrorKind.OURS, attempt=3), Dead("ours")),
        (after(ErrorKind.TRANSIENT, age=timedelta(hours=72)), Dead("gave_up")),
        (
            after(ErrorKind.TRANSIENT, attempt=20, age=timedelta(hours=71, minutes=50)),
            Retry(timedelta(minutes=10)),
        ),
        (after(ErrorKind.RATE_LIMITED, retry_after=73 * 3600), Dead("gave_up")),
    ],
)
def test_table(decision: Decision, expected: Decision) -> None:
    assert decision == expected


def test_every_kind_is_settled() -> None:
    assert len([after(kind) for kind in ErrorKind]) == 9


def test_doubt_stays_until_the_end() -> None:
    doubtful = replace(DUE, unsure=True)
    failed = Failed(ErrorKind.TRANSIENT, Stage.BEFORE_SENDING, "refused")
    assert settle(doubtful, failed, RECORD, NEW, 0.5) == Retry(FIVE, unsure=True)


@pytest.mark.parametrize(
    ("patience", "tries", "hours"),
    [(LIVE, 11, 0.05), (RECORD, 153, 72.0)],
)
def test_tries_of_a_dead_vendor_end_exactly_when_patience_does(
    patience: Patience, tries: int, hours: float
) -> None:
    age, attempt = timedelta(), 0
    while True:
        attempt += 1
        decision = settle(
            replace(DUE, attempt=attempt),
            Failed(ErrorKind.TRANSIENT, Stage.ANSWERED, "502"),
            patience,
            age,
            0.5,
        )
        if isinstance(decision, Dead):
            break
        assert isinstance(decision, Retry)
        age += decision.after
    assert age == timedelta(hours=hours)
    assert attempt == tries
