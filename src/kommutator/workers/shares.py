"""How many lanes are one engine's fair part, and whether the database's clock can be trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

ROLE_OF_ROOM = {"pbx": "pbx"}
DEFAULT_ROLE = "worker"
_SLACK = 1  # moving a lane costs a drain: one more or less is not worth it


def role_of(room: str) -> str:
    return ROLE_OF_ROOM.get(room, DEFAULT_ROLE)


@dataclass(frozen=True, slots=True)
class Shares:
    """The last look around: engines alive per role, lanes owned per room by all of them."""

    live: Mapping[str, int] = field(default_factory=dict)
    owned: Mapping[str, int] = field(default_factory=dict)

    def quota(self, room: str, *, wanted: int) -> float:
        """The most lanes of the room to own, if `wanted` more are waiting for an owner."""
        live = self.live.get(role_of(room), 1)
        if live <= 1:
            return math.inf
        return math.ceil((self.owned.get(room, 0) + wanted) / live) + _SLACK

    def surplus(self, room: str, mine: int) -> int:
        """How many of my lanes others should have."""
        quota = self.quota(room, wanted=0)
        return 0 if math.isinf(quota) else max(0, mine - int(quota))


class ClockWatch:
    """Notices when the database's clock jumps against our monotonic one.

    After a jump every lease looks wrong until its owner renews it, so for one lease's length
    nobody takes lanes away from silent owners.
    """

    def __init__(self, *, tolerance_s: float, distrust_s: float) -> None:
        self._tolerance_s = tolerance_s
        self._distrust_s = distrust_s
        self._offset: float | None = None
        self._until = -math.inf

    def observe(self, database: float, monotonic: float) -> bool:
        """Compare both; returns whether the database's clock jumped since the last look."""
        offset = database - monotonic
        jumped = self._offset is not None and abs(offset - self._offset) > self._tolerance_s
        self._offset = offset
        if jumped:
            self._until = monotonic + self._distrust_s
        return jumped

    def trusted(self, monotonic: float) -> bool:
        return monotonic >= self._until
