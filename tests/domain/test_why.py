"""Why a call is not in the CRM: the first cause on the record's way, and its tone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.why import (
    CallFact,
    CommandFact,
    CrmFact,
    JournalFact,
    Tone,
    Why,
    explain,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALL = CallFact("ended", "in", "+375000000070", NOW, ("150", "151"))
CRM = CrmFact("active", None, NOW - timedelta(days=9), True, frozenset({"150"}))
RECORD = CommandFact("call_record", "due", 0, NOW + timedelta(minutes=1))
DECIDED = [JournalFact("Hangup", "decided")]


def why(call: CallFact = CALL, crm: CrmFact | None = CRM, record: CommandFact | None = None) -> Why:
    return explain(call, crm, [record] if record else [], DECIDED)


def test_delivered_names_the_moment() -> None:
    done = replace(RECORD, state="done", attempts=1, finished_at=NOW)
    assert why(record=done) == Why("delivered", Tone.OK, {"at": NOW, "attempts": 1, "note": ""})


def test_a_remark_of_the_vendor_is_passed_on() -> None:
    found = why(record=replace(RECORD, state="done", note="duplicate", finished_at=NOW))
    assert (found.slug, found.params["note"]) == ("delivered_with_note", "duplicate")


@pytest.mark.parametrize(
    ("error_kind", "slug"),
    [
        ("rejected", "refused"),
        ("gone", "refused"),
        ("transient", "gave_up"),
        ("rate_limited", "gave_up"),
        ("unsure", "unsure"),
    ],
)
def test_a_dead_record_tells_whose_fault_it_was(error_kind: str, slug: str) -> None:
    dead = replace(RECORD, state="dead", error_kind=error_kind, error="No such code")
    found = why(record=dead)
    assert (found.slug, found.tone, found.params["error"]) == (slug, Tone.BAD, "No such code")


def test_a_live_call_is_simply_not_over() -> None:
    assert why(replace(CALL, phase="talking")) == Why("still_going", Tone.WAIT)


def test_no_crm_at_all() -> None:
    assert why(crm=None) == Why("no_connection", Tone.BAD)


def test_a_waiting_record_stands_behind_a_parked_lane() -> None:
    parked = replace(CRM, parked_reason="access_revoked")
    assert why(crm=parked, record=RECORD) == Why("parked", Tone.BAD, {"reason": "access_revoked"})


def test_an_open_breaker_says_until_when() -> None:
    resting = replace(CRM, breaker_until=NOW)
    assert why(crm=resting, record=RECORD) == Why("breaker", Tone.WAIT, {"until": NOW})


def test_an_unsure_record_is_being_checked_before_it_is_sent_again() -> None:
    assert why(record=replace(RECORD, unsure=True, attempts=1)).slug == "checking"


def test_a_retry_tells_the_last_error_and_the_next_moment() -> None:
    tried = replace(RECORD, attempts=3, error="502")
    assert why(record=tried) == Why(
        "retrying", Tone.WAIT, {"attempts": 3, "error": "502", "at": RECORD.run_at}
    )


def test_a_fresh_record_is_queued() -> None:
    assert why(record=RECORD) == Why("queued", Tone.WAIT)


@pytest.mark.parametrize(
    ("status", "tone"), [("paused", Tone.NOTE), ("broken", Tone.BAD), ("draft", Tone.BAD)]
)
def test_an_inactive_connection_holds_the_record(status: str, tone: Tone) -> None:
    found = why(crm=replace(CRM, status=status, reason="because"), record=RECORD)
    assert found == Why(f"connection_{status}", tone, {"reason": "because"})


def test_our_own_failure_comes_before_every_other_cause() -> None:
    failed = [JournalFact("Hangup", "failed", "e-77"), JournalFact("Dial", "new")]
    hidden = replace(CALL, client=None)
    assert explain(hidden, CRM, [], failed) == Why(
        "decision_failed", Tone.BAD, {"error_id": "e-77"}
    )


def test_events_not_yet_looked_at() -> None:
    assert explain(CALL, CRM, [], [JournalFact("Hangup", "new")]).slug == "undecided"


@pytest.mark.parametrize(
    ("call", "crm", "slug"),
    [
        (replace(CALL, phase="merged"), CRM, "merged"),
        (replace(CALL, direction="internal"), CRM, "internal"),
        (replace(CALL, started_at=NOW - timedelta(days=10)), CRM, "before_connection"),
        (CALL, replace(CRM, records_on=False), "records_off"),
        (replace(CALL, client=None), CRM, "hidden_number"),
    ],
)
def test_what_is_meant_to_be_so_is_only_noted(call: CallFact, crm: CrmFact, slug: str) -> None:
    assert why(call, crm) == Why(slug, Tone.NOTE)


def test_extensions_nobody_in_the_crm_has() -> None:
    stranger = replace(CALL, extensions=("199",))
    assert why(stranger) == Why("nobody_mapped", Tone.BAD, {"extensions": "199"})


def test_no_visible_cause_is_said_honestly() -> None:
    assert why() == Why("unknown", Tone.BAD)


def test_the_latest_record_counts() -> None:
    dead = replace(RECORD, state="dead", error_kind="rejected")
    done = replace(RECORD, state="done", finished_at=NOW)
    assert explain(CALL, CRM, [dead, done], DECIDED).slug == "delivered"


def test_pop_ups_do_not_count_as_the_record() -> None:
    popup = replace(RECORD, kind="ring_popup", state="done")
    assert explain(CALL, CRM, [popup], DECIDED).slug == "unknown"
