"""What came over the wire: counters, the last requests, the busiest second of each bucket."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

LAST_REQUESTS_KEPT = 2000
LAST_VIOLATIONS_KEPT = 500
WINDOW_SECONDS = 1.0


@dataclass
class BusySecond:
    """Most requests that any window of one second has seen."""

    recent: deque[float] = field(default_factory=deque)
    most: int = 0
    total: int = 0

    def count(self, at: float) -> int:
        """Add one request at monotonic second `at`; returns how many the last second held."""
        self.recent.append(at)
        while self.recent[0] <= at - WINDOW_SECONDS:
            self.recent.popleft()
        self.total += 1
        self.most = max(self.most, len(self.recent))
        return len(self.recent)


class Traffic:
    """The twin's memory of requests. Keys and bodies are never kept."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._counters: Counter[tuple[str, str]] = Counter()
        self._seconds: dict[str, BusySecond] = {}
        self._requests: deque[dict[str, Any]] = deque(maxlen=LAST_REQUESTS_KEPT)
        self._violations: deque[dict[str, Any]] = deque(maxlen=LAST_VIOLATIONS_KEPT)

    def arrived(self, *, account: str, method: str, path: str) -> None:
        """Count one request, whatever becomes of it."""
        self._counters[account, f"{method} {path}"] += 1

    def answered(self, *, at: float, account: str, method: str, path: str, status: int) -> None:
        """Note one answer; `at` in epoch seconds, `status` 0 when the connection was cut."""
        self._requests.append(
            {"at": at, "account": account, "method": method, "path": path, "status": status}
        )

    def second(self, bucket: str, at: float) -> int:
        """Note one request of a rate bucket at monotonic second `at`."""
        return self._seconds.setdefault(bucket, BusySecond()).count(at)

    def violation(self, *, at: float, account: str, kind: str, detail: str) -> None:
        """Note that a client broke a rule of the vendor; `at` in epoch seconds."""
        self._violations.append({"at": at, "account": account, "kind": kind, "detail": detail})

    def dump(self, account: str | None = None) -> dict[str, Any]:
        """Everything as JSON, for one account or for all."""
        counters: Counter[str] = Counter()
        for (owner, path), times in self._counters.items():
            if account in (None, owner):
                counters[path] += times
        return {
            "requests": dict(sorted(counters.items())),
            "lastRequests": [r for r in self._requests if account in (None, r["account"])],
            "buckets": {
                name: {"maxPerSecond": busy.most, "total": busy.total}
                for name, busy in sorted(self._seconds.items())
            },
            "violations": [v for v in self._violations if account in (None, v["account"])],
        }
