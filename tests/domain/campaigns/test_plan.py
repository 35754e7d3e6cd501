"""What an administrator may decide, and what is refused."""

from typing import Any

import pytest

from kommutator.domain.campaigns.plan import Mode, checked_plan, dump_plan, read_plan
from kommutator.domain.campaigns.results import CallOutcome
from kommutator.kit.errors import InvalidInput

LEAST: dict[str, Any] = {"agents": ["150"]}


def test_careful_by_default() -> None:
    plan = checked_plan(LEAST)
    assert (plan.mode, plan.concurrency, plan.attempts, plan.daily_cap, plan.apart_h) == (
        Mode.AGENT_FIRST, 1, 3, 2, 24,
    )  # fmt: skip
    assert plan.windows["mon"] == (("10:00", "19:00"),)
    assert "sat" not in plan.windows
    assert plan.retry_after(CallOutcome.BUSY) == 600
    assert plan.retry_after(CallOutcome.BAD_NUMBER) is None


def test_it_comes_back_from_the_table_as_it_went() -> None:
    plan = checked_plan(
        LEAST
        | {
            "mode": "client_first",
            "retries": {"busy": None, "no_answer": 60},
            "ends_at": "2026-12-31T00:00:00+03:00",
            "holidays": ["2027-01-01"],
            "write_back": {"talked": {"note": "ok"}},
            "source": {"kind": "leads", "pipeline_id": 1, "stage_ids": [2]},
        }
    )
    assert read_plan(dump_plan(plan)) == plan


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"agents": []}, "campaign_agents_missing", None),
        ({"agents": ["15x"]}, "campaign_invalid", "agents"),
        ({"agents": "150"}, "campaign_invalid", "agents"),
        ({"concurrency": 0}, "campaign_limit_invalid", "concurrency"),
        ({"concurrency": "5"}, "campaign_invalid", "concurrency"),
        ({"per_minute": 121}, "campaign_limit_invalid", "per_minute"),
        ({"windows": {}}, "campaign_windows_invalid", None),
        ({"windows": {"mon": [["18:00", "09:00"]]}}, "campaign_windows_invalid", None),
        ({"windows": {"mon": [["9:00", "18:00"]]}}, "campaign_windows_invalid", None),
        ({"windows": {"monday": [["09:00", "18:00"]]}}, "campaign_windows_invalid", None),
        ({"windows": {"mon": [["09:00", "25:00"]]}}, "campaign_windows_invalid", None),
        ({"retries": {"never": 5}}, "campaign_invalid", "retries"),
        ({"retries": {"busy": -1}}, "campaign_invalid", "retries"),
        ({"ends_at": "2026-12-31T00:00:00"}, "campaign_invalid", "ends_at"),
        ({"write_back": {"talked": {"pipeline_id": 1}}}, "campaign_invalid", "write_back"),
        ({"write_back": {"talked": {"note": "x" * 1001}}}, "campaign_invalid", "write_back"),
        ({"write_back": {"talked": {"task": "\x00"}}}, "campaign_invalid", "write_back"),
        ({"source": {"kind": "leads", "tag": "a\x00b"}}, "campaign_invalid", "source"),
        ({"speed": 9}, "campaign_invalid", "plan"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], code: str, field: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_plan(LEAST | changes)
    assert refused.value.code == code
    if field is not None:
        assert refused.value.params["field"] == field
