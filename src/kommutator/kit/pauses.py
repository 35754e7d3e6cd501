"""How long to stay away from a vendor that says "too fast"."""

from __future__ import annotations

from dataclasses import dataclass, field

_LONGEST_ROW = 8


@dataclass(slots=True)
class Pauses:
    """Longer each time the vendor has to say it again. One per process and vendor.

    Attributes:
        first_s: after a refusal that names no pause; doubled for each one after another.
    """

    first_s: float
    longest_s: float
    _again: dict[str, int] = field(default_factory=dict)

    def said(self, key: str) -> int:
        """How often in a row by now; asked before a request leaves."""
        return self._again.get(key, 0)

    def after(self, key: str, asked: float | None, said: int) -> float:
        """Seconds; what the vendor asked for, if it did.

        Args:
            said: as it was when the refused request left. If the vendor said it in the meantime,
                this answer is of the same burst and no disobedience.
        """
        now = self.said(key)
        times = self._again[key] = min(now + 1, _LONGEST_ROW) if now == said else max(now, 1)
        if asked is not None:
            return max(asked, 1.0)
        return float(min(self.first_s * 2 ** (times - 1), self.longest_s))

    def over(self, key: str, said: int) -> None:
        """The vendor obeyed; a request that left before its last refusal proves nothing.

        Args:
            said: as it was when that request left.
        """
        if said == self.said(key):
            self._again.pop(key, None)
