"""How a campaign calls: a typed reading of what an administrator decided. Pure.

Stored as JSON in `campaigns.plan`; whatever is left out has a careful default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from kommutator.domain.campaigns.results import RETRIES, CallOutcome
from kommutator.kit.errors import InvalidInput

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_AGENTS: Final = 200
_MOST_TEXT: Final = 1000
_EXTENSION: Final = re.compile(r"[0-9]{2,6}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_USUAL: Final = dict.fromkeys(DAYS[:5], (("10:00", "19:00"),))

Window = tuple[str, str]
"""From, until: "09:00", "18:00"; until is not part of it, and comes later on the same day."""


class Mode(StrEnum):
    AGENT_FIRST = "agent_first"  # the agent's phone rings, then the client's
    CLIENT_FIRST = "client_first"  # the client's rings while the agent is kept free


class Source(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who is to be called. `numbers`: a list that people put in; `leads`: the CRM's, filtered.

    Attributes:
        connection_id: the account whose leads they are, also those that a list names; None: the
            enterprise's oldest.
        tag: leads that carry it.
        text: the CRM's own search.
        dont_call_tag: whose lead or contact carries it goes on the do-not-call list.
        zone_field: id of the lead's custom field that names its IANA time zone.
    """

    kind: Literal["numbers", "leads"] = "numbers"
    connection_id: UUID | None = None
    pipeline_id: int | None = None
    stage_ids: tuple[int, ...] = ()
    responsible_ids: tuple[int, ...] = ()
    tag: str | None = None
    text: str | None = None
    dont_call_tag: str | None = None
    zone_field: int | None = None


class WriteBack(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the CRM is told of one result. Of numbers without a lead nothing is told.

    Attributes:
        pipeline_id, status_id: where the lead moves; both or neither.
        note: text; `{result}`, `{attempt}` and `{phone}` are filled in.
        task: text of a task for the lead's responsible; `task_in_min` minutes from then.
    """

    pipeline_id: int | None = None
    status_id: int | None = None
    note: str | None = None
    task: str | None = None
    task_in_min: int = 60


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A campaign's decisions.

    Attributes:
        agents: extensions that take its calls; a call is placed only while one of them is free.
        line: the company number that clients see, E.164; None: as for clicks.
        concurrency: calls at once at most.
        per_minute: calls placed in a minute at most.
        windows: weekday → when clients may be called, in the client's own time.
        holidays: days without calls, in the client's own time.
        attempts: calls to one number at most that reached, or tried to reach, the client.
        retries: result → seconds until the next attempt; None: never again.
        daily_cap: calls to one number in one of its days, by all campaigns together.
        apart_h: hours between calls of two campaigns to one number.
        wrap_up_s: seconds of rest for an agent after a call.
        client_ring_s, agent_ring_s: how long phones ring, in client_first.
        ends_at, max_calls, max_talked: when it is enough.
        failures: that many calls in a row come to nothing: it pauses itself.
        alone_min: no agent at work for that many minutes: it pauses itself.
        write_back: result → what the CRM is told.
    """

    agents: tuple[str, ...]
    source: Source = Source()
    mode: Mode = Mode.AGENT_FIRST
    line: str | None = None
    concurrency: int = 1
    per_minute: int = 6
    windows: dict[str, tuple[Window, ...]] = msgspec.field(default_factory=lambda: dict(_USUAL))
    holidays: tuple[date, ...] = ()
    attempts: int = 3
    retries: dict[CallOutcome, int | None] = {}
    daily_cap: int = 2
    apart_h: int = 24
    wrap_up_s: int = 10
    client_ring_s: int = 30
    agent_ring_s: int = 20
    ends_at: datetime | None = None
    max_calls: int | None = None
    max_talked: int | None = None
    failures: int = 5
    alone_min: int = 30
    write_back: dict[CallOutcome, WriteBack] = {}

    def retry_after(self, result: CallOutcome) -> int | None:
        """Seconds, or None for never."""
        return self.retries.get(result, RETRIES[result])

    @property
    def moves_leads(self) -> bool:
        """Whether a call may take its lead out of the stage that the others are read from."""
        return any(told.status_id is not None for told in self.write_back.values())


_LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "concurrency": (1, 50),
    "per_minute": (1, 120),
    "attempts": (1, 20),
    "daily_cap": (1, 10),
    "apart_h": (0, 720),
    "wrap_up_s": (0, 3600),
    "client_ring_s": (5, 90),
    "agent_ring_s": (5, 60),
    "max_calls": (1, 10_000_000),
    "max_talked": (1, 10_000_000),
    "failures": (1, 100),
    "alone_min": (1, 1440),
}


def read_plan(stored: str | bytes) -> Plan:
    """From the table. Raises msgspec.ValidationError for what no version of ours wrote."""
    return msgspec.json.decode(stored, type=Plan)


def dump_plan(plan: Plan) -> str:
    """To the table."""
    return msgspec.json.encode(plan).decode()


def checked_plan(given: Mapping[str, Any]) -> Plan:
    """A plan from outside.

    Raises:
        InvalidInput: `campaign_invalid` (`field`), `campaign_windows_invalid`,
            `campaign_agents_missing`, `campaign_limit_invalid` (`field`, `least`, `most`).
    """
    try:
        plan = msgspec.convert(dict(given), Plan, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidInput("campaign_invalid", field=_field_of(str(error))) from None
    for name, (least, most) in _LIMITS.items():
        value = getattr(plan, name)
        if value is not None and not least <= value <= most:
            raise InvalidInput("campaign_limit_invalid", field=name, least=least, most=most)
    if not plan.agents or len(plan.agents) > MOST_AGENTS:
        raise InvalidInput("campaign_agents_missing", most=MOST_AGENTS)
    if any(not _EXTENSION.fullmatch(agent) for agent in plan.agents):
        raise InvalidInput("campaign_invalid", field="agents")
    _check_windows(plan)
    _check_texts(plan)
    return plan


def _check_windows(plan: Plan) -> None:
    windows = [window for day in plan.windows.values() for window in day]
    odd = any(not _TIME.fullmatch(edge) for window in windows for edge in window)
    if not windows or odd or set(plan.windows) - set(DAYS):
        raise InvalidInput("campaign_windows_invalid")
    if any(begin >= end for begin, end in windows):
        raise InvalidInput("campaign_windows_invalid")


def _check_texts(plan: Plan) -> None:
    if plan.ends_at is not None and plan.ends_at.tzinfo is None:
        raise InvalidInput("campaign_invalid", field="ends_at")
    if any(s is not None and not 0 <= s <= 30 * 86400 for s in plan.retries.values()):
        raise InvalidInput("campaign_invalid", field="retries")
    source = (plan.source.tag, plan.source.text, plan.source.dont_call_tag, plan.line)
    if any(_unfit(text) for text in source):
        raise InvalidInput("campaign_invalid", field="source")
    for told in plan.write_back.values():
        unfit = _unfit(told.note) or _unfit(told.task)
        half = (told.pipeline_id is None) is not (told.status_id is None)
        if unfit or half or not 0 <= told.task_in_min <= 43_200:  # noqa: PLR2004  thirty days
            raise InvalidInput("campaign_invalid", field="write_back")


def _unfit(text: str | None) -> bool:
    """Too long, or with the one character that PostgreSQL takes in no text."""
    return text is not None and (len(text) > _MOST_TEXT or "\x00" in text)


def _field_of(words: str) -> str:
    """Its words end with "- at `$.retries[...]`"; a stranger's own field name is not repeated."""
    found = re.search(r"`\$\.([a-z_]+)", words)
    return found[1] if found else "plan"
