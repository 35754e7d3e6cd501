"""An employee of a branch: what they do, how long it takes them, when they work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

Json = dict[str, Any]


@dataclass
class Staff:
    """An employee.

    Attributes:
        lengths: service id -> how many seconds this employee needs for it.
        prices: service id -> the employee's own price in roubles, where it differs.
        shifts: day -> sorted working intervals, seconds from local midnight.
        off_days: day -> the vendor's `off_day_type`.
    """

    id: int
    name: str
    company_id: int
    specialization: str = ""
    position_id: int = 0
    position: str = ""
    user_id: int | None = None
    rating: float = 5.0
    votes_count: int = 0
    weight: int = 0
    information: str = ""
    avatar: str = ""
    phone: str = ""
    hidden: bool = False
    fired: bool = False
    bookable: bool = True
    api_id: str = ""
    lengths: dict[int, int] = field(default_factory=dict)
    prices: dict[int, float] = field(default_factory=dict)
    shifts: dict[date, list[tuple[int, int]]] = field(default_factory=dict)
    off_days: dict[date, int] = field(default_factory=dict)

    @property
    def visible(self) -> bool:
        """Whether clients may see the employee online."""
        return not (self.hidden or self.fired)

    def schedule_till(self) -> date | None:
        """The last day with a shift."""
        return max(self.shifts, default=None)
