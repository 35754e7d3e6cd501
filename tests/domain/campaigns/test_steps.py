"""One number now: call, wait, or leave it. The retry table, literal."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kommutator.domain.campaigns.plan import DAYS, Plan
from kommutator.domain.campaigns.results import CallOutcome, outcome_of
from kommutator.domain.campaigns.steps import (
    Dial,
    Done,
    Facts,
    Item,
    Wait,
    after_call,
    counts,
    next_step,
)  # fmt: skip
from kommutator.domain.commands import CallResult

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # Monday, 13:00 in Minsk
PLAN = Plan(agents=("150",), windows=dict.fromkeys(DAYS, (("09:00", "18:00"),)))
ITEM = Item("+375170000001", ZoneInfo("Europe/Minsk"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(), Dial()),
        (Facts(unwanted=True, in_call=True), Done("do_not_call")),
        (Facts(refused="destination_country"), Done("refused")),
        (Facts(in_call=True), Wait(utc("02T10:00:30"), "in_call")),
        (Facts(today=2), Wait(utc("03T06:00"), "daily_cap")),
        (Facts(elsewhere_at=utc("01T12:00")), Wait(utc("02T12:00"), "elsewhere")),
        (Facts(elsewhere_at=utc("01T09:00")), Dial()),
        (Facts(elsewhere_at=utc("02T09:00")), Wait(utc("03T09:00"), "elsewhere")),
        (Facts(elsewhere_at=utc("01T17:00")), Wait(utc("03T06:00"), "elsewhere")),
    ],
)
def test_what_is_known_of_the_number(facts: Facts, expected: object) -> None:
    assert next_step(ITEM, NOW, PLAN, facts) == expected


def test_outside_of_the_windows() -> None:
    assert next_step(ITEM, utc("02T20:00"), PLAN, Facts()) == Wait(utc("03T06:00"), "window")


def test_a_spent_number_is_left() -> None:
    assert next_step(replace(ITEM, attempts=3), NOW, PLAN, Facts()) == Done("exhausted")
    assert next_step(replace(ITEM, tries=9), NOW, PLAN, Facts()) == Done("exhausted")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (CallOutcome.TALKED, Done("talked")),
        (CallOutcome.BUSY, Wait(utc("02T10:10"), "after_busy")),
        (CallOutcome.NO_ANSWER, Wait(utc("02T12:00"), "after_no_answer")),
        (CallOutcome.DECLINED, Wait(utc("03T10:00"), "after_declined")),
        (CallOutcome.BAD_NUMBER, Done("bad_number")),
        (CallOutcome.UNREACHABLE, Wait(utc("02T11:00"), "after_unreachable")),
        (CallOutcome.ABANDONED, Wait(utc("02T10:01"), "after_abandoned", first=True)),
        (CallOutcome.AGENT_MISSED, Wait(utc("02T10:01"), "after_agent_missed")),
        (CallOutcome.CANCELLED, Wait(utc("02T12:00"), "after_cancelled")),
        (CallOutcome.LOST, Wait(utc("02T10:10"), "after_lost")),
    ],
)
def test_the_usual_retries(result: CallOutcome, expected: object) -> None:
    assert after_call(replace(ITEM, attempts=1, tries=1), result, NOW, PLAN) == expected


def test_retries_of_ones_own() -> None:
    plan = Plan(agents=("150",), windows=PLAN.windows, retries={
        CallOutcome.BUSY: None, CallOutcome.TALKED: 60, CallOutcome.NO_ANSWER: 6 * 3600,
    })  # fmt: skip
    assert after_call(ITEM, CallOutcome.BUSY, NOW, plan) == Done("busy")
    assert after_call(ITEM, CallOutcome.TALKED, NOW, plan) == Wait(utc("02T10:01"), "after_talked")
    after_hours = Wait(utc("03T06:00"), "after_no_answer")
    assert after_call(ITEM, CallOutcome.NO_ANSWER, NOW, plan) == after_hours


def test_the_last_attempt_is_the_end() -> None:
    assert after_call(replace(ITEM, attempts=3), CallOutcome.BUSY, NOW, PLAN) == Done("busy")


def test_calls_that_the_client_did_not_notice_do_not_count() -> None:
    assert {one for one in CallOutcome if not counts(one)} == {
        CallOutcome.AGENT_MISSED, CallOutcome.LOST,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("result", "reason", "expected"),
    [
        ("answered", None, "talked"),
        ("answered", "lost", "talked"),
        ("busy", "busy", "busy"),
        ("no_answer", "no_answer", "no_answer"),
        ("no_answer", "declined", "declined"),
        ("no_answer", "abandoned", "abandoned"),
        ("failed", "bad_number", "bad_number"),
        ("failed", "unreachable", "unreachable"),
        ("failed", "manager_no_answer", "agent_missed"),
        ("failed", "manager_busy", "agent_missed"),
        ("failed", "manager_unreachable", "agent_missed"),
        ("failed", "not_placed", "lost"),
        ("failed", "lost", "lost"),
        ("cancelled", "cancelled_by_clicker", "cancelled"),
        ("not_allowed", None, "unreachable"),
    ],
)
def test_what_a_call_amounts_to(result: str, reason: str | None, expected: str) -> None:
    assert outcome_of(CallResult(result), reason) == expected
