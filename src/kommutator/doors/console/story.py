"""The call's card: its story in words, and why it is or is not in the CRM."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.why import CallFact, CommandFact, CrmFact, JournalFact, Why, explain
from kommutator.doors.console import formats, timeline
from kommutator.doors.console.visit import Visit
from kommutator.kit.zones import zone
from kommutator.store.views import AccessViews, CallViews, ConnectionLine, ConnectionViews
from kommutator.store.views.calls import Story

_GO = {
    "no_connection": ("/console/connections", "why.go.connection"),
    "connection_draft": ("/console/connections", "why.go.connection"),
    "connection_paused": ("/console/connections", "why.go.connection"),
    "connection_broken": ("/console/connections", "why.go.connection"),
    "parked": ("/console/connections", "why.go.connection"),
    "nobody_mapped": ("/console/people", "why.go.people"),
    "refused": ("/console/log/dead", "why.go.log"),
    "gave_up": ("/console/log/dead", "why.go.log"),
    "unsure": ("/console/log/dead", "why.go.log"),
    "records_off": ("/console/settings", "why.go.settings"),
    "unknown": ("/console/diagnostics", "why.go.diagnostics"),
}


async def tell(
    connection: Any, enterprise: EnterpriseNumber, call_id: str, see: Visit
) -> dict[str, Any] | None:
    """What the card's template needs, or None if there is no such call."""
    story = await CallViews(connection).story(enterprise, call_id)
    if story is None:
        return None
    crm = next(iter(await ConnectionViews(connection).crms(enterprise)), None)
    row = await AccessViews(connection).enterprise(enterprise)
    tz = zone(row["time_zone"] if row else "")
    say = partial(see.house.texts.first, see.locale)
    reason = story.call.reason or ""
    return {
        "call": story.call,
        "reason": say(f"reason.{reason}", "reason.other", reason=reason),
        "steps": timeline.steps(story, say),
        "why": _words(explain(*_evidence(story, crm, see.house.clock.now())), crm, see, tz),
    }


def _evidence(
    story: Story, crm: ConnectionLine | None, now: datetime
) -> tuple[CallFact, CrmFact | None, list[CommandFact], list[JournalFact]]:
    call = story.call
    return (
        CallFact(call.phase, call.direction, call.client, call.started_at, call.extensions),
        None if crm is None else _crm(crm, now),
        [_command(row) for row in story.commands],
        [JournalFact(row["kind"], row["state"], row["note"]) for row in story.journal],
    )


def _crm(crm: ConnectionLine, now: datetime) -> CrmFact:
    events = crm.config.get("events") or {}
    mapped = (crm.config.get("user_extensions") or {}).values()
    resting = crm.breaker == "open" and crm.breaker_until is not None and crm.breaker_until > now
    return CrmFact(
        status=crm.status,
        reason=crm.status_reason,
        created_at=crm.created_at,
        records_on=bool(events.get("record", True)),
        mapped=frozenset(str(number) for number in mapped if number),
        parked_reason=crm.parked_reason,
        breaker_until=crm.breaker_until if resting else None,
    )


def _command(row: Mapping[str, Any]) -> CommandFact:
    names = ("kind", "state", "attempts", "run_at", "finished_at", "unsure", "error_kind")
    return CommandFact(**{name: row[name] for name in names}, error=row["error"], note=row["note"])


def _words(why: Why, crm: ConnectionLine | None, see: Visit, tz: Any) -> dict[str, str]:
    now = see.house.clock.now()
    params = {
        name: formats.moment(value, now, tz, see.locale) if isinstance(value, datetime) else value
        for name, value in why.params.items()
    }
    if reason := params.get("reason"):
        params["reason"] = see.house.texts.first(
            see.locale, f"reason.{reason}", "reason.other", reason=reason
        )
    params["crm"] = "CRM" if crm is None else see.t(f"kind.{crm.kind}")
    href, label = _GO.get(why.slug, ("", ""))
    if why.slug == "nobody_mapped" and crm is not None and crm.kind == "amocrm":
        href, label = f"/console/amocrm/settings/{crm.id}", "why.go.settings"
    if note := params.get("note"):
        say = partial(see.house.texts.first, see.locale)
        params["note"] = timeline.note_in_words(str(note), say)
    return {
        "tone": why.tone.value,
        "words": see.t(f"why.{why.slug}", **params),
        "action": see.t(f"why.{why.slug}.action", **params),
        "href": href,
        "label": see.t(label) if label else "",
    }
