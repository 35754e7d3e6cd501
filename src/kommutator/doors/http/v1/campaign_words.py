"""Campaigns in the words of the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from kommutator.domain.campaigns.plan import Mode
from kommutator.domain.campaigns.results import CallOutcome
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.v1.words import Body, ExtensionNumber, Line, Moment, Shown, TimeZone

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Text = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Typed = Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]


class SourceBody(Body):
    """Who is called. `numbers`: what is added by hand; `leads`: the CRM's, by these filters."""

    kind: Literal["numbers", "leads"] = "numbers"
    connection_id: UUID | None = Field(
        None,
        description="The CRM account whose leads they are; the enterprise's oldest unless told.",
    )
    pipeline_id: Id | None = None
    stage_ids: list[Id] = Field([], max_length=100)
    responsible_ids: list[Id] = Field([], max_length=100)
    tag: Line | None = None
    text: Line | None = Field(None, description="The CRM's own search.")
    dont_call_tag: Line | None = Field(
        None, description="Whoever carries it goes on the do-not-call list."
    )
    zone_field: Id | None = Field(None, description="The lead's field that names its time zone.")


class WriteBackBody(Body):
    """What the CRM is told of one result; `{result}`, `{attempt}`, `{phone}` are filled in."""

    pipeline_id: Id | None = None
    status_id: Id | None = None
    note: Text | None = None
    task: Text | None = None
    task_in_min: int = Field(60, ge=0, le=43_200)


class PlanBody(Body):
    """How it calls; what is left out keeps its value, of a new campaign its default."""

    agents: list[ExtensionNumber] = Field(
        [], max_length=200, description="Extensions that take its calls."
    )
    source: SourceBody = SourceBody()
    mode: Mode = Field(Mode.AGENT_FIRST, description="Whose phone rings first.")
    line: Typed | None = Field(None, description="The company number that clients see, E.164.")
    concurrency: int = Field(1, ge=1, le=50)
    per_minute: int = Field(6, ge=1, le=120)
    windows: dict[Day, list[tuple[Clock, Clock]]] = Field(
        {}, description="When clients may be called, in the client's own time."
    )
    holidays: list[date] = Field([], max_length=400)
    attempts: int = Field(3, ge=1, le=20)
    retries: dict[CallOutcome, Annotated[int, Field(ge=0, le=2_592_000)] | None] = Field(
        {}, description="Result → seconds until the next attempt; null: never again."
    )
    daily_cap: int = Field(2, ge=1, le=10, description="Of one number, by all campaigns.")
    apart_h: int = Field(24, ge=0, le=720, description="Between two campaigns' calls to a number.")
    wrap_up_s: int = Field(10, ge=0, le=3600, description="An agent's rest after a call.")
    client_ring_s: int = Field(30, ge=5, le=90)
    agent_ring_s: int = Field(20, ge=5, le=60)
    ends_at: Moment | None = None
    max_calls: int | None = Field(None, ge=1, le=10_000_000)
    max_talked: int | None = Field(None, ge=1, le=10_000_000)
    failures: int = Field(5, ge=1, le=100, description="In a row; then it pauses itself.")
    alone_min: int = Field(30, ge=1, le=1440, description="Without agents; then it pauses itself.")
    write_back: dict[CallOutcome, WriteBackBody] = Field({})

    def given(self) -> dict[str, Any]:
        """What was sent, in the shape of the stored plan."""
        return self.model_dump(mode="json", exclude_unset=True)


class NewCampaign(Body):
    name: Line
    plan: PlanBody


class CampaignChange(Body):
    name: Line | None = None
    plan: PlanBody | None = None


class WantedBody(Body):
    """A number to be called."""

    phone: Typed
    name: Line | None = None
    lead_id: Id | None = None
    time_zone: TimeZone | None = None


class ItemsBody(Body):
    items: list[WantedBody] = Field(min_length=1, max_length=1000)


class AddedShown(Shown):
    new: int
    known: int = Field(description="Were in the campaign before.")
    odd: list[str] = Field(description="Lines without a number, the first twenty.")
    odd_count: int


class FiguresShown(Shown):
    items: int
    waiting: int
    done: int
    going: int = Field(description="Calls under way.")
    placed: int = Field(description="Calls so far.")
    talked: int
    results: Mapping[str, int] = Field(description="How calls ended.")
    outcomes: Mapping[str, int] = Field(description="Why numbers are done.")
    next_due: datetime | None
    next_waits: str | None = Field(description="Why the next number waits, slug.")


class CampaignShown(BaseModel):
    id: UUID
    name: str
    state: Literal["draft", "running", "paused", "done"]
    reason: str | None = Field(description="Why it is paused or done, slug.")
    reason_text: str | None = Field(description="The same for people.")
    waits: str | None = Field(description="Why no call is placed right now, slug.")
    waits_text: str | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    reading_leads: bool = Field(description="The CRM's leads are still being read.")
    plan: dict[str, Any]
    figures: FiguresShown


class ItemShown(Shown):
    id: int
    phone: str
    name: str | None
    lead_id: int | None
    state: Literal["waiting", "calling", "done"]
    due_at: datetime
    waits: str | None = Field(description="Why not before `due_at`, slug.")
    attempts: int
    outcome: str | None = Field(description="Of the last call, or why it is done.")
    last_call: str | None = Field(description="The call's id.")
    last_at: datetime | None


class AttemptShown(Shown):
    call_id: str
    phone: str
    name: str | None
    extension: str
    placed_at: datetime
    result: str | None = Field(description="null: it goes on.")
    reason: str | None
    talk_s: int | None
    ended_at: datetime | None


class UnwantedShown(Shown):
    phone: str
    note: str | None
    added_by: str
    added_at: datetime


class UnwantedBody(Body):
    phones: list[Typed] = Field(min_length=1, max_length=1000)
    note: Line | None = None


class MarkedShown(Shown):
    new: int
    known: int
    odd_count: int = Field(description="Entries that hold no number.")
