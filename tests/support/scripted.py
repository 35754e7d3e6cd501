"""A vendor that answers what a test wrote down, and turns that remember who took them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kommutator.domain.outcome import Budget
from kommutator.kit.clock import ManualClock
from kommutator.kit.http import Answer, HttpClient, Pairs, WireError


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, raw, 1.0)


@dataclass
class Sent:
    """`path`: the address without the vendor's own beginning."""

    method: str
    url: str
    path: str
    headers: Mapping[str, str]
    params: list[tuple[str, str]]
    body: Any


class ScriptedWire(HttpClient):
    """Takes its answers in order; an error among them is raised."""

    vendor: ClassVar[str]
    bases: ClassVar[Sequence[str]]

    def __init__(self, *answers: Answer | WireError) -> None:
        super().__init__(clock=ManualClock())
        self.answers = list(answers)
        self.sent: list[Sent] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Pairs = (),
        form: Pairs | None = None,
        body: bytes | None = None,
        timeout_s: float = 10.0,
        vendor: str = "",
    ) -> Answer:
        assert form is None
        assert timeout_s > 0
        assert vendor == self.vendor
        decoded = None if body is None else json.loads(body)
        base = next((one for one in self.bases if url.startswith(one)), "")
        path = url.removeprefix(base)
        self.sent.append(Sent(method, url, path, headers or {}, list(params), decoded))
        following = self.answers.pop(0)
        if isinstance(following, WireError):
            raise following
        return following


@dataclass
class Turns:
    """At once; remembers who took them, who was held for how long, and which answers were late."""

    taken: list[Sequence[Budget]] = field(default_factory=list)
    held: list[tuple[list[str], float]] = field(default_factory=list)
    lates: list[float] = field(default_factory=list)
    refuses: Exception | None = None

    async def __call__(self, budgets: Sequence[Budget]) -> None:
        self.taken.append(budgets)
        if self.refuses is not None:
            raise self.refuses

    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None:
        self.held.append(([budget.key for budget in budgets], seconds))

    async def late(self, budgets: Sequence[Budget], seconds: float) -> None:
        assert budgets
        self.lates.append(seconds)


class FreeTurn:
    """For tests that are not about pace; remembers for how long somebody was held."""

    def __init__(self) -> None:
        self.held: list[float] = []

    async def __call__(self, budgets: Sequence[Budget]) -> None: ...
    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None:
        assert budgets
        self.held.append(seconds)

    async def late(self, budgets: Sequence[Budget], seconds: float) -> None: ...
