"""The limits: 5 requests in any second and 200 in any minute of one IP address (§1.1).

Counted by arrival over true rolling windows of real time, all salons together. Whether a refused
request counts too is a switch; the peaks that are shown count every request.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from kommutator.twins.yclients.replies import too_fast
from kommutator.twins.yclients.switches import Switches

Json = dict[str, Any]

SECOND, MINUTE = 1.0, 60.0


@dataclass
class Window:
    """Requests of the last `seconds`, and the most there ever were."""

    seconds: float
    recent: deque[float] = field(default_factory=deque)
    most: int = 0

    def count(self, at: float) -> int:
        """Add one request at monotonic second `at`; returns how many the window holds now."""
        held = self.held(at) + 1
        self.recent.append(at)
        self.most = max(self.most, held)
        return held

    def held(self, at: float) -> int:
        """How many of the requests counted so far are no older than the window."""
        while self.recent and self.recent[0] <= at - self.seconds:
            self.recent.popleft()
        return len(self.recent)


@dataclass
class Address:
    """One caller."""

    second: Window = field(default_factory=lambda: Window(SECOND))
    minute: Window = field(default_factory=lambda: Window(MINUTE))
    admitted_second: Window = field(default_factory=lambda: Window(SECOND))
    admitted_minute: Window = field(default_factory=lambda: Window(MINUTE))
    total: int = 0
    refused: int = 0


class Pace:
    """Counts requests and refuses those above the limits."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._addresses: dict[str, Address] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._addresses.clear()

    def refusal(self, ip: str, at: float) -> web.Response | None:
        """Count one request at monotonic second `at`; what to answer when it is one too many."""
        caller = self._addresses.setdefault(ip, Address())
        caller.total += 1
        second, minute = caller.second.count(at), caller.minute.count(at)
        switches = self._switches
        if not switches.refused_counts:
            second = caller.admitted_second.held(at) + 1
            minute = caller.admitted_minute.held(at) + 1
        slow = second <= switches.rate_per_second and minute <= switches.rate_per_minute
        if slow or not switches.rate_limits:
            caller.admitted_second.count(at)
            caller.admitted_minute.count(at)
            return None
        caller.refused += 1
        return too_fast(switches.rate_reply, switches.rate_retry_after)

    def dump(self) -> Json:
        """Peaks of each address and the highest of all, as JSON."""
        rows = {
            ip: {
                "mostInASecond": row.second.most,
                "mostInAMinute": row.minute.most,
                "total": row.total,
                "refused": row.refused,
            }
            for ip, row in self._addresses.items()
        }
        return {
            "limits": {
                "enforced": self._switches.rate_limits,
                "perSecond": self._switches.rate_per_second,
                "perMinute": self._switches.rate_per_minute,
            },
            "mostInASecond": max((row["mostInASecond"] for row in rows.values()), default=0),
            "mostInAMinute": max((row["mostInAMinute"] for row in rows.values()), default=0),
            "total": sum(row["total"] for row in rows.values()),
            "refused": sum(row["refused"] for row in rows.values()),
            "addresses": rows,
        }
