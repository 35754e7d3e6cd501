"""From the campaign form's fields to its plan, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from kommutator.domain.campaigns.plan import DAYS, Plan
from kommutator.domain.campaigns.results import RETRIES, CallOutcome
from kommutator.kit.errors import InvalidInput

RETRIED: Final = ("busy", "no_answer", "declined", "unreachable")
"""Results whose retry people choose; the others have sensible ones of their own."""
TOLD: Final = ("talked", "no_answer", "busy", "declined", "bad_number")
"""Results of which people choose what the CRM is told."""
_NUMBERS: Final = ("concurrency", "per_minute", "attempts", "daily_cap", "apart_h", "wrap_up_s")
_MINUTE: Final = 60
_STAGE: Final = "/"


@dataclass(frozen=True, slots=True)
class Retry:
    """A row of the form. `minutes` "": never again."""

    result: str
    minutes: str


def shown(plan: Plan | None, tz: ZoneInfo) -> dict[str, Any]:
    """The form's values for a plan; None: a new campaign, with the usual ones."""
    plan = plan or Plan(agents=())
    return {
        "plan": plan,
        "hours": [(day, *(plan.windows.get(day) or (("", ""),))[0]) for day in DAYS],
        "holidays": "\n".join(day.isoformat() for day in plan.holidays),
        "retries": [Retry(r, _minutes(plan.retry_after(CallOutcome(r)))) for r in RETRIED],
        "told": [(r, plan.write_back.get(CallOutcome(r))) for r in TOLD],
        "last_day": plan.ends_at and (plan.ends_at.astimezone(tz) - timedelta(days=1)).date(),
    }


def read(
    sent: Mapping[str, str], agents: Sequence[str], before: Plan | None, tz: ZoneInfo
) -> dict[str, Any]:
    """What changes in the plan. `tz`: the enterprise's, for the last day.

    Raises:
        InvalidInput: `campaign_invalid` (`field`) for what is no number or no date.
    """
    return {
        "agents": list(agents),
        "source": _source(sent, before),
        "mode": sent.get("mode", "agent_first"),
        "line": sent.get("line") or None,
        "windows": _windows(sent, before),
        "holidays": [_day(text, "holidays").isoformat() for text in _words(sent, "holidays")],
        **{name: _whole(sent.get(name, ""), name) for name in _NUMBERS},
        "retries": _retries(sent, before),
        "ends_at": _end(sent.get("last_day", ""), tz),
        "max_talked": _whole(sent["max_talked"], "max_talked") if sent.get("max_talked") else None,
        "write_back": _told(sent, before),
    }


def _source(sent: Mapping[str, str], before: Plan | None) -> dict[str, Any]:
    """Filters that the form does not show stay as the API set them."""
    kept = before.source if before is not None else None
    source: dict[str, Any] = {
        "kind": sent.get("kind", "numbers"),
        "connection_id": sent.get("account") or None,
    }
    if kept is not None and kept.kind == source["kind"] == "leads":
        source |= {"responsible_ids": list(kept.responsible_ids), "zone_field": kept.zone_field}
    if source["kind"] == "leads":
        pipeline, _, stage = sent.get("stage", "").partition(_STAGE)
        source["pipeline_id"] = _whole(pipeline, "source") if pipeline else None
        source["stage_ids"] = [_whole(stage, "source")] if stage else []
        source |= {name: sent.get(name) or None for name in ("tag", "text", "dont_call_tag")}
    return source


def _windows(sent: Mapping[str, str], before: Plan | None) -> dict[str, Any]:
    """One window a day; a second one that the API set stays."""
    found: dict[str, Any] = {}
    for day in DAYS:
        begin, end = (sent.get(f"{day}-{edge}", "").strip() for edge in ("from", "to"))
        rest = before.windows.get(day, ())[1:] if before is not None else ()
        if begin or end:
            found[day] = [[begin, "24:00" if end == "00:00" else end], *map(list, rest)]
    return found


def _retries(sent: Mapping[str, str], before: Plan | None) -> dict[str, int | None]:
    kept = {result.value: s for result, s in before.retries.items()} if before is not None else {}
    chosen = {
        result: _whole(minutes, "retries") * _MINUTE if minutes else None
        for result in RETRIED
        for minutes in [sent.get(f"retry-{result}", "").strip()]
    }
    usual = {result.value: seconds for result, seconds in RETRIES.items()}
    return {r: s for r, s in (kept | chosen).items() if usual[r] != s or r in kept}


def _told(sent: Mapping[str, str], before: Plan | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for result in TOLD:
        kept = before.write_back.get(CallOutcome(result)) if before is not None else None
        pipeline, _, stage = sent.get(f"move-{result}", "").partition(_STAGE)
        told: dict[str, Any] = {
            name: text for name in ("note", "task") if (text := sent.get(f"{name}-{result}"))
        }
        if pipeline and stage:
            told["pipeline_id"] = _whole(pipeline, "write_back")
            told["status_id"] = _whole(stage, "write_back")
        if told:
            found[result] = told | ({"task_in_min": kept.task_in_min} if kept else {})
    return found


def _words(sent: Mapping[str, str], name: str) -> Sequence[str]:
    return sent.get(name, "").replace(",", " ").split()


def _whole(text: str, field: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004  bigint
        raise InvalidInput("campaign_invalid", field=field)
    return int(text)


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("campaign_invalid", field=field) from None


def _end(text: str, tz: ZoneInfo) -> str | None:
    """The midnight after the last day."""
    if not text:
        return None
    try:
        after = _day(text, "ends_at") + timedelta(days=1)
    except OverflowError:
        raise InvalidInput("campaign_invalid", field="ends_at") from None
    return datetime.combine(after, time(), tz).isoformat()


def _minutes(seconds: int | None) -> str:
    return "" if seconds is None else str(seconds // _MINUTE)
