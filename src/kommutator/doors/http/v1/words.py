"""Types of fields that many bodies share; no control characters, PostgreSQL takes no NUL."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.kit.given import on_calendar
from kommutator.kit.passwords import LONGEST, SHORTEST
from kommutator.kit.zones import is_zone

_LINE = r"^[^\x00-\x1f\x7f]*$"


def _time_zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("is not a time zone of the IANA database")
    return value


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_LINE)
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+$",
    ),
]
GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
NewPassword = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Moment = Annotated[AwareDatetime, AfterValidator(on_calendar)]
Locale = Literal["ru", "uk", "en"]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")]
ExtensionNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,6}$")]
RowId = Annotated[int, Path(ge=1, le=BIGGEST_ID)]
Found = Annotated[str, StringConstraints(max_length=200, pattern=_LINE)]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """An answer made from a row by the names of its attributes."""

    model_config = ConfigDict(from_attributes=True)
