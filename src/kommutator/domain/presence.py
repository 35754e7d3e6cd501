"""Whether an employee may be disturbed, in the CRM's four words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

PresenceStatus = Literal["free", "busy", "dinner", "break"]

_WORDS: Final[tuple[tuple[re.Pattern[str], PresenceStatus], ...]] = (
    (re.compile(r"dinner|lunch|meal|обед|обід", re.IGNORECASE), "dinner"),
    (re.compile(r"break|rest|smok|coffee|перерыв|перерва|перекур|кофе", re.IGNORECASE), "break"),
)


@dataclass(frozen=True, slots=True)
class Pause:
    """A queue's agent was paused, or the pause ended (`status` is "free" then).

    Attributes:
        ours: we did it ourselves; no news.
    """

    extension: str
    status: PresenceStatus
    ours: bool


@dataclass(frozen=True, slots=True)
class Ways:
    """Which side's status reaches the other one."""

    to_pbx: bool = True
    to_crm: bool = True

    @classmethod
    def of(cls, crm_config: Mapping[str, Any]) -> Ways:
        """From a CRM connection's config: `presence: {"to_pbx": …, "to_crm": …}`."""
        told = crm_config.get("presence") or {}
        return cls(bool(told.get("to_pbx", True)), bool(told.get("to_crm", True)))


def status_of_reason(reason: str) -> PresenceStatus:
    """What the words of a pause mean; a pause without a telling word is "busy"."""
    return next((status for pattern, status in _WORDS if pattern.search(reason)), "busy")
