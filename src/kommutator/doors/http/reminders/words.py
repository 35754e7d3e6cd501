"""Rules of reminders, and reviews, in the words of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AnyHttpUrl, Field, StringConstraints

from kommutator.domain.notices.template import LONGEST_TEMPLATE
from kommutator.doors.http.v1.words import Body, Line, Shown

Moment = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Kind = Literal["reminder_day", "reminder_hours", "review", "win_back"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEMPLATE)]


class DayBody(Body):
    """A reminder the day before."""

    on: bool = True
    way: Literal["evening", "hours"] = Field(
        "evening", description="Between `begin` and `end` of the day before, or `hours` ahead."
    )
    begin: Moment = "19:00"
    end: Moment = "21:00"
    hours: float = Field(24, gt=0, le=72)


class HoursBody(Body):
    """A reminder hours before the visit."""

    on: bool = True
    hours: float = Field(2, gt=0, le=12)


class LinkBody(Body):
    """Where a client may write about the salon in public."""

    title: Line
    url: AnyHttpUrl


class ReviewBody(Body):
    """A question after a visit that took place."""

    on: bool = True
    after_minutes: int = Field(150, ge=0, le=2880, description="Since the client was noted.")
    every_days: int = Field(30, ge=1, le=730, description="Nobody is asked more often.")
    links: list[LinkBody] = Field([], max_length=5)
    for_all: bool = Field(True, description="Also after a low rating; sites want it so.")


class WinBackBody(Body):
    """A word to whoever has not come for long; advertising."""

    on: bool = False
    after_days: int = Field(60, ge=1, le=730)
    every_days: int = Field(90, ge=1, le=730)
    per_day: int = Field(20, ge=1, le=200)
    at: Moment = "12:00"


class RulesBody(Body):
    """Of one salon."""

    day: DayBody = DayBody()
    hours: HoursBody = HoursBody()
    review: ReviewBody = ReviewBody()
    win_back: WinBackBody = WinBackBody()
    language: Literal["", "ru", "uk", "en"] = Field("", description="Empty: the enterprise's.")
    texts: dict[Kind, Text] = Field({}, description="The salon's own words.")


class RemindBody(Body):
    on: bool = True
    rules: RulesBody = RulesBody()
    salons: dict[UUID, RulesBody] = Field(
        {}, max_length=1000, description="Connection of a salon → its rules instead of `rules`."
    )

    def given(self) -> dict[str, Any]:
        """In the shape of the stored settings."""
        return self.model_dump(mode="json")


class WarningShown(Shown):
    code: str
    message: str


class RemindShown(Shown):
    settings: RemindBody
    warnings: list[WarningShown]


class PreviewBody(Body):
    kind: Kind
    rules: RulesBody = RulesBody()


class PreviewShown(Shown):
    """`text`: of the next visit of a salon, else of an invented one."""

    text: str


class ReviewShown(Shown):
    """`salon`: its connection; `record_id`: of the visit there."""

    id: int
    salon: UUID
    record_id: int
    staff_id: int | None
    phone: str | None
    client_name: str | None
    stars: int
    words: str
    at: datetime
