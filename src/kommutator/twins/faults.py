"""Faults on order: which requests of a twin go wrong, how, and how often.

A rule is JSON: `kind` (see `KINDS`, or a reply the vendor's twin adds), and optionally `method`,
`path` (prefix), `regex`, `account`, `count` (how many times), `probability` (0…1), `seconds`
(for latency and hang), `after` (true: the request is processed first, then its answer is lost),
`status`, `body` and `headers` (for kind `reply`). Without `count` it holds until cleared.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kommutator.kit.ids import Ids

KINDS = frozenset({"latency", "hang", "drop", "garbage", "truncated", "cut_off", "reply"})
FIELDS = frozenset(
    [
        "kind",
        "method",
        "path",
        "regex",
        "account",
        "count",
        "probability",
        "seconds",
        "after",
        "status",
        "body",
        "headers",
    ]
)
# A hang ends by itself at last, so that a forgotten rule does not keep a process alive.
LONGEST_HANG_SECONDS = 600.0


@dataclass(frozen=True)
class CannedReply:
    """A whole answer, such as nginx's page for 503."""

    status: int
    body: str
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class FaultRule:
    """One order, with what is left of it."""

    id: int
    kind: str
    reply: CannedReply | None = None
    method: str | None = None
    path: str | None = None
    pattern: re.Pattern[str] | None = None
    account: str | None = None
    remaining: int | None = None
    probability: float = 1.0
    seconds: float = 1.0
    after: bool = False
    hits: int = 0
    cleared: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, method: str, account: str, path: str) -> bool:
        """Whether the rule is meant for this request."""
        if self.remaining == 0 or (self.method and self.method != method):
            return False
        if self.account is not None and self.account != account:
            return False
        if self.path is not None and not path.startswith(self.path):
            return False
        return self.pattern is None or self.pattern.search(path) is not None

    def dump(self) -> dict[str, Any]:
        """The rule as JSON."""
        return {
            "id": self.id,
            "kind": self.kind,
            "method": self.method,
            "path": self.path,
            "regex": self.pattern.pattern if self.pattern else None,
            "account": self.account,
            "remaining": self.remaining,
            "probability": self.probability,
            "seconds": self.seconds,
            "after": self.after,
            "hits": self.hits,
        }


class FaultBook:
    """All orders of one twin, in the order they came; the first that fits is taken."""

    def __init__(self, ids: Ids, replies: Mapping[str, CannedReply]) -> None:
        self._ids = ids
        self._replies = replies
        self._numbers = itertools.count(1)
        self._rules: dict[int, FaultRule] = {}

    def add(self, order: Mapping[str, Any]) -> FaultRule:
        """Take an order.

        Raises:
            ValueError: an unknown kind or field, a bad pattern or number; says which.
        """
        if unknown := sorted(set(order) - FIELDS):
            raise ValueError(f"unknown fields: {', '.join(unknown)}")
        kind = str(order.get("kind", ""))
        if kind not in KINDS and kind not in self._replies:
            raise ValueError(f"unknown kind {kind!r}; known: {', '.join(self.kinds())}")
        rule = FaultRule(
            id=next(self._numbers),
            kind=kind,
            reply=_reply(order) if kind == "reply" else self._replies.get(kind),
            method=str(order["method"]).upper() if order.get("method") else None,
            path=order.get("path"),
            pattern=_pattern(order.get("regex")),
            account=order.get("account"),
            remaining=int(order["count"]) if order.get("count") is not None else None,
            probability=float(order.get("probability", 1.0)),
            seconds=float(order.get("seconds", LONGEST_HANG_SECONDS if kind == "hang" else 1.0)),
            after=bool(order.get("after", False)),
        )
        self._rules[rule.id] = rule
        return rule

    def take(self, method: str, account: str, path: str) -> FaultRule | None:
        """The rule that spoils this request, already counted; None when all is well."""
        for rule in self._rules.values():
            if not rule.fits(method, account, path):
                continue
            if rule.probability < 1.0 and self._ids.uniform() >= rule.probability:
                continue
            rule.hits += 1
            if rule.remaining is not None:
                rule.remaining -= 1
            return rule
        return None

    def clear(self, number: int | None = None) -> int:
        """Withdraw one order or all, letting go whoever hangs on it; returns how many."""
        gone = [n for n in self._rules if number in (None, n)]
        for n in gone:
            self._rules.pop(n).cleared.set()
        return len(gone)

    def kinds(self) -> list[str]:
        """Every kind that can be ordered here."""
        return sorted(KINDS | set(self._replies))

    def __iter__(self) -> Iterator[FaultRule]:
        return iter(list(self._rules.values()))


def _reply(order: Mapping[str, Any]) -> CannedReply:
    headers = {str(k): str(v) for k, v in dict(order.get("headers") or {}).items()}
    content_type = headers.pop("Content-Type", "application/json")
    status, body = int(order.get("status", 500)), str(order.get("body", ""))
    return CannedReply(status, body, content_type, headers)


def _pattern(regex: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(regex) if regex else None
    except re.error as wrong:
        raise ValueError(f"bad regex: {wrong}") from wrong
